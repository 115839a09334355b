"""Distributions of a code given the encoder's output, q(z | x)."""

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions

# Keeps log q(z | x) finite when a code becomes deterministic.
MIN_STDDEV = 1e-4


def diagonal_gaussian(parameters: tf.Tensor) -> tfp.distributions.Distribution:
    """Gaussian with independent dimensions.

    Args:
        parameters: [..., 2 D], D means followed by D unconstrained standard deviations, float32.
    Returns:
        Distribution, batch shape [...], event shape [D]; `mean()` and `stddev()` are [..., D].

    >>> q = diagonal_gaussian(tf.constant([[1.0, -1.0, 0.0, 0.0]]))
    >>> print(q.mean().numpy(), q.stddev().numpy().round(3))  # stddev: MIN_STDDEV + log 2
    [[ 1. -1.]] [[0.693 0.693]]
    >>> tfd.kl_divergence(q, q).numpy().tolist()
    [0.0]
    """
    mean, raw_stddev = tf.split(parameters, 2, axis=-1)
    return tfd.Independent(tfd.Normal(mean, MIN_STDDEV + tf.nn.softplus(raw_stddev)), 1)
