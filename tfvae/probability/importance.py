"""Estimators from importance weights."""

import math

import numpy as np
import tensorflow as tf


def importance_weighted_bound(log_weights: tf.Tensor) -> tf.Tensor:
    """Lower bound on log p(x), Burda et al. (2016), eq. 8: the log of the mean weight.

    Args:
        log_weights: log p(x, z_s) - log q(z_s | x), [S, B], nats.
    Returns:
        [B], nats. With S = 1 it is a single-sample ELBO; it grows with S in expectation.

    >>> log_weights = tf.math.log([[1.0], [3.0]])  # two samples for one image
    >>> print(importance_weighted_bound(log_weights).numpy().round(3))  # log((1 + 3) / 2)
    [0.693]
    """
    num_samples = tf.cast(tf.shape(log_weights)[0], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=0) - tf.math.log(num_samples)


def bits_per_dimension(
    log_likelihood: np.ndarray, num_pixels: int, num_levels: int = 1
) -> np.ndarray:
    """-log2 of the probability of an image, per value; lower is better.

    Args:
        log_likelihood: log p(x), a number or [N], nats.
        num_pixels: H W C.
        num_levels: 1 where p is a probability. Where it is a density of values in [0, 1], the
            number of equal cells that these are known to: a cell's probability is p / num_levels.
    Returns:
        Bits, of the shape of `log_likelihood`.

    Each of 100 pixels has one of 256 equally likely grey levels:

    >>> print(bits_per_dimension(np.array([-100 * math.log(256)]), num_pixels=100))
    [8.]

    The density of the uniform distribution is 1:

    >>> print(bits_per_dimension(np.array([0.0]), num_pixels=100, num_levels=256))
    [8.]
    """
    return math.log2(num_levels) - log_likelihood / (num_pixels * math.log(2.0))
