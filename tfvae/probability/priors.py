"""Distributions of a code before an image is seen, p(z)."""

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
