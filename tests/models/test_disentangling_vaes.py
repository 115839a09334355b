"""beta-TCVAE, FactorVAE and DIP-VAE: losses written out, and the VAE without their penalties."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.models import build_model
from tfvae.probability import noise
from tfvae.schema import DataSpec

SPEC = DataSpec("tiny", (2, 2, 1), num_examples={"train": 40})
SEED = (0, 1)


def model(name, **settings):
    keras.utils.set_random_seed(0)
    return build_model(name, SPEC, {"latent_dim": 3, "network": "dense", **settings})


@pytest.fixture
def batch():
    image = np.random.default_rng(0).random((5, 2, 2, 1), dtype="float32")
    return {"image": tf.constant(image)}


def moments(made, batch):
    raw = made.encoder(batch["image"]).numpy().astype(np.float64)
    return raw[:, :3], 1e-4 + np.log1p(np.exp(raw[:, 3:]))


def test_without_their_penalties_they_are_the_vae(batch):
    vae = model("vae")
    expected = vae.objective(vae.loss_terms(batch, SEED))
    for made in (
        model("beta_tcvae", beta=1.0),
        model("factor_vae", gamma=0.0, discriminator_units=8),
        model("dip_vae", off_diagonal_weight=0.0, diagonal_weight=0.0),
        model("dip_vae", variant="ii", off_diagonal_weight=0.0),
    ):
        np.testing.assert_allclose(
            made.objective(made.loss_terms(batch, SEED)), expected, rtol=1e-6
        )


def test_total_correlation_written_out(batch):
    made = model("beta_tcvae", beta=3.0)
    terms = made.loss_terms(batch, SEED)
    mean, stddev = moments(made, batch)
    z = mean + stddev * noise.batch_normal(1, 5, 3, SEED)[0].numpy()
    weights = np.full([5, 5], 1 / 4)
    for row in range(5):
        weights[row, row], weights[row, (row + 1) % 5] = 1 / 40, (40 - 4) / (40 * 4)
    densities = stats.norm.pdf(z[:, None], mean, stddev)
    joint = (weights * densities.prod(axis=2)).sum(axis=1)
    each = (weights[..., None] * densities).sum(axis=1)
    expected = np.log(joint) - np.log(each).sum(axis=1)
    np.testing.assert_allclose(terms["total_correlation"], expected, atol=1e-4)
    loss = terms["distortion"] + terms["rate"] + 2 * terms["total_correlation"]
    np.testing.assert_allclose(made.objective(terms), loss, rtol=1e-6)


@pytest.mark.parametrize("variant", ["i", "ii"])
def test_covariance_written_out(variant, batch):
    made = model("dip_vae", variant=variant, off_diagonal_weight=2.0)
    # Far from the start, where all images have about the same code.
    made.encoder.set_weights([10 * weight for weight in made.encoder.get_weights()])
    terms = made.loss_terms(batch, SEED)
    mean, stddev = moments(made, batch)
    covariance = np.cov(mean.T, bias=True)
    if variant == "ii":
        covariance += np.diag((stddev**2).mean(axis=0))
    diagonal = np.diag(covariance)
    off = (covariance**2).sum() - (diagonal**2).sum()
    np.testing.assert_allclose(terms["off_diagonal"], off, rtol=1e-4)
    np.testing.assert_allclose(terms["diagonal"], ((diagonal - 1) ** 2).sum(), rtol=1e-4)
    weights = made.term_weights()
    assert weights["off_diagonal"] == 2 and weights["diagonal"] == (20 if variant == "i" else 2)


def test_the_diagonal_weight_that_is_given_counts():
    weights = model("dip_vae", off_diagonal_weight=2.0, diagonal_weight=7.0).term_weights()
    assert weights == {"distortion": 1.0, "rate": 1.0, "off_diagonal": 2.0, "diagonal": 7.0}


def test_discriminator_written_out(batch):
    made = model("factor_vae", gamma=3.0, discriminator_units=8)
    terms = made.loss_terms(batch, SEED)
    mean, stddev = moments(made, batch)
    z = (mean + stddev * noise.batch_normal(1, 5, 3, SEED)[0].numpy()).astype(np.float32)
    shuffled = noise.shuffled_columns(tf.constant(z), noise.stream(SEED, 0))
    real, fake = (1 / (1 + np.exp(-made.discriminator(codes)[:, 0])) for codes in (z, shuffled))
    np.testing.assert_allclose(terms["total_correlation"], np.log(real / (1 - real)), atol=1e-4)
    entropy = -(np.log(real) + np.log(1 - fake)) / 2
    np.testing.assert_allclose(terms["discriminator"], entropy, atol=1e-4)
    own, other = made.objectives(terms)
    expected = terms["distortion"] + terms["rate"] + 3 * terms["total_correlation"]
    np.testing.assert_allclose(own, expected, rtol=1e-5)
    np.testing.assert_array_equal(other, terms["discriminator"])
    np.testing.assert_array_equal(made.objective(terms), own)


def test_each_optimizer_of_factor_vae_trains_its_own(batch):
    """The discriminator's loss leaves encoder and decoder as they are, and the other way round."""
    made = model("factor_vae", discriminator_units=8)
    others, of_discriminator = made.variable_groups()
    assert len(of_discriminator) == len(made.discriminator.trainable_variables) == 14
    assert len(others) + len(of_discriminator) == len(made.trainable_variables)
    made.compile(keras.optimizers.SGD(0.0))
    made.further_optimizers[0].learning_rate = 0.1
    made.set_rates = lambda: None
    before = [[weight.numpy() for weight in group] for group in (others, of_discriminator)]
    made.train_step(batch)
    same = [
        all(np.array_equal(new, old) for new, old in zip(group, values))
        for group, values in zip((others, of_discriminator), before, strict=True)
    ]
    assert same == [True, False]


