"""Distributions of a code before an image is seen, p(z)."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def standard_normal(dimension: int) -> tfp.distributions.Distribution:
    """N(0, I): batch shape [], event shape [D].

    >>> prior = standard_normal(2)
    >>> prior.event_shape.as_list(), round(float(prior.log_prob([0.0, 0.0])), 3)  # -log(2 pi)
    ([2], -1.838)
    """
    return tfd.Independent(tfd.Normal(tf.zeros([dimension]), 1.0), 1)


def laplace(dimension: int, scale: float) -> tfp.distributions.Distribution:
    """Laplace(0, scale) in each dimension: batch shape [], event shape [D].

    >>> round(float(laplace(2, scale=0.5).log_prob([0.0, 0.0])), 6)  # 2 log(1 / (2 scale))
    0.0
    """
    return tfd.Independent(tfd.Laplace(tf.zeros([dimension]), scale), 1)


def laplace_code(epsilon: tf.Tensor, scale: float) -> tf.Tensor:
    """A draw from Laplace(0, scale) from standard normal noise, of the same shape.

    >>> print(laplace_code(tf.constant([-0.6745, 0.0, 0.6745]), scale=1.0).numpy().round(3))
    [-0.693 -0.     0.693]
    """
    # The quantile of Phi(|epsilon|) is -log(2 (1 - Phi(|epsilon|))).
    size = -(math.log(2.0) + tfd.Normal(0.0, 1.0).log_cdf(-tf.abs(epsilon)))
    return tf.sign(epsilon) * scale * size
