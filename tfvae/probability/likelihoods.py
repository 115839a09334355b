"""Distributions of an image given the decoder's output, p(x | z).

Each function maps `parameters` [..., H, W, P * C] (float32, unconstrained) to a distribution with
batch shape [...] and event shape [H, W, C]; its mean, in [0, 1], is the image to show. P is 1, or 2
where the scale is learnt: the second C channels then hold the unconstrained scale.
"""

from typing import Literal, get_args

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions

LikelihoodName = Literal[
    "bernoulli", "continuous_bernoulli", "gaussian", "gaussian_learned", "laplace"
]

# A density is unbounded as its scale goes to zero; pixels are known to one grey level at best.
MIN_SCALE = 1.0 / 255.0


def bernoulli(parameters: tf.Tensor, scale: float | None = None) -> tfp.distributions.Distribution:
    """Bernoulli distribution of logits; for grey pixels -log p is a cross-entropy.

    >>> pixels = bernoulli(tf.zeros([2, 2, 1]))
    >>> round(float(pixels.log_prob(tf.ones([2, 2, 1]))), 3)  # 4 log 0.5
    -2.773
    """
    del scale
    return tfd.Independent(_Bernoulli(logits=parameters, dtype=tf.float32), 3)


class _Bernoulli(tfp.distributions.Bernoulli):
    """TFP's, with log p in one softplus instead of two: half of what the likelihood costs."""

    def _log_prob(self, event):
        return event * self.logits - tf.nn.softplus(self.logits)


def continuous_bernoulli(
    parameters: tf.Tensor, scale: float | None = None
) -> tfp.distributions.Distribution:
    """Continuous Bernoulli of logits, a density on [0, 1] (Loaiza-Ganem & Cunningham 2019).

    At logit 0 it is the uniform distribution, whose density is 1:

    >>> pixels = continuous_bernoulli(tf.zeros([2, 2, 1]))
    >>> abs(float(pixels.log_prob(tf.fill([2, 2, 1], 0.3)))) < 1e-5
    True
    """
    del scale
    return tfd.Independent(tfd.ContinuousBernoulli(logits=parameters), 3)


def gaussian(parameters: tf.Tensor, scale: float) -> tfp.distributions.Distribution:
    """Gaussian with mean sigmoid(parameters) and fixed standard deviation `scale`, in pixels.

    >>> pixels = gaussian(tf.zeros([2, 2, 1]), scale=0.1)
    >>> print(pixels.mean().numpy().ravel(), pixels.stddev().numpy().ravel())
    [0.5 0.5 0.5 0.5] [0.1 0.1 0.1 0.1]
    """
    return tfd.Independent(tfd.Normal(tf.sigmoid(parameters), scale), 3)


def gaussian_learned(
    parameters: tf.Tensor, scale: float | None = None
) -> tfp.distributions.Distribution:
    """Gaussian with mean and standard deviation from the parameters (Rybkin et al. 2021).

    >>> pixels = gaussian_learned(tf.zeros([2, 2, 2]))  # one channel of means, one of scales
    >>> pixels.event_shape.as_list()
    [2, 2, 1]
    >>> print(pixels.stddev().numpy().round(3).ravel())  # MIN_SCALE + log 2
    [0.697 0.697 0.697 0.697]
    """
    del scale
    mean, raw_scale = tf.split(parameters, 2, axis=-1)
    return tfd.Independent(tfd.Normal(tf.sigmoid(mean), MIN_SCALE + tf.nn.softplus(raw_scale)), 3)


def laplace(parameters: tf.Tensor, scale: float) -> tfp.distributions.Distribution:
    """Laplace distribution with location sigmoid(parameters) and fixed `scale`, in pixels.

    >>> pixels = laplace(tf.zeros([2, 2, 1]), scale=0.25)
    >>> round(float(pixels.log_prob(tf.fill([2, 2, 1], 0.5))), 3)  # 4 log(1 / (2 scale))
    2.773
    """
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

# Densities, whose logarithm can be positive.
DENSITIES = frozenset(LIKELIHOODS) - {"bernoulli"}
