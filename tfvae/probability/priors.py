"""Distributions of a code before an image is seen, p(z)."""

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def standard_normal(dimension):
    """N(0, I): batch shape [], event shape [D]."""
    return tfd.Independent(tfd.Normal(tf.zeros([dimension]), 1.0), 1)
