"""Distributions of an image given the decoder's output, p(x | z).

Each function maps `parameters` [..., H, W, P * C] (float32, unconstrained) to a distribution with
batch shape [...] and event shape [H, W, C]; its mean is the image to show, in [0, 1]. P is 1, or 2
where the scale is learnt: the second C channels then hold the unconstrained scale.
"""

from typing import Literal, get_args

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions

LikelihoodName = Literal[
    "bernoulli", "continuous_bernoulli", "gaussian", "gaussian_learned", "laplace"
]

# A density is unbounded where the scale goes to zero; one grey level is the finest that data hold.
MIN_SCALE = 1.0 / 255.0


def bernoulli(parameters, scale=None):
    """Bernoulli of logits; grey pixels count as probabilities: -log p is a cross-entropy."""
    del scale
    return tfd.Independent(tfd.Bernoulli(logits=parameters, dtype=tf.float32), 3)


def continuous_bernoulli(parameters, scale=None):
    """Continuous Bernoulli of logits, a density on [0, 1] (Loaiza-Ganem & Cunningham 2019)."""
    del scale
    return tfd.Independent(tfd.ContinuousBernoulli(logits=parameters), 3)


def gaussian(parameters, scale):
    """Gaussian of mean sigmoid(parameters) and fixed standard deviation `scale`, in pixels."""
    return tfd.Independent(tfd.Normal(tf.sigmoid(parameters), scale), 3)


def gaussian_learned(parameters, scale=None):
    """Gaussian with mean and standard deviation from the parameters (Rybkin et al. 2021)."""
    del scale
    mean, raw_scale = tf.split(parameters, 2, axis=-1)
    return tfd.Independent(tfd.Normal(tf.sigmoid(mean), MIN_SCALE + tf.nn.softplus(raw_scale)), 3)


def laplace(parameters, scale):
    """Laplace of location sigmoid(parameters) and fixed `scale`, in pixels."""
    return tfd.Independent(tfd.Laplace(tf.sigmoid(parameters), scale), 3)


LIKELIHOODS = {
    "bernoulli": bernoulli,
    "continuous_bernoulli": continuous_bernoulli,
    "gaussian": gaussian,
    "gaussian_learned": gaussian_learned,
    "laplace": laplace,
}
assert set(LIKELIHOODS) == set(get_args(LikelihoodName))

# Those that read their scale from the parameters.
LEARNED_SCALE = frozenset({"gaussian_learned"})
