"""Estimators from importance weights."""

import math

import tensorflow as tf


def importance_weighted_bound(log_weights):
    """Bound on log p(x) of Burda et al. (2016), eq. 8: log of the mean weight.

    Args:
        log_weights: log p(x, z_s) - log q(z_s | x), [S, B], nats.
    Returns:
        [B], nats. With S = 1 it is a single-sample ELBO; it grows with S in expectation.
    """
    num_samples = tf.cast(tf.shape(log_weights)[0], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=0) - tf.math.log(num_samples)


def bits_per_dimension(log_likelihood, num_pixels):
    """-log2 p(x) per value of an image; lower is better. Nats in, bits out."""
    return -log_likelihood / (num_pixels * math.log(2.0))
