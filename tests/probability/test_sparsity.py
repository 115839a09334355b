"""Sparse priors and penalties against quadrature, sampling and loops."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import integrate, stats

from tfvae.probability import divergences, posteriors, priors, sparsity, spike_slab
from tfvae.probability.spike_slab import SpikeSlab


@pytest.mark.parametrize("mean", [-2.0, 0.0, 0.3, 4.0])
@pytest.mark.parametrize("stddev", [0.01, 0.5, 3.0])
@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_divergence_of_normal_and_laplace_by_quadrature(mean, stddev, scale):
    normal, laplace = stats.norm(mean, stddev), stats.laplace(0, scale)

    def integrand(z):
        return normal.pdf(z) * (normal.logpdf(z) - laplace.logpdf(z))

    ends = mean - 12 * stddev, mean + 12 * stddev
    inside = [0.0] if ends[0] < 0 < ends[1] else None
    expected, _ = integrate.quad(integrand, *ends, points=inside, limit=200)
    found = float(divergences.kl_normal_laplace(mean, stddev, scale))
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_divergence_of_normal_and_laplace_is_that_of_draws():
    posterior = posteriors.diagonal_gaussian(tf.constant([[0.5, -1.0, 0.1, 2.0]]))
    prior = priors.laplace(2, scale=0.7)
    draws = posterior.sample(200_000, seed=0)
    expected = tf.reduce_mean(posterior.log_prob(draws) - prior.log_prob(draws))
    found = divergences.kl_normal_laplace(posterior.mean(), posterior.stddev(), 0.7)
    assert float(tf.reduce_sum(found)) == pytest.approx(float(expected), abs=0.02)


def test_laplace_codes_have_the_quantiles_of_their_prior():
    epsilon = np.array([-5.0, -1.0, 0.0, 0.2, 6.0])
    expected = stats.laplace(0, 0.7).ppf(stats.norm.cdf(epsilon))
    found = priors.laplace_code(tf.constant(epsilon, tf.float32), 0.7)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def spike_and_slab():
    rate = np.array([0.1, 0.5, 0.9, 1 - 1e-6])
    location, scale = np.array([1.0, -2.0, 0.0, 0.5]), np.array([0.2, 1.0, 3.0, 0.7])
    made = SpikeSlab(*(tf.constant(each, tf.float32) for each in (rate, location, scale)))
    return made, (rate, location, scale)


@pytest.mark.parametrize("prior_rate", [0.2, 0.5])
def test_divergence_of_spike_and_slab_by_quadrature(prior_rate):
    made, parameters = spike_and_slab()
    total = 0
    for rate, location, scale in zip(*parameters, strict=True):
        slab = stats.norm(location, scale)

        def integrand(z, rate=rate, slab=slab):
            density = rate * slab.pdf(z)
            return density * (np.log(rate / prior_rate) + slab.logpdf(z) - stats.norm.logpdf(z))

        ends = location - 12 * scale, location + 12 * scale
        total += integrate.quad(integrand, *ends)[0]
        total += (1 - rate) * np.log((1 - rate) / (1 - prior_rate))
    assert float(spike_slab.kl(made, prior_rate)) == pytest.approx(total, rel=1e-4)
    prior = SpikeSlab(tf.fill([4], prior_rate), tf.zeros([4]), tf.ones([4]))
    draws = made.sample(100_000, seed=0)
    estimate = tf.reduce_mean(made.log_prob(draws) - prior.log_prob(draws))
    assert float(estimate) == pytest.approx(total, rel=0.02)
    bernoulli = sum(
        stats.entropy([rate, 1 - rate], [prior_rate, 1 - prior_rate]) for rate in parameters[0]
    )
    found = spike_slab.kl_of_spikes(made, prior_rate)
    assert float(found) == pytest.approx(bernoulli, rel=1e-4)


def test_spike_and_slab_is_zero_as_often_as_it_says():
    made, (rate, location, scale) = spike_and_slab()
    draws = made.sample(100_000, seed=1).numpy()
    np.testing.assert_allclose((draws != 0).mean(axis=0), rate, atol=0.01)
    np.testing.assert_allclose(draws.mean(axis=0), made.mean(), atol=0.05)
    np.testing.assert_allclose(draws.std(axis=0), made.stddev(), rtol=0.02)
    slabs = [column[column != 0] for column in draws.T]
    np.testing.assert_allclose([slab.mean() for slab in slabs], location, atol=0.05)
    np.testing.assert_allclose([slab.std() for slab in slabs], scale, rtol=0.03)


def test_the_gradient_raises_rates_that_should_be_higher():
    """The mean of (z - 1)^2 of a slab at 1 falls as the rate grows."""
    logit = tf.Variable(tf.fill([4000, 1], 0.5))
    noise = tf.random.stateless_normal([2, 4000, 1], [0, 1])
    with tf.GradientTape() as tape:
        made = SpikeSlab(
            spike_slab.bounded_rate(logit), tf.ones_like(logit), 0.01 * tf.ones_like(logit)
        )
        loss = tf.reduce_mean(tf.square(made.draw(noise[0], noise[1]) - 1.0))
    rate = 1 / (1 + np.exp(-0.5))
    # d (1 - rate) / d logit, in the mean over draws.
    found = float(tf.reduce_sum(tape.gradient(loss, logit)))
    assert found == pytest.approx(-rate * (1 - rate), rel=0.3)


def test_penalties_against_loops():
    rng = np.random.default_rng(0)
    layers = [rng.gamma(0.5, size=(5, 2, 3, 4)), rng.gamma(0.5, size=(5, 7))]
    tensors = [tf.constant(each, tf.float32) for each in layers]
    expected = [sum(each[image].mean() for each in layers) for image in range(5)]
    np.testing.assert_allclose(sparsity.mean_absolute(tensors), expected, rtol=1e-5)
    total = 0
    for each in layers:
        units = np.moveaxis(each, -1, 0).reshape(each.shape[-1], -1)
        rates = np.tanh(units).mean(axis=1)
        total += np.mean([stats.entropy([0.2, 0.8], [rate, 1 - rate]) for rate in rates])
    found = float(sparsity.rate_divergence(tensors, target=0.2))
    assert found == pytest.approx(total, rel=1e-4)


def test_hoyer_does_not_depend_on_the_scale():
    values = np.random.default_rng(0).normal(size=(7, 30)).astype("float32")
    root = np.sqrt(30)
    ratio = np.abs(values).sum(axis=1) / np.linalg.norm(values, axis=1)
    for scale in (1.0, 1e-30, 1e30):
        found = sparsity.hoyer(tf.constant(scale * values))
        np.testing.assert_allclose(found, (root - ratio) / (root - 1), rtol=1e-4)
    assert sparsity.hoyer(tf.zeros([2, 3])).numpy().tolist() == [1.0, 1.0]
    assert sparsity.hoyer(tf.constant([[3.0], [0.0]])).numpy().tolist() == [1.0, 1.0]


def test_gradient_of_hoyer_is_finite_and_that_of_differences():
    values = np.random.default_rng(0).normal(size=12)
    values[0] = 0.5

    def formula(v):
        root = np.sqrt(len(v))
        return (root - np.abs(v).sum() / np.linalg.norm(v)) / (root - 1)

    expected = [(formula(values + d) - formula(values - d)) / 2e-6 for d in 1e-6 * np.eye(12)]
    for rows in (values, np.zeros(12)):
        rows = tf.constant(rows[None], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(rows)
            sparse = sparsity.hoyer(rows)
        found = tape.gradient(sparse, rows)[0].numpy()
        assert np.isfinite(found).all()
        if float(sparse[0]) < 1:
            np.testing.assert_allclose(found, expected, atol=1e-4)
            # Larger by a factor is no sparser.
            assert abs(found @ values) < 1e-5
