"""CVAE and M2: bounds by brute force, labels that are read, labels that move."""

import itertools

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from tfvae.models import build_model
from tfvae.schema import DataSpec

SEED = tf.constant([0, 1], tf.int32)
SHAPE = (4, 4, 1)
LABELS = 3


def build(name, kind="categorical", **settings):
    names = tuple(f"label{index}" for index in range(LABELS))
    data = DataSpec("tiny", SHAPE, names, kind, {"train": 8})
    model = build_model(name, data, {"latent_dim": 2, **settings})
    # Away from the symmetric start, so that no term vanishes by accident.
    generator = np.random.default_rng(3)
    for weight in model.trainable_variables:
        weight.assign(weight + 0.1 * generator.normal(size=weight.shape))
    return model


def batch(label, observed, count=1):
    image = np.random.default_rng(0).random((1, *SHAPE), dtype="float32")
    return {
        "image": tf.constant(np.repeat(image, count, axis=0)),
        "label": tf.constant(np.tile(np.float32(label), (count, 1))),
        "observed": tf.constant(np.tile(np.float32(observed), (count, 1))),
    }


def classifier_logits(model, data):
    return model.classifier(data["image"]).numpy()[0].astype("float64")


def labelled_bound(model, label):
    """-L(x, y), eq. 6, without log p(y), by the model's own VAE on a batch of one."""
    data = batch(label, np.ones(LABELS))
    terms = model.labelled_terms(data, data["label"], SEED)
    return -float(terms["distortion"][0] + terms["rate"][0])


def test_m2_sums_over_the_classes_of_an_unlabelled_image():
    """Eq. 7 by enumeration: one labelled bound after the other."""
    model = build("m2")
    data = batch(np.zeros(LABELS), np.zeros(LABELS))
    terms, _ = model.measure(data, SEED)
    log_q = scipy.special.log_softmax(classifier_logits(model, data))
    log_p = scipy.special.log_softmax(model.prior_logits.numpy().astype("float64"))
    expected = sum(
        np.exp(log_q[index]) * (labelled_bound(model, label) + log_p[index] - log_q[index])
        for index, label in enumerate(np.eye(LABELS))
    )
    assert float(model.elbo(terms)[0]) == pytest.approx(expected, rel=1e-5)


def test_m2_of_a_labelled_image_is_that_class_alone():
    model = build("m2")
    label = np.eye(LABELS)[1]
    terms, _ = model.measure(batch(label, np.ones(LABELS)), SEED)
    log_p = scipy.special.log_softmax(model.prior_logits.numpy().astype("float64"))
    expected = labelled_bound(model, label) + log_p[1]
    assert float(model.elbo(terms)[0]) == pytest.approx(expected, rel=1e-5)
    log_q = scipy.special.log_softmax(classifier_logits(model, batch(label, np.ones(LABELS))))
    assert float(terms["label"][0]) == pytest.approx(-log_q[1], rel=1e-5)


def test_m2_mixes_labelled_and_unlabelled_images_in_one_batch():
    model = build("m2")
    label = np.eye(LABELS)[2]
    known, unknown = batch(label, np.ones(LABELS)), batch(label, np.zeros(LABELS))
    both = {key: tf.concat([known[key], unknown[key]], axis=0) for key in known}
    # The same noise row for row: the second image alone stands second here too.
    alone = {key: tf.concat([unknown[key], unknown[key]], axis=0) for key in known}
    mixed, pure = model.measure(both, SEED)[0], model.measure(alone, SEED)[0]
    np.testing.assert_allclose(model.elbo(mixed)[1], model.elbo(pure)[1], rtol=1e-5)
    assert abs(float(model.elbo(mixed)[0] - model.elbo(pure)[0])) > 1e-3


def test_m2_draws_unknown_attributes_without_bias():
    """The mean over draws is the sum over all 2^3 labels; known attributes are not drawn."""
    model = build("m2", "binary")
    observed = np.array([0.0, 1.0, 0.0])
    label = np.array([0.0, 1.0, 0.0])
    count = 20_000
    data = batch(label, observed, count)
    # The code's noise would add its own spread: hold the code at its mean.
    model.drawn = lambda given, seed: (model.posterior(given), model.posterior(given).mean())
    found = model.elbo(model.measure(data, SEED)[0]).numpy()

    log_on = -np.logaddexp(0, -classifier_logits(model, data))
    log_off = -np.logaddexp(0, classifier_logits(model, data))
    prior = model.prior_logits.numpy().astype("float64")
    expected = 0.0
    for first, third in itertools.product([0.0, 1.0], repeat=2):
        full = np.array([first, 1.0, third])
        log_q = sum(log_on[i] if full[i] else log_off[i] for i in (0, 2))
        log_p = -np.sum(np.logaddexp(0, np.where(full > 0, -prior, prior)))
        expected += np.exp(log_q) * (labelled_bound(model, full) + log_p - log_q)
    error = found.std() / np.sqrt(count)
    assert error > 0
    assert abs(found.mean() - expected) < 4 * error


