"""The two losses of the Fader Networks in NumPy."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from tests.models.adversaries import SHAPE, small_batch, small_model
from tfvae.networks import fader

SEED = (0, 1)


def test_adversary_weight_grows_with_the_images_shown():
    model = small_model("fader", adversary_weight=0.5, ramp_images=200)
    for shown, expected in ((0, 0.0), (50, 0.125), (200, 0.5), (10_000, 0.5)):
        model.images_shown.assign(shown)
        assert float(model.lambda_t()) == pytest.approx(expected)
        terms = model.loss_terms(small_batch(), SEED)
        np.testing.assert_allclose(
            model.objective(terms), terms["mse"] + expected * terms["adversary"], rtol=1e-5
        )


def test_images_are_counted_in_training_alone(mirrored_strategy):
    batches = tf.data.Dataset.from_tensors(small_batch()).repeat()
    single = small_model("fader")
    with mirrored_strategy.scope():
        mirrored = small_model("fader")
    for model in (single, mirrored):
        model.compile(keras.optimizers.SGD(1e-3))
        model.fit(
            batches,
            steps_per_epoch=3,
            validation_data=batches.take(2),
            verbose=0,
            shuffle=False,
        )
        assert keras.ops.convert_to_numpy(model.images_shown) == 18


def test_attributes_are_hidden_as_their_opposites():
    """-log P(1 - y) summed over the attributes that are known."""
    model, batch = small_model("fader"), small_batch()
    logits = np.asarray(model.critic(model.encoder(batch["image"])))
    label, observed = batch["label"].numpy(), batch["observed"].numpy()
    right = scipy.special.log_expit(np.where(label == 1, logits, -logits))
    wrong = scipy.special.log_expit(np.where(label == 1, -logits, logits))
    terms = model.loss_terms(batch, SEED)
    np.testing.assert_allclose(terms["critic"], -(observed * right).sum(1), rtol=1e-4)
    np.testing.assert_allclose(terms["adversary"], -(observed * wrong).sum(1), rtol=1e-4)
    assert terms["adversary"][-1] == 0


def test_a_class_is_hidden_among_all_others():
    """-log(1 - P(y))."""
    model, batch = small_model("fader", "categorical"), small_batch("categorical")
    logits = np.asarray(model.critic(model.encoder(batch["image"])))
    probability = (scipy.special.softmax(logits, axis=1) * batch["label"]).numpy().sum(1)
    terms = model.loss_terms(batch, SEED)
    np.testing.assert_allclose(terms["critic"][:-1], -np.log(probability[:-1]), rtol=1e-4)
    np.testing.assert_allclose(terms["adversary"][:-1], -np.log1p(-probability[:-1]), rtol=1e-4)
    assert terms["adversary"][-1] == 0


def test_error_is_a_mean_over_pixels():
    model, batch = small_model("fader"), small_batch()
    decoded = model.decoder([model.encoder(batch["image"]), batch["label"]])
    expected = np.mean((batch["image"] - decoded).numpy() ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(model.loss_terms(batch, SEED)["mse"][:-1], expected[:-1], rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (64, 64, 3), (33, 50, 3)])
def test_networks_fit_the_image_and_every_layer_hears_the_label(shape):
    encoder = fader.encoder(shape)
    decoder = fader.decoder(encoder.output_shape[1:], 5, shape)
    assert 3 <= min(encoder.output_shape[1:3]) <= 4
    assert decoder.output_shape[1:] == shape
    layers = [layer for layer in decoder.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    inputs = [layer.input.shape[-1] for layer in layers]
    outputs = [encoder.output_shape[-1], *(layer.filters for layer in layers[:-1])]
    assert inputs == [filters + 5 for filters in outputs]


def test_code_is_deterministic_and_blind_to_other_images():
    model, image = small_model("fader"), small_batch()["image"]
    assert image.shape[1:] == SHAPE
    np.testing.assert_allclose(model.encoder(image)[2:3], model.encoder(image[2:3]), atol=1e-6)
