"""VAE and beta-VAE against models whose evidence is known exactly."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.models import build_model
from tfvae.models.vae import VAE
from tfvae.probability import importance
from tfvae.schema import DataSpec

tfd = tfp.distributions
SPEC = DataSpec("tiny", (2, 2, 1), num_examples={"train": 8})
SCALE = 0.5


class LinearGaussian(VAE):
    """x = W z + noise, z ~ N(0, I): probabilistic PCA; evidence and posterior are Gaussians."""

    def __init__(self):
        linear = keras.Sequential([keras.Input([2]), keras.layers.Dense(4, use_bias=False)])
        # A vague posterior around zero: inexact, yet within reach of a few hundred draws.
        vague = keras.layers.Dense(4, kernel_initializer="zeros")
        encoder = keras.Sequential([keras.Input([2, 2, 1]), keras.layers.Flatten(), vague])
        super().__init__(SPEC, latent_dim=2, encoder=encoder, decoder=linear)

    @property
    def mixing(self):
        return self.decoder.layers[0].kernel.numpy().T

    def likelihood(self, z, batch=None):
        mean = tf.reshape(self.decoder(z), [-1, 2, 2, 1])
        return tfd.Independent(tfd.Normal(mean, SCALE), 3)

    def log_evidence(self, image):
        covariance = self.mixing @ self.mixing.T + SCALE**2 * np.eye(4)
        return scipy.stats.multivariate_normal(np.zeros(4), covariance).logpdf(image.reshape(-1, 4))


def images(count=3):
    return np.random.default_rng(0).normal(size=(count, 2, 2, 1)).astype("float32")


def bounds(model, image, num_samples, repeats=400):
    """Mean over repeats of the bound with `num_samples` draws, and its standard error."""
    tiled = np.repeat(image[:1], repeats, axis=0)
    epsilon = np.random.default_rng(2).normal(size=(num_samples, repeats, 2)).astype("float32")
    values = np.asarray(
        importance.importance_weighted_bound(model.log_weights({"image": tiled}, epsilon))
    )
    return values.mean(), values.std() / np.sqrt(repeats)


def test_importance_bound_grows_to_the_known_evidence():
    model, image = LinearGaussian(), images()
    evidence = model.log_evidence(image)[0]
    means, errors = zip(*(bounds(model, image, count) for count in (1, 5, 50, 500)))
    for (low, high), error in zip(zip(means, means[1:]), errors):
        assert high > low - 3 * error
    assert means[-1] == pytest.approx(evidence, abs=0.1 + 4 * errors[-1])
    assert means[0] < evidence


def test_exact_posterior_makes_every_weight_the_evidence(monkeypatch):
    model, image = LinearGaussian(), images()
    precision = np.eye(2) + model.mixing.T @ model.mixing / SCALE**2
    mean = image.reshape(-1, 4) @ model.mixing @ np.linalg.inv(precision) / SCALE**2
    factor = np.linalg.cholesky(np.linalg.inv(precision))
    exact = tfd.MultivariateNormalTriL(mean.astype("float32"), factor.astype("float32"))
    # log_weights draws mean + stddev * epsilon: any code will do, every weight is the evidence.
    monkeypatch.setattr(model, "posterior", lambda batch: exact)
    epsilon = np.random.default_rng(0).normal(size=(5, 3, 2)).astype("float32")
    weights = model.log_weights({"image": image}, epsilon)
    np.testing.assert_allclose(
        weights, np.tile(model.log_evidence(image), (5, 1)), rtol=1e-3, atol=1e-3
    )


def test_loss_terms_make_the_single_sample_elbo():
    """distortion + rate agrees with the mean of the log weights, which takes another road."""
    model, image = LinearGaussian(), images(1)
    tiled = {"image": np.repeat(image, 4000, axis=0)}
    terms = model.loss_terms(tiled, (0, 1))
    epsilon = np.random.default_rng(0).normal(size=(1, 4000, 2)).astype("float32")
    weights = np.asarray(model.log_weights(tiled, epsilon))
    error = 4 * weights.std() / np.sqrt(4000)
    assert float(tf.reduce_mean(model.elbo(terms))) == pytest.approx(weights.mean(), abs=2 * error)


def test_served_bound_is_above_the_served_elbo_and_reads_its_seed():
    model = build_model("vae", SPEC, {"latent_dim": 2})
    image, seed = images().clip(0, 1), np.arange(3)
    bound, elbo = model.log_likelihood(image, seed), model.elbo_estimate(image, seed)
    assert np.all(bound >= elbo)
    np.testing.assert_array_equal(bound, model.log_likelihood(image, seed))


def test_beta_one_is_the_vae_and_beta_weighs_the_rate_alone():
    settings = {"latent_dim": 2}
    keras.utils.set_random_seed(0)
    vae = build_model("vae", SPEC, settings)
    batch = {"image": tf.constant(images().clip(0, 1))}
    for beta in (1.0, 4.0):
        keras.utils.set_random_seed(0)
        model = build_model("beta_vae", SPEC, {**settings, "beta": beta})
        terms, reference = model.loss_terms(batch, (0, 1)), vae.loss_terms(batch, (0, 1))
        np.testing.assert_array_equal(terms["rate"], reference["rate"])
        np.testing.assert_allclose(
            model.objective(terms), terms["distortion"] + beta * terms["rate"], rtol=1e-6
        )
        np.testing.assert_allclose(model.elbo(terms), vae.elbo(reference), rtol=1e-6)


def test_capacity_holds_the_rate_and_grows_linearly():
    model = build_model(
        "beta_vae", SPEC, {"latent_dim": 2, "beta": 10, "capacity": 6, "capacity_steps": 4}
    )
    model.compile(keras.optimizers.SGD(0.0))
    terms = {"distortion": tf.constant([1.0]), "rate": tf.constant([3.0])}
    for step, capacity in ((0, 0.0), (2, 3.0), (4, 6.0), (9, 6.0)):
        model.optimizer.iterations.assign(step)
        expected = 1 + 10 * abs(3 - capacity)
        assert float(model.objective(terms)[0]) == pytest.approx(expected)


class SkewedVAE(VAE):
    """Another family of codes, as a subclass states it: a logistic prior, drawn from normal noise,
    for which no closed form of the rate is known."""

    def prior(self):
        return tfd.Independent(tfd.Logistic(tf.ones([self.latent_dim]), 0.5), 1)

    def prior_code(self, epsilon):
        return self.prior().distribution.quantile(tfd.Normal(0.0, 1.0).cdf(epsilon))


def test_another_prior_needs_its_distribution_and_its_draw_alone():
    spec = DataSpec("x", (4, 4, 1))
    model = SkewedVAE(spec, latent_dim=2, network="dense")
    image = tf.random.stateless_uniform([64, 4, 4, 1], [3, 4])

    # The mean of the estimates is the integral, one dimension at a time.
    posterior = model.posterior({"image": image[:1]})
    mean, stddev = posterior.mean()[0].numpy(), posterior.stddev()[0].numpy()
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    z = (mean[:, None] + stddev[:, None] * nodes).astype(np.float32)
    q, p = tfd.Normal(mean[:, None], stddev[:, None]), tfd.Logistic(1.0, 0.5)
    exact = np.sum(weights * (q.log_prob(z) - p.log_prob(z))) / np.sqrt(2 * np.pi)
    epsilon = tf.random.stateless_normal([20_000, 1, 2], [5, 6])
    rates = model.rate(posterior, model.code(posterior, epsilon))
    assert float(tf.reduce_mean(rates)) == pytest.approx(exact, abs=0.05)

    # Its samples and bounds follow the prior: p(z) has mean 1, and no bound crosses another.
    drawn = model.prior_code(tf.random.stateless_normal([20_000, 2], [7, 8]))
    assert drawn.numpy().mean(axis=0) == pytest.approx(1.0, abs=0.03)
    bounds = model.bounds({"image": image}, tf.range(64, dtype=tf.int64))
    assert (bounds["elbo"] <= bounds["log_likelihood"]).numpy().all()
    model.compile("adam")
    before = model.evaluate({"image": image}, verbose=0, return_dict=True)["loss"]
    model.fit({"image": image}, epochs=20, verbose=0)
    assert model.evaluate({"image": image}, verbose=0, return_dict=True)["loss"] < before