def test_shuffled_columns_keep_each_dimension_and_lose_their_dependence():
    column = np.random.default_rng(0).normal(size=(2000, 1)).astype(np.float32)
    codes = np.concatenate([column, column, -column], axis=1)
    shuffled = noise.shuffled_columns(tf.constant(codes), SEED).numpy()
    np.testing.assert_array_equal(np.sort(shuffled, axis=0), np.sort(codes, axis=0))
    assert np.abs(np.corrcoef(shuffled.T) - np.eye(3)).max() < 0.1
    other = noise.shuffled_columns(tf.constant(codes), (0, 2)).numpy()
    assert not np.array_equal(shuffled, other)


def test_the_logit_estimates_the_total_correlation():
    """Of a Gaussian with correlation 0.8, after the discriminator alone was trained."""
    made = model("factor_vae", latent_dim=2, discriminator_units=32)
    rng, optimizer = np.random.default_rng(0), keras.optimizers.Adam(1e-3)
    variables = made.discriminator.trainable_variables
    optimizer.build(variables)
    scale = np.linalg.cholesky([[1, 0.8], [0.8, 1]])

    @tf.function
    def step(z, seed):
        with tf.GradientTape() as tape:
            shuffled = noise.shuffled_columns(z, seed)
            real, fake = made.discriminator(z), made.discriminator(shuffled)
            loss = tf.reduce_mean(tf.nn.softplus(-real) + tf.nn.softplus(fake))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))

    for number in range(600):
        step(tf.constant(rng.normal(size=(256, 2)) @ scale.T, tf.float32), tf.constant([0, number]))
    z = (rng.normal(size=(20_000, 2)) @ scale.T).astype(np.float32)
    found = float(tf.reduce_mean(made.discriminator(z)))
    assert found == pytest.approx(-0.5 * np.log(1 - 0.8**2), abs=0.1)


def test_training_makes_dimensions_independent():
    """Encoders of two dimensions that follow the same pixel are pulled apart."""
    image = np.random.default_rng(1).random((256, 2, 2, 1), dtype="float32")
    for name, settings in (
        ("beta_tcvae", {"beta": 50.0}),
        ("dip_vae", {"off_diagonal_weight": 50.0}),
    ):
        made = model(name, latent_dim=2, **settings)
        made.compile(keras.optimizers.Adam(1e-3))
        term = list(made.term_weights())[2]
        data = tf.data.Dataset.from_tensors({"image": image}).repeat()
        logs = made.fit(data, steps_per_epoch=20, epochs=3, verbose=0).history
        assert logs[term][-1] < logs[term][0]
