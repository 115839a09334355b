"""Quadrature, importance bounds, noise and divergences: identities and independent references."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.probability import importance, noise, posteriors, priors, quadrature

tfd = tfp.distributions


def test_divergence_of_a_distribution_from_itself_is_zero():
    prior = priors.standard_normal(3)
    raw_one = np.log(np.expm1(1 - posteriors.MIN_STDDEV))
    same = posteriors.diagonal_gaussian(tf.constant([[0.0] * 3 + [raw_one] * 3], tf.float32))
    assert float(tfd.kl_divergence(same, prior)[0]) == pytest.approx(0, abs=1e-6)


def test_closed_form_rate_agrees_with_monte_carlo():
    posterior = posteriors.diagonal_gaussian(tf.constant([[1.0, -0.5, 0.3, -1.0]]))
    prior = priors.standard_normal(2)
    z = posterior.sample(200_000, seed=(0, 1))
    estimate = posterior.log_prob(z) - prior.log_prob(z)
    error = 4 * np.std(estimate) / np.sqrt(len(z))
    closed = float(tfd.kl_divergence(posterior, prior)[0])
    assert float(tf.reduce_mean(estimate)) == pytest.approx(closed, abs=error)


@pytest.mark.parametrize("num_nodes", [1, 2, 5, 24])
def test_quadrature_is_exact_for_polynomials(num_nodes):
    mean, stddev = tf.constant([[0.7, -1.0]]), tf.constant([[0.4, 1.3]])
    nodes, log_weights = quadrature.gauss_hermite(mean, stddev, num_nodes)
    weights = np.exp(log_weights)
    assert nodes.shape == (num_nodes, 1, 2)
    assert weights.sum() == pytest.approx(1, abs=1e-6)
    for power in range(min(2 * num_nodes, 8)):
        estimate = np.einsum("n,nbd->bd", weights, np.asarray(nodes) ** power)
        for dimension in range(2):
            moment = (
                scipy.stats.norm(float(mean[0, dimension]), float(stddev[0, dimension])).moment(
                    power
                )
                if power
                else 1.0
            )
            assert estimate[0, dimension] == pytest.approx(moment, rel=1e-4, abs=1e-4)


def test_quadrature_agrees_with_adaptive_integration_of_a_sigmoid():
    nodes, log_weights = quadrature.gauss_hermite(tf.constant(0.5), tf.constant(1.5), 24)
    estimate = np.sum(np.exp(log_weights) / (1 + np.exp(-2 * np.asarray(nodes))))
    exact, _ = scipy.integrate.quad(
        lambda z: scipy.stats.norm.pdf(z, 0.5, 1.5) / (1 + np.exp(-2 * z)), -20, 20
    )
    assert estimate == pytest.approx(exact, abs=1e-4)


def test_quadrature_refuses_no_nodes():
    with pytest.raises(ValueError, match="got 0"):
        quadrature.gauss_hermite(tf.constant(0.0), tf.constant(1.0), 0)


def test_importance_bound_of_one_sample_is_its_weight_and_of_equal_ones_too():
    weights = tf.constant([[-3.0, 5.0]])
    np.testing.assert_allclose(importance.importance_weighted_bound(weights), [-3, 5], rtol=1e-6)
    equal = tf.repeat(weights, 7, axis=0)
    np.testing.assert_allclose(importance.importance_weighted_bound(equal), [-3, 5], rtol=1e-6)


def test_bits_of_a_uniform_byte_image():
    """256 equally likely grey levels cost 8 bits each."""
    assert importance.bits_per_dimension(-100 * np.log(256), 100) == pytest.approx(8)
    assert importance.bits_per_dimension(0.0, 100, num_levels=256) == 8


def test_row_noise_is_standard_normal_and_differs_by_row():
    draws = noise.row_normal(tf.range(500, dtype=tf.int64), 20, 10)
    assert draws.shape == (20, 500, 10)
    assert float(tf.reduce_mean(draws)) == pytest.approx(0, abs=0.02)
    assert float(tf.math.reduce_std(draws)) == pytest.approx(1, abs=0.02)
    between_rows = np.corrcoef(np.asarray(draws[:, 0]).ravel(), np.asarray(draws[:, 1]).ravel())
    assert abs(between_rows[0, 1]) < 0.25


def test_antithetic_noise_has_no_odd_moments():
    draws = noise.antithetic(noise.batch_normal(3, 5, 4, (3, 4)))
    assert draws.shape == (6, 5, 4)
    np.testing.assert_allclose(tf.reduce_sum(draws, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(tf.reduce_sum(draws**3, axis=0), 0, atol=1e-5)
