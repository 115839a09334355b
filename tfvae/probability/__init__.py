"""Distributions, divergences and estimators: small pure functions over TensorFlow Probability."""
