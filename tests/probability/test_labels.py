"""Labels against scikit-learn and by hand."""

import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf

from tfvae.probability import labels, noise
from tfvae.probability import strength as strengths

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 3)).astype("float32")
ATTRIBUTES = RNG.integers(2, size=(6, 3)).astype("float32")
CLASSES = np.eye(3, dtype="float32")[RNG.integers(3, size=6)]


def test_attributes_agree_with_an_independent_cross_entropy():
    kind = labels.labels_of_kind("binary")
    observed = np.ones((6, 3), "float32")
    observed[0] = 0
    observed[1, 2] = 0
    found = kind.log_likelihood(LOGITS, ATTRIBUTES, observed).numpy()
    probability = 1 / (1 + np.exp(-LOGITS.astype("float64")))
    assert found[0] == 0
    for row in range(1, 6):
        known = observed[row] > 0
        expected = -sklearn.metrics.log_loss(
            ATTRIBUTES[row, known], probability[row, known], labels=[0, 1], normalize=False
        )
        assert found[row] == pytest.approx(expected, rel=1e-5)


def test_classes_agree_with_an_independent_cross_entropy():
    kind = labels.labels_of_kind("categorical")
    observed = np.ones((6, 3), "float32")
    observed[-1] = 0
    found = kind.log_likelihood(LOGITS, CLASSES, observed).numpy()
    probability = kind.probability(LOGITS).numpy().astype("float64")
    probability /= probability.sum(axis=1, keepdims=True)
    expected = -sklearn.metrics.log_loss(CLASSES[:-1].argmax(1), probability[:-1], labels=[0, 1, 2])
    assert found[:-1].mean() == pytest.approx(expected, rel=1e-5)
    assert found[-1] == 0


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_probability_agrees_with_likelihood(kind):
    parts = labels.labels_of_kind(kind)
    probability = parts.probability(LOGITS).numpy()
    ones = np.ones((6, 3), "float32")
    for index in range(3):
        label = np.tile(np.eye(3, dtype="float32")[index], (6, 1))
        known = label if kind == "binary" else ones
        log_likelihood = parts.log_likelihood(LOGITS, label, known)
        np.testing.assert_allclose(np.exp(log_likelihood), probability[:, index], rtol=1e-5)


@pytest.mark.parametrize("kind, label", [("binary", ATTRIBUTES), ("categorical", CLASSES)])
def test_shifted_labels(kind, label):
    shifted = labels.labels_of_kind(kind).shifted
    target = np.tile(np.eye(3, dtype="float32")[1], (6, 1))
    still = shifted(label, target, tf.zeros([6]))
    there = shifted(label, target, tf.ones([6])).numpy()
    half, beyond = (shifted(label, target, tf.fill([6], value)).numpy() for value in (0.5, 2.0))
    np.testing.assert_array_equal(still, label)
    np.testing.assert_array_equal(there[:, 1], 1)
    np.testing.assert_allclose(half, (label + there) / 2)
    assert (beyond[:, 1] > 1).all()
    if kind == "binary":
        np.testing.assert_array_equal(there[:, [0, 2]], label[:, [0, 2]])
        np.testing.assert_array_equal(beyond[:, [0, 2]], label[:, [0, 2]])
    else:
        np.testing.assert_array_equal(there, target)
        np.testing.assert_allclose(beyond.sum(axis=1), 1, rtol=1e-6)
    nowhere = shifted(label, np.zeros_like(target), tf.ones([6]))
    np.testing.assert_array_equal(nowhere, label)


def test_completed_labels_keep_what_is_known():
    observed = np.array([[1, 0, 1]], "float32")
    found = labels.completed(ATTRIBUTES[:1], observed, np.full((1, 3), 0.25, "float32"))
    np.testing.assert_array_equal(found[0], [ATTRIBUTES[0, 0], 0.25, ATTRIBUTES[0, 2]])


def test_a_step_never_turns_back():
    """A value past its goal is brought back to it at 1, and goes on in one direction from there."""
    values = [
        float(2.0 + strengths.step_towards(2.0, 1.0, 0.0, tf.constant(strength)))
        for strength in (0.0, 1.0, 2.0, 3.0)
    ]
    assert values == [2.0, 1.0, 2.0, 3.0]


def test_streams_of_noise_are_unrelated():
    seed = tf.constant([3, 4], tf.int32)
    first = noise.batch_normal(1, 1000, 1, seed)[0, :, 0].numpy()
    second = noise.batch_normal(1, 1000, 1, noise.stream(seed, 1))[0, :, 0].numpy()
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1
    again = noise.batch_normal(1, 1000, 1, noise.stream(seed, 1))[0, :, 0].numpy()
    np.testing.assert_array_equal(second, again)
