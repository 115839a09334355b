"""Divergences between distributions of a code."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions


def kl(posterior, prior, code):
    """KL(q || p): in closed form where TensorFlow Probability knows one, else from one draw.

    The estimate log q(z) - log p(z) at a draw z from q is unbiased, and its gradient through a
    reparameterised draw is too.

    Args:
        posterior: q, batch shape [B], event shape [D].
        prior: p, event shape [D].
        code: A draw from q, [B, D]; used by the estimate only.
    Returns:
        [B], nats.

    >>> normal = tfd.Independent(tfd.Normal([[0.0]], 1.0), 1)
    >>> kl(normal, normal, code=None).numpy().tolist()
    [0.0]
    """
    try:
        return tfd.kl_divergence(posterior, prior)
    except NotImplementedError:
        return posterior.log_prob(code) - prior.log_prob(code)


def mean_log_ratio(posterior, prior, moments):
    """E[log q(z) - log p(z)] of Gaussians q and p under any distribution of z, for each dimension.

    Both logarithms are quadratic in z, so two moments of z are all that is needed.

    Args:
        posterior, prior: (mean, standard deviation) of q and of p.
        moments: E[e] and E[e^2] of e = (z - mean of q) / standard deviation of q.

    Under q itself the moments are 0 and 1, and this is KL(q || p):

    >>> half_square = mean_log_ratio((2.0, 1.0), (0.0, 1.0), (0.0, 1.0))
    >>> float(half_square)
    2.0
    """
    (mean, stddev), (prior_mean, prior_stddev), (first, second) = posterior, prior, moments
    variance = tf.square(stddev) * (second - tf.square(first))
    distance = variance + tf.square(mean + stddev * first - prior_mean)
    log_stddevs = tf.math.log(prior_stddev) - tf.math.log(stddev)
    return 0.5 * (distance / tf.square(prior_stddev) - second) + log_stddevs


def kl_normal_laplace(mean, stddev, scale):
    """KL(N(mean, stddev^2) || Laplace(0, scale)), for each dimension.

    E|z| / scale + log(2 scale) - H with E|z| = stddev sqrt(2 / pi) exp(-r^2 / 2) + mean
    erf(r / sqrt(2)), r = mean / stddev, and H = log(2 pi e stddev^2) / 2, the normal's entropy.

    Args:
        mean, stddev: [...].
        scale: Of the Laplace distribution.
    Returns:
        [...], nats.

    >>> round(float(kl_normal_laplace(0.0, 1.0, scale=1.0)), 4)  # sqrt(2 / pi) + log 2 - H
    0.0721
    """
    mean, stddev = tf.convert_to_tensor(mean), tf.convert_to_tensor(stddev)
    ratio = mean / stddev
    absolute = stddev * math.sqrt(2 / math.pi) * tf.exp(-0.5 * tf.square(ratio))
    absolute += mean * tf.math.erf(ratio / math.sqrt(2))
    entropy = 0.5 * math.log(2 * math.pi * math.e) + tf.math.log(stddev)
    return absolute / scale + math.log(2 * scale) - entropy


def kl_bernoulli(rate, prior_rate):
    """KL(Bernoulli(rate) || Bernoulli(prior_rate)), of the broadcast shape, nats.

    >>> round(float(kl_bernoulli(tf.constant(0.5), 0.25)), 4)  # log(4 / 3) / 2
    0.1438
    """
    return tfd.kl_divergence(tfd.Bernoulli(probs=rate), tfd.Bernoulli(probs=prior_rate))
