"""DualVAE: its logits move as the algebra of dual vectors says."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.models import build_model
from tfvae.models.vae import VAE
from tfvae.probability.labels import labels_of_kind
from tfvae.schema import DataSpec

SEED = tf.constant([0, 1], tf.int32)
SHAPE = (4, 4, 1)
LABELS = 3


def build(kind="binary", **settings):
    keras.utils.set_random_seed(0)
    names = tuple(f"label{index}" for index in range(LABELS))
    spec = DataSpec("tiny", SHAPE, names, kind, {"train": 8})
    return build_model("dualvae", spec, {"latent_dim": 5, **settings})


def batch(count=4):
    generator = np.random.default_rng(1)
    return {
        "image": tf.constant(generator.random((count, *SHAPE), dtype="float32")),
        "label": tf.constant(generator.integers(2, size=(count, LABELS)).astype("float32")),
        "observed": tf.ones([count, LABELS]),
    }


@pytest.mark.parametrize("strength", [-1.5, 0.5, 3.0])
@pytest.mark.parametrize("bias", [False, True])
def test_logits_move_by_the_gram_matrix(strength, bias):
    """Logit i by lambda |u_i|^2, logit j by lambda u_j.u_i, whatever the code."""
    model = build(label_bias=bias)
    vectors = model.dual_vectors.numpy()
    z = np.random.default_rng(2).normal(size=(4, 5)).astype("float32")
    for domain in range(LABELS):
        target = tf.tile(tf.eye(LABELS)[domain : domain + 1], [4, 1])
        decoded = {}
        model.decode = lambda latent, kept=decoded: kept.setdefault("latent", latent)
        model.encode = lambda image: {"mean": tf.constant(z)}
        model.transfer(batch()["image"], target, tf.fill([4], strength))
        moved = model.label_decoder(decoded["latent"]) - model.label_decoder(z)
        expected = strength * vectors @ vectors[domain]
        np.testing.assert_allclose(moved, np.tile(expected, (4, 1)), rtol=1e-4, atol=1e-5)
        own = strength * np.sum(vectors[domain] ** 2)
        np.testing.assert_allclose(moved[:, domain], own, rtol=1e-4, atol=1e-5)


def seen(model, gaps=(2.0, 3.0, 4.0), counts=(5.0, 7.0)):
    """Lets the model have seen attributes whose mean logits are `gaps` apart."""
    numbers = np.repeat(np.reshape(counts, [2, 1]), LABELS, axis=1)
    means = np.stack([np.zeros(LABELS), gaps])
    model.logit_sums.assign(np.stack([means * numbers, numbers], axis=1))


def seen_classes(model, means, count=5.0):
    """Lets the model have seen classes with these mean logits, [class, logit]."""
    numbers = np.full([LABELS, LABELS], count)
    model.logit_sums.assign(np.stack([means * numbers, numbers], axis=1))


def test_strength_one_closes_the_gap_in_the_logit_of_an_attribute():
    model = build()
    seen(model)
    z = np.random.default_rng(2).normal(size=(50, 5)).astype("float32")
    vectors = model.dual_vectors.numpy()
    for domain, gap in enumerate((2.0, 3.0, 4.0)):
        step = model.label_vector(tf.eye(LABELS)[domain : domain + 1]).numpy()
        np.testing.assert_allclose(step[0], model.steps()[domain] * vectors[domain], rtol=1e-5)
        grown = (z + step - z) @ vectors.T
        np.testing.assert_allclose(grown[:, domain], gap, rtol=1e-3)


def test_strength_one_arrives_from_the_mean_code_of_every_other_class():
    """logit i - logit j is then what it is for images of class i, or more."""
    model = build("categorical")
    vectors = np.eye(5, LABELS) + 0.2 * np.random.default_rng(4).normal(size=(5, LABELS))
    model.label_decoder.layers[-1].kernel.assign(vectors)
    codes = np.random.default_rng(5).normal(size=(LABELS, 5)) + 3 * np.eye(LABELS, 5)
    logits = codes @ vectors
    seen_classes(model, logits)
    for domain in range(LABELS):
        step = model.label_vector(tf.eye(LABELS)[domain : domain + 1]).numpy()[0]
        margins = []
        for other in set(range(LABELS)) - {domain}:
            moved = (codes[other] + step) @ vectors
            margin = moved[domain] - moved[other]
            margins.append(margin - (logits[domain, domain] - logits[domain, other]))
        assert min(margins) == pytest.approx(0, abs=1e-4)


def test_steps_are_one_before_training_and_where_a_label_is_never_absent():
    for kind in ("binary", "categorical"):
        assert build(kind).steps().numpy().tolist() == [1.0] * LABELS
    model = build()
    seen(model)
    model.logit_sums.assign(model.logit_sums * np.array([[[1, 0, 1]], [[1, 1, 1]]], "float32"))
    assert model.steps().numpy()[1] == 1.0 and np.all(model.steps().numpy()[[0, 2]] != 1.0)
    classes = build("categorical")
    seen_classes(classes, 3 * np.eye(LABELS))
    before = classes.steps().numpy()
    classes.logit_sums.assign(classes.logit_sums * np.array([[[1]], [[0]], [[1]]], "float32"))
    after = classes.steps().numpy()
    assert after[1] == 1.0 and np.all(after[[0, 2]] <= before[[0, 2]]) and np.all(after != before)


def test_steps_are_one_where_the_vector_does_not_lead_to_the_label():
    model = build()
    seen(model, gaps=(2.0, -3.0, 4.0))
    assert model.steps().numpy()[1] == 1.0
    classes = build("categorical")
    seen_classes(classes, 3 * np.eye(LABELS))
    # u_0 raises class 1 more than its own: it never arrives.
    kernel = np.eye(5, 3, dtype="float32")
    kernel[0, 1] = 2.0
    classes.label_decoder.layers[-1].kernel.assign(kernel)
    assert classes.steps().numpy()[0] == 1.0


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_logits_are_summed_over_the_images_of_each_group(kind, mirrored_strategy):
    data = batch(8)
    label, observed = data["label"].numpy(), np.ones([8, LABELS], "float32")
    if kind == "binary":
        observed = (np.arange(24).reshape(8, 3) % 4 > 0).astype("float32")
        groups = [observed * (1 - label), observed * label]
    else:
        label = np.eye(LABELS, dtype="float32")[np.arange(8) % LABELS]
        observed[5:] = 0.0
        groups = [np.repeat((observed * label)[:, [each]], LABELS, 1) for each in range(LABELS)]
    data |= {"label": tf.constant(label), "observed": tf.constant(observed)}
    batches = tf.data.Dataset.from_tensors(data).unbatch().batch(8).repeat()
    single = build(kind)
    with mirrored_strategy.scope():
        mirrored = build(kind)
    found = []
    for model in (single, mirrored):
        model.compile(keras.optimizers.SGD(0.0))
        model.fit(batches, steps_per_epoch=1, validation_data=batches.take(1), verbose=0)
        found.append(keras.ops.convert_to_numpy(model.logit_sums))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-4, atol=1e-5)
    _, z = single.drawn(data, single.step_seed() * [1, 0])
    logits = single.label_decoder(z).numpy()
    for group, members in enumerate(groups):
        np.testing.assert_allclose(found[0][group, 1], members.sum(axis=0))
        expected = (logits * members).sum(axis=0)
        np.testing.assert_allclose(found[0][group, 0], expected, rtol=1e-4, atol=1e-5)


def test_steps_are_saved(tmp_path):
    model = build()
    seen(model)
    model.save(tmp_path / "dual.keras")
    loaded = keras.saving.load_model(tmp_path / "dual.keras")
    np.testing.assert_array_equal(loaded.steps(), model.steps())
    fields = loaded.keras_model().manifest_fields()
    assert fields["lambda_per_strength"] == pytest.approx(model.steps().numpy().tolist())


def test_several_targets_add_up():
    model = build()
    image, target = batch(1)["image"], tf.constant([[1.0, 0.0, 1.0]])
    code = model.encode(image)["mean"] + 2.0 * tf.reduce_sum(
        tf.gather(model.dual_vectors, [0, 2]), axis=0
    )
    np.testing.assert_allclose(
        model.transfer(image, target, tf.constant([2.0])), model.decode(code), rtol=1e-5
    )


def test_the_bound_is_the_vaes_and_the_label_term_sees_the_same_code():
    model, data = build(), batch()
    terms, _ = model.measure(data, SEED)
    plain, _ = VAE.measure(model, data, SEED)
    np.testing.assert_array_equal(terms["distortion"], plain["distortion"])
    np.testing.assert_array_equal(terms["rate"], plain["rate"])
    _, z = model.drawn(data, SEED)
    logits = model.label_decoder(z)
    expected = -labels_of_kind("binary").log_likelihood(logits, data["label"], data["observed"])
    np.testing.assert_allclose(terms["label"], expected, rtol=1e-5)


def test_two_optimizers_take_algorithm_1s_two_steps():
    """Decoder and U follow one loss each, the encoder both, one after the other (plain descent)."""
    rate, weight = 1e-3, 3.0
    model, data = build(label_rate=weight), batch()
    with tf.GradientTape(persistent=True) as tape:
        terms, _ = model.measure(data, (model.seed, 0))
        bound = tf.reduce_mean(terms["distortion"] + terms["rate"])
        label = weight * tf.reduce_mean(terms["label"])
    parts = (model.encoder, model.decoder, model.label_decoder)
    before = [[value.numpy() for value in part.trainable_variables] for part in parts]
    gradients = [
        [tape.gradient(loss, part.trainable_variables) for loss in (bound, label)] for part in parts
    ]
    model.compile(keras.optimizers.SGD(rate))
    model.fit(tf.data.Dataset.from_tensors(data), epochs=1, verbose=0, shuffle=False)
    assert len(model.optimizers) == 2
    for part, old, (of_bound, of_label) in zip(parts, before, gradients):
        for value, start, first, second in zip(part.trainable_variables, old, of_bound, of_label):
            step = sum(np.asarray(each) for each in (first, second) if each is not None)
            np.testing.assert_allclose(value, start - rate * step, rtol=1e-4, atol=1e-6)


def test_the_label_rate_counts_under_adam_too():
    """A factor on the loss would not: Adam divides it out."""
    losses = []
    for weight in (0.1, 3.0):
        model, data = build(label_rate=weight), batch()
        model.compile(keras.optimizers.Adam(1e-2))
        batches = tf.data.Dataset.from_tensors(data).repeat(100)
        model.fit(batches, epochs=1, verbose=0, shuffle=False)
        losses.append(float(tf.reduce_mean(model.measure(data, SEED)[0]["label"])))
    assert losses[1] < 0.7 * losses[0]


def test_default_code_leaves_room_for_independent_vectors():
    names = tuple(f"label{index}" for index in range(40))
    spec = DataSpec("tiny", SHAPE, names, "binary", {"train": 8})
    assert build_model("dualvae", spec).latent_dim >= 40
