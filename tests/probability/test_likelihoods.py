"""Likelihoods against NumPy, SciPy and integration."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from tfvae.probability.likelihoods import LIKELIHOODS, MIN_SCALE

SHAPE = (2, 3, 4, 1)


def random_parameters(channels=1):
    return np.random.default_rng(0).normal(size=(*SHAPE[:-1], channels)).astype("float32")


def random_image():
    return np.random.default_rng(1).random(SHAPE, dtype="float32")


def test_bernoulli_is_the_cross_entropy_of_grey_pixels():
    logits, image = random_parameters(), random_image()
    probability = scipy.special.expit(logits)
    expected = image * np.log(probability) + (1 - image) * np.log1p(-probability)
    actual = LIKELIHOODS["bernoulli"](logits).log_prob(image)
    np.testing.assert_allclose(actual, expected.sum(axis=(1, 2, 3)), rtol=1e-5)


def test_gaussian_and_laplace_agree_with_scipy():
    parameters, image = random_parameters(), random_image()
    mean = scipy.special.expit(parameters)
    for name, density in (("gaussian", scipy.stats.norm), ("laplace", scipy.stats.laplace)):
        expected = density.logpdf(image, mean, 0.3).sum(axis=(1, 2, 3))
        np.testing.assert_allclose(
            LIKELIHOODS[name](parameters, 0.3).log_prob(image), expected, rtol=1e-4
        )


def test_learned_scale_comes_from_the_second_channels():
    parameters, image = random_parameters(2), random_image()
    scale = MIN_SCALE + np.logaddexp(0, parameters[..., 1:])
    expected = scipy.stats.norm.logpdf(image, scipy.special.expit(parameters[..., :1]), scale)
    np.testing.assert_allclose(
        LIKELIHOODS["gaussian_learned"](parameters).log_prob(image),
        expected.sum(axis=(1, 2, 3)),
        rtol=1e-4,
    )


@pytest.mark.parametrize("logit", [-4.0, -0.01, 0.0, 0.3, 5.0])
def test_continuous_bernoulli_is_normalised_with_the_right_mean(logit):
    """No density is the plain Bernoulli on grey pixels; this one integrates to 1."""
    pixels = np.linspace(0, 1, 2001, dtype="float32").reshape(-1, 1, 1, 1)
    distribution = LIKELIHOODS["continuous_bernoulli"](tf.fill([1, 1, 1], logit))
    density = np.exp(distribution.log_prob(pixels))
    grid = pixels.ravel()
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-3)
    mean = np.trapezoid(density * grid, grid)
    assert float(tf.squeeze(distribution.mean())) == pytest.approx(mean, abs=2e-3)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_image_is_in_range_and_one_value_per_image(name):
    parameters = 10 * random_parameters(2 if name == "gaussian_learned" else 1)
    distribution = LIKELIHOODS[name](parameters, 0.1)
    image = distribution.mean()
    assert image.shape == SHAPE
    assert tf.reduce_min(image) >= 0 and tf.reduce_max(image) <= 1
    assert distribution.log_prob(random_image()).shape == (2,)
