"""The sparse VAE: its parts alone and together, its zeros, and its warm-up."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.models import build_model
from tfvae.probability import noise
from tfvae.schema import DataSpec

SPEC = DataSpec("tiny", (4, 4, 1), num_examples={"train": 40})
SEED = (0, 1)


def model(name="sparse_vae", **settings):
    keras.utils.set_random_seed(0)
    return build_model(name, SPEC, {"latent_dim": 3, "network": "dense", **settings})


@pytest.fixture
def batch():
    image = np.random.default_rng(0).random((6, 4, 4, 1), dtype="float32")
    return {"image": tf.constant(image)}


def test_without_sparsity_it_is_the_vae(batch):
    vae, made = model("vae"), model(code_prior="normal", encoder_penalty="none")
    expected, terms = vae.loss_terms(batch, SEED), made.loss_terms(batch, SEED)
    assert terms.keys() == expected.keys()
    for name, term in expected.items():
        np.testing.assert_allclose(terms[name], term, rtol=1e-6)


@pytest.mark.parametrize("penalty", ["l1", "kl", "hoyer"])
def test_the_penalty_is_that_of_the_hidden_layers_alone(penalty, batch):
    made = model(code_prior="normal", encoder_penalty=penalty, encoder_weight=3.0, target_rate=0.2)
    terms = made.loss_terms(batch, SEED)
    flat = batch["image"].numpy().reshape(6, -1)
    hidden = []
    for layer in made.encoder.layers[1:3]:
        flat = np.log1p(np.exp(flat @ layer.kernel.numpy() + layer.bias.numpy()))
        hidden.append(flat)
    if penalty == "l1":
        expected = sum(each.mean(axis=1) for each in hidden)
    elif penalty == "hoyer":
        expected = 0
        for each in hidden:
            root, ratio = np.sqrt(each.shape[1]), each.sum(axis=1) / np.linalg.norm(each, axis=1)
            expected += (ratio - 1) / (root - 1)
    else:
        rates = [np.tanh(each).mean(axis=0) for each in hidden]
        expected = sum(
            np.mean(0.2 * np.log(0.2 / rate) + 0.8 * np.log(0.8 / (1 - rate))) for rate in rates
        )
    np.testing.assert_allclose(terms["encoder_sparsity"], np.broadcast_to(expected, 6), rtol=1e-3)
    loss = terms["distortion"] + terms["rate"] + 3 * terms["encoder_sparsity"]
    np.testing.assert_allclose(made.objective(terms), loss, rtol=1e-6)


@pytest.mark.parametrize("network", ["dense", "conv"])
def test_sparsity_of_hidden_layers_is_that_of_their_activations(network):
    keras.utils.set_random_seed(0)
    made = build_model("vae", DataSpec("tiny", (16, 16, 1)), {"network": network})
    image = np.random.default_rng(0).random((5, 16, 16, 1), dtype="float32")
    found = made.hidden_sparsity(tf.constant(image))
    hidden, values = [], image
    for layer in made.encoder.layers[:-1]:
        values = layer(values).numpy()
        if not isinstance(layer, keras.layers.Flatten):
            hidden.append(np.abs(values.reshape(5, -1)).astype(np.float64))
    assert found["hoyer"].shape == (5, len(hidden)) == found["zeros"].shape
    for number, each in enumerate(hidden):
        root = np.sqrt(each.shape[1])
        ratio = each.sum(axis=1) / np.linalg.norm(each, axis=1)
        np.testing.assert_allclose(found["hoyer"][:, number], (root - ratio) / (root - 1), 1e-4)
        np.testing.assert_allclose(found["zeros"][:, number], (each == 0).mean(axis=1), 1e-4)
    assert (np.mean(found["zeros"]) > 0.1) == (network == "conv")


def test_units_in_use_are_served_by_codes_with_spikes_alone(batch):
    made = model(encoder_penalty="none")
    rate = made.posterior(batch).rate
    np.testing.assert_array_equal(made.in_use(batch["image"]), rate)
    assert "in_use" in made.serving_signatures()
    assert "in_use" not in model(code_prior="laplace").serving_signatures()


def test_the_penalty_makes_activations_small():
    image = np.random.default_rng(1).random((64, 4, 4, 1), dtype="float32")
    data = tf.data.Dataset.from_tensors({"image": image}).repeat()
    found = {}
    for weight in (0.0, 100.0):
        made = model(code_prior="normal", encoder_weight=weight)
        made.compile(keras.optimizers.Adam(1e-3))
        made.fit(data, steps_per_epoch=60, verbose=0)
        found[weight] = float(
            tf.reduce_mean(made.loss_terms({"image": image}, SEED)["encoder_sparsity"])
        )
    assert found[100.0] < found[0.0] / 2


def test_codes_are_exactly_zero_where_a_dimension_is_not_in_use(batch):
    made = model(use_rate=0.3)
    parameters = made.encoder(batch["image"])
    assert parameters.shape == (6, 9)
    posterior = made.posterior(batch)
    epsilon = noise.batch_normal(500, 6, made.noise_dim, SEED)
    codes = made.code(posterior, epsilon).numpy()
    np.testing.assert_allclose((codes == 0).mean(), 1 - np.mean(posterior.rate), atol=0.02)
    # It starts nearly as a VAE.
    assert np.min(posterior.rate) > 0.8
    drawn = made.prior_code(tf.random.stateless_normal([4000, 6], [0, 2])).numpy()
    np.testing.assert_allclose((drawn != 0).mean(axis=0), 0.3, atol=0.03)
    assert drawn[drawn != 0].std() == pytest.approx(1, abs=0.05)


def test_laplace_codes_have_variance_one():
    made = model(code_prior="laplace", encoder_penalty="none")
    drawn = made.prior_code(tf.random.stateless_normal([20_000, 3], [0, 2])).numpy()
    np.testing.assert_allclose(drawn.std(axis=0), 1, atol=0.05)
    assert list(made.term_weights()) == ["distortion", "rate"]


def test_spikes_count_in_full_after_the_warmup(batch):
    made = model(warmup_steps=10, encoder_penalty="none")
    terms = made.loss_terms(batch, SEED)
    plain = terms["distortion"] + terms["rate"]
    np.testing.assert_allclose(made.objective(terms), plain, rtol=1e-6)
    made.compile(keras.optimizers.SGD(0.0))
    for step, share in ((0, 0.0), (5, 0.5), (10, 1.0), (100, 1.0)):
        made.optimizer.iterations.assign(step)
        expected = plain - (1 - share) * terms["spike"]
        np.testing.assert_allclose(made.objective(terms), expected, rtol=1e-5)
    # The terms, and the bound, don't depend on the step.
    again = made.loss_terms(batch, SEED)
    for name, term in terms.items():
        np.testing.assert_array_equal(again[name], term)
    assert float(tf.reduce_min(terms["rate"] - terms["spike"])) >= 0


def test_the_encoder_is_saved_once(tmp_path):
    made = model()
    made.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert len(again.weights) == len(made.weights) == len({id(each) for each in made.weights})
    for one, other in zip(made.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