def test_m2_learns_to_read_from_unlabelled_images():
    """The bound of an unlabelled image reaches the classifier, for classes and attributes."""
    for kind in ("categorical", "binary"):
        model = build("m2", kind)
        with tf.GradientTape() as tape:
            terms, _ = model.measure(batch(np.zeros(LABELS), np.zeros(LABELS)), SEED)
            loss = -tf.reduce_sum(model.elbo(terms))
        gradients = tape.gradient(loss, model.classifier.trainable_variables)
        assert max(float(tf.reduce_max(tf.abs(gradient))) for gradient in gradients) > 0


def test_cvae_reader_is_trained_by_labels_alone():
    model = build("cvae")
    data = batch(np.eye(LABELS)[0], np.zeros(LABELS))
    with tf.GradientTape(persistent=True) as tape:
        terms, _ = model.measure(data, SEED)
        bound = tf.reduce_sum(model.elbo(terms))
        label = tf.reduce_sum(
            model.measure(batch(np.eye(LABELS)[0], np.ones(LABELS)), SEED)[0]["label"]
        )
    reader = model.classifier.trainable_variables
    assert all(gradient is None for gradient in tape.gradient(bound, reader))
    assert all(gradient is not None for gradient in tape.gradient(label, reader))
    others = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
    assert all(gradient is None for gradient in tape.gradient(label, others))


def test_cvae_takes_what_it_believes_for_unknown_labels():
    model = build("cvae", "binary")
    label, observed = np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0])
    data = batch(label, observed)
    terms, _ = model.measure(data, SEED)
    believed = 1 / (1 + np.exp(-classifier_logits(model, data)))
    complete = np.array([1.0, believed[1], 0.0])
    assert float(model.elbo(terms)[0]) == pytest.approx(labelled_bound(model, complete), rel=1e-5)


@pytest.mark.parametrize("name", ["cvae", "m2"])
@pytest.mark.parametrize("conditioning", ["concatenate", "add"])
def test_transfer_decodes_the_same_code_with_the_wanted_label(name, conditioning):
    model = build(name, conditioning=conditioning)
    image = batch(np.eye(LABELS)[0], np.ones(LABELS))["image"]
    target = tf.constant(np.eye(LABELS, dtype="float32")[1:2])
    code = model.encode(image)["mean"]
    np.testing.assert_allclose(
        model.transfer(image, target, tf.ones([1])), model.decode(code, target), rtol=1e-5
    )
    np.testing.assert_allclose(
        model.transfer(image, target, tf.zeros([1])), model.reconstruct(image), rtol=1e-5
    )


@pytest.mark.parametrize("name", ["cvae", "m2"])
def test_classifier_may_have_another_network_than_encoder_and_decoder(name):
    def convolutions(network):
        return sum("Conv" in type(layer).__name__ for layer in network._flatten_layers())

    model = build(name, network="dense", classifier_network="conv")
    networks = model.classifier, model.encoder, model.decoder
    assert [convolutions(each) > 0 for each in networks] == [True, False, False]
    same = build(name, network="dense")
    assert not any(map(convolutions, (same.classifier, same.encoder, same.decoder)))


def test_added_labels_move_the_code():
    """conditioning=add decodes z + MLP(y): a label is worth a step in the code."""
    model = build("cvae", conditioning="add")
    latent, label = tf.random.stateless_normal([2, 2], SEED), tf.eye(LABELS)[:2]
    layers = {layer.name: layer for layer in model.decoder.layers}
    dense = [layer for name, layer in layers.items() if name.startswith("dense")]
    step = dense[1](dense[0](label))
    body = model.decoder.layers[-1]
    np.testing.assert_allclose(model.decoder([latent, label]), body(latent + step), rtol=1e-5)
