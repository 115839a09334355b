"""Distributions of a code given the encoder's output, q(z | x)."""

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions

# Keeps log q(z | x) finite when a code becomes deterministic.
MIN_STDDEV = 1e-4


def diagonal_gaussian(parameters):
    """Gaussian with independent dimensions.

    Args:
        parameters: [..., 2 D], means beside unconstrained standard deviations, float32.
    Returns:
        Distribution, batch shape [...], event shape [D]; `mean()` and `stddev()` are [..., D].
    """
    mean, raw_stddev = tf.split(parameters, 2, axis=-1)
    return tfd.Independent(tfd.Normal(mean, MIN_STDDEV + tf.nn.softplus(raw_stddev)), 1)
