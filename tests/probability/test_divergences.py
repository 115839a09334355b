"""KL(q || p): the closed form, and the estimate where there is none."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate, stats

from tfvae.probability.divergences import kl

tfd = tfp.distributions


def gaussian(mean, stddev):
    return tfd.Independent(tfd.Normal(mean, stddev), 1)


def test_closed_form_needs_no_draw():
    q = gaussian([[1.0, -2.0]], [[0.5, 3.0]])
    p = gaussian([0.0, 0.0], [1.0, 1.0])
    mean, stddev = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    expected = np.sum(0.5 * (mean**2 + stddev**2 - 1) - np.log(stddev))
    assert float(kl(q, p, None)[0]) == pytest.approx(expected, rel=1e-6)


def test_estimate_has_the_mean_and_the_gradient_of_the_integral():
    """Gaussian against Laplace: TensorFlow Probability has no closed form."""

    def integral(mean, stddev=0.7):
        q, p = stats.norm(mean, stddev), stats.laplace()
        return integrate.quad(
            lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), mean - 8, mean + 8, points=[0.0]
        )[0]

    mean = tf.Variable([[0.4]])
    epsilon = tf.random.stateless_normal([200_000, 1], [1, 2])
    prior = tfd.Independent(tfd.Laplace([0.0], 1.0), 1)
    with tf.GradientTape() as tape:
        q = gaussian(tf.tile(mean, [200_000, 1]), 0.7)
        value = tf.reduce_mean(kl(q, prior, q.mean() + 0.7 * epsilon))
    assert float(value) == pytest.approx(integral(0.4), abs=0.005)
    slope = (integral(0.41) - integral(0.39)) / 0.02
    assert float(tape.gradient(value, mean)[0, 0]) == pytest.approx(slope, abs=0.01)
