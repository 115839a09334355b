"""Estimators from importance weights."""

import math

import numpy as np
import tensorflow as tf

# Of an 8-bit image.
NUM_LEVELS = 256


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


def bits_per_dimension(log_density: np.ndarray, num_pixels: int) -> np.ndarray:
    """Bits for each number of an image with 256 levels, under a density on [0, 1]; lower is better.

    A level is 1/256 of the range, so its probability is about p(x) / 256: the density at the level
    stands for its mean over the level (no noise is added).

    Args:
        log_density: log p(x), a number or [N], nats.
        num_pixels: H W C.
    Returns:
        Bits, of the shape of `log_density`.

    Under the uniform density, log p = 0, all levels are equally probable:

    >>> print(bits_per_dimension(np.array([0.0]), num_pixels=100))
    [8.]
    """
    return math.log2(NUM_LEVELS) - log_density / (num_pixels * math.log(2.0))
