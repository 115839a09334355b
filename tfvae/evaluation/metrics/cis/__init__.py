"""The Conditional Inception Score of Okamoto et al. (2018)."""
