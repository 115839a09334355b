"""Codes of one export decoded by another (Zeng et al., study A)."""
