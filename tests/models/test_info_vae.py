"""InfoVAE and MMD-VAE: their weights, their loss written out, and what training does to codes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.models import build_model
from tfvae.models.mmd_vae import MMDVAE
from tfvae.probability import noise
from tfvae.schema import DataSpec, UsageError

SPEC = DataSpec("tiny", (2, 2, 1), num_examples={"train": 8})
SEED = (0, 1)
SETTINGS = {"latent_dim": 2, "network": "dense"}


def model(name, **settings):
    keras.utils.set_random_seed(0)
    return build_model(name, SPEC, {**SETTINGS, **settings})


def batch(count=5):
    image = np.random.default_rng(0).random((count, 2, 2, 1), dtype="float32")
    return {"image": tf.constant(image)}


def test_without_information_term_it_is_the_vae():
    vae, same = model("vae"), model("info_vae", alpha=0.0, mmd_weight=1.0)
    reference, terms = vae.loss_terms(batch(), SEED), same.loss_terms(batch(), SEED)
    for name, term in reference.items():
        np.testing.assert_array_equal(terms[name], term)
    np.testing.assert_array_equal(same.objective(terms), vae.objective(reference))


def test_weights():
    assert model("info_vae", alpha=0.25, mmd_weight=10.0).term_weights() == {
        "distortion": 1.0,
        "rate": 0.75,
        "mmd": 9.25,
    }
    weights = {"distortion": 1.0, "rate": 0.0, "mmd": 10.0}
    assert model("mmd_vae", mmd_weight=10.0).term_weights() == weights
    assert model("info_vae", alpha=1.0, mmd_weight=10.0).term_weights() == weights


def test_a_negative_weight_of_the_mmd_is_refused():
    with pytest.raises(UsageError, match="alpha=0.25 and mmd_weight=0.5"):
        model("info_vae", alpha=0.25, mmd_weight=0.5)
    with pytest.raises(UsageError, match="alpha=1.5"):
        model("info_vae", alpha=1.5)


@pytest.mark.parametrize("name", ["info_vae", "mmd_vae"])
@pytest.mark.parametrize("kernel", ["gaussian", "imq"])
def test_loss_written_out(name, kernel):
    """Terms and loss of five images from the networks' outputs, in NumPy."""
    made = model(name, kernel=kernel, mmd_weight=20.0)
    image = batch()["image"].numpy()
    moments = made.encoder(image).numpy()
    mean, stddev = moments[:, :2], 1e-4 + np.log1p(np.exp(moments[:, 2:]))
    epsilon = noise.batch_normal(1, 5, 2, SEED)[0].numpy()
    z = mean + stddev * epsilon
    prior = tf.random.stateless_normal([5, 2], noise.stream(SEED, 0), alg="philox").numpy()

    logits = made.decoder(z).numpy()
    distortion = (np.logaddexp(0, logits) - image * logits).sum((1, 2, 3))
    rate = 0.5 * (mean**2 + stddev**2 - 1 - 2 * np.log(stddev)).sum(1)

    def kernels(first, second):
        square = ((first[:, None] - second) ** 2).sum(-1)
        # 2 s^2 = 2 D = 4.
        return np.exp(-square / 4) if kernel == "gaussian" else 4 / (4 + square)

    def mean_of_different(values):
        return values[~np.eye(5, dtype=bool)].mean()

    mmd = (
        mean_of_different(kernels(z, z))
        + mean_of_different(kernels(prior, prior))
        - 2 * kernels(z, prior).mean()
    )
    terms = made.loss_terms(batch(), SEED)
    np.testing.assert_allclose(terms["distortion"], distortion, rtol=1e-4)
    np.testing.assert_allclose(terms["rate"], rate, rtol=1e-4)
    np.testing.assert_allclose(terms["mmd"], np.full(5, mmd), rtol=1e-3, atol=1e-6)
    rate_weight, mmd_weight = (0.5, 19.5) if name == "info_vae" else (0.0, 20.0)
    loss = distortion + rate_weight * rate + mmd_weight * mmd
    np.testing.assert_allclose(made.objective(terms), loss, rtol=1e-4)
    np.testing.assert_allclose(made.elbo(terms), -(distortion + rate), rtol=1e-4)


def test_prior_draws_differ_from_the_posterior_noise_and_between_steps():
    made = model("mmd_vae")
    z = tf.random.stateless_normal([200, 2], (5, 5))
    first = made.discrepancy(z, noise.stream(SEED, 0))
    assert first == made.discrepancy(z, noise.stream(SEED, 0))
    assert first != made.discrepancy(z, noise.stream((0, 2), 0))
    codes = noise.batch_normal(1, 200, 2, SEED)[0].numpy()
    prior = tf.random.stateless_normal([200, 2], noise.stream(SEED, 0), alg="philox").numpy()
    correlation = np.corrcoef(codes.T, prior.T)[:2, 2:]
    assert np.abs(correlation).max() < 4 / np.sqrt(200)


@pytest.mark.parametrize("name", ["info_vae", "mmd_vae"])
def test_a_last_batch_of_one_image_counts_no_mmd(name):
    made = model(name)
    made.compile(keras.optimizers.SGD(1e-3))
    images = tf.data.Dataset.from_tensor_slices(batch(5)).batch(4)
    logs = made.evaluate(images, return_dict=True, verbose=0)
    whole = made.loss_terms(batch(4), (0, -1))["mmd"][0]
    assert logs["mmd"] == pytest.approx(float(whole) * 4 / 5, rel=1e-5)
    history = made.fit(images.repeat(), steps_per_epoch=2, verbose=0, shuffle=False).history
    assert np.isfinite([values[-1] for values in history.values()]).all()


@pytest.mark.parametrize("kernel", ["gaussian", "mixture", "imq"])
def test_training_brings_codes_to_the_prior(kernel):
    """From off centre and too narrow; one linear layer, and a weight that leaves the MMD alone."""
    keras.utils.set_random_seed(0)
    linear = keras.layers.Dense(4, bias_initializer=keras.initializers.Constant([1, -1, -2, -2]))
    encoder = keras.Sequential([keras.Input([2, 2, 1]), keras.layers.Flatten(), linear])
    settings = {"latent_dim": 2, "kernel": kernel, "mmd_weight": 1e4}
    made = MMDVAE(SPEC, encoder=encoder, **settings)
    made.compile(keras.optimizers.Adam(0.02))
    images = batch(128)

    def distances():
        """Of the mean of all codes from 0, and of their variance from 1."""
        moments = made.encode(images["image"])
        mean, stddev = np.asarray(moments["mean"]), np.asarray(moments["stddev"])
        variance = mean.var(axis=0) + np.square(stddev).mean(axis=0)
        return np.abs(mean.mean(axis=0)).max(), np.abs(variance - 1).max()

    shift, excess = distances()
    assert shift > 0.5 and excess > 0.5
    many = tf.data.Dataset.from_tensors(images).repeat()
    made.fit(many, steps_per_epoch=200, verbose=0, shuffle=False)
    shift, excess = distances()
    assert shift < 0.2 and excess < 0.3
