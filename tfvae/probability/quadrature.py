"""Expectations over independent one-dimensional Gaussians."""

import math

import numpy as np
import tensorflow as tf


def gauss_hermite(
    mean: tf.Tensor, stddev: tf.Tensor, num_nodes: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Nodes and weights of an expectation under N(mean, stddev^2), element by element.

    sum_n exp(log_weights[n]) f(nodes[n]) is E[f], exact for polynomials of degree below 2
    `num_nodes`.

    Args:
        mean, stddev: any shape [...].
        num_nodes: N.
    Returns:
        nodes [N, ...], log_weights [N]; the weights sum to one.
    Raises:
        ValueError: `num_nodes` < 1; the message shows the value received.

    Three nodes give the fourth moment of N(0, 1), which is 3:

    >>> nodes, log_weights = gauss_hermite(tf.constant(0.0), tf.constant(1.0), num_nodes=3)
    >>> round(float(tf.reduce_sum(tf.exp(log_weights) * nodes**4)), 4)
    3.0
    """
    if num_nodes < 1:
        raise ValueError(f"num_nodes must be at least 1, got {num_nodes}")
    abscissae, weights = np.polynomial.hermite.hermgauss(num_nodes)
    offsets = tf.constant(math.sqrt(2.0) * abscissae, tf.float32)
    offsets = tf.reshape(offsets, [num_nodes] + [1] * len(mean.shape))
    log_weights = tf.constant(np.log(weights) - 0.5 * math.log(math.pi), tf.float32)
    return mean + stddev * offsets, log_weights
