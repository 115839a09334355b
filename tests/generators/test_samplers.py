"""Fitted generators draw from the distributions that they state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.generators.samplers import CodeNetwork, GaussianMixtures

DRAWS = 20_000


def drawn(sampler, row, num_labels, count=DRAWS, seed=0):
    noise = np.random.default_rng(seed).standard_normal((count, sampler.noise_dim))
    label = np.repeat(np.eye(num_labels)[[row]], count, axis=0)
    inputs = {"label": tf.constant(label, tf.float32), "noise": tf.constant(noise, tf.float32)}
    return sampler(inputs).numpy()


@pytest.fixture
def mixtures():
    rng = np.random.default_rng(1)
    weights = np.array([[0.2, 0.0, 0.8], [1.0, 0.0, 0.0]])
    means = 10 * rng.standard_normal((2, 3, 2))
    return GaussianMixtures.of(weights, means, rng.standard_normal((2, 3, 2, 2)), (2, 2))


def test_moments_of_a_component(mixtures):
    theta = np.array([[1, 1], [0.5, 2]])
    mixtures.theta.assign(theta)
    codes = drawn(mixtures, 1, 2)
    factor = theta[1][:, None] * mixtures.factors[1, 0].numpy()
    covariance = factor @ factor.T
    error = 4 * np.sqrt(np.diag(covariance) / DRAWS)
    np.testing.assert_array_less(np.abs(codes.mean(axis=0) - mixtures.means[1, 0]), error)
    np.testing.assert_allclose(np.cov(codes.T), covariance, atol=0.06 * covariance.max())


def test_components_come_by_their_weights(mixtures):
    mixtures.theta.assign(np.full((2, 2), 1e-3))
    codes = drawn(mixtures, 0, 2)
    nearest = np.linalg.norm(codes[:, None] - mixtures.means[0].numpy(), axis=-1).argmin(axis=1)
    shares = np.bincount(nearest, minlength=3) / DRAWS
    assert shares[1] == 0
    assert shares[0] == pytest.approx(0.2, abs=4 * np.sqrt(0.2 * 0.8 / DRAWS))


@pytest.mark.parametrize("extreme", [-40.0, 40.0])
def test_no_noise_chooses_a_component_without_weight(extreme):
    sampler = GaussianMixtures(1, 3, 1)
    sampler.component_weights.assign([[0.0, 1.0, 0.0]])
    chosen = sampler.components(tf.constant([0]), tf.constant([extreme]))
    assert chosen.numpy() == [1]


@pytest.mark.parametrize(
    "sampler", [GaussianMixtures(3, 2, 4, (3, 4)), CodeNetwork(3, 4, units=8)], ids=type
)
def test_saved_and_loaded(sampler, tmp_path):
    rng = np.random.default_rng(0)
    sampler.set_weights([rng.random(weight.shape) for weight in sampler.get_weights()])
    sampler.save(tmp_path / "generator.keras")
    loaded = keras.saving.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(drawn(loaded, 2, 3, 50), drawn(sampler, 2, 3, 50))


def test_network_starts_from_the_statistics_of_its_class():
    sampler = CodeNetwork(2, 3, units=4)
    sampler.means.assign([[1.0, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(drawn(sampler, 1, 2, 5), np.tile([4.0, 5, 6], (5, 1)))
