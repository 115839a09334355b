"""Transfers of the CCVAE: where they go, and what they keep."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.ccvae_by_hand import batch, build


def decoded_codes(model, monkeypatch):
    """Codes that the model decodes from now on."""
    codes = []
    decode = model.decode

    def record(latent):
        codes.append(np.asarray(latent))
        return decode(latent)

    monkeypatch.setattr(model, "decode", record)
    return codes


def own_mean(parts, z):
    """The mean of p(z_c|y) that q(y|z_c) expects, by NumPy: of each attribute, or of the class."""
    q = np.exp(parts.log_q_y(z[np.newaxis])[0].numpy())
    mean = parts.prior_mean.numpy()
    return (q * mean).sum(axis=1) if len(q) > 1 else q[0] @ mean


def test_transfer_moves_the_characteristic_code_and_keeps_the_style(monkeypatch):
    model = build(num_labels=2)
    codes = decoded_codes(model, monkeypatch)
    image = batch([0, 0], [1, 1], 3)["image"]
    target = np.array([[0, 1]] * 3, "float32")
    mean = model.encode(image)["mean"].numpy()
    model.transfer(image, target, tf.constant([0.0, 0.5, 1.0]))
    moved = codes[-1]
    np.testing.assert_allclose(moved[0], mean[0], atol=1e-6)
    present = float(model.characteristics.prior_mean[1, 1])
    steps = [present - own_mean(model.characteristics, row[:2])[1] for row in mean]
    assert moved[1, 1] == pytest.approx(mean[1, 1] + steps[1] / 2, abs=1e-5)
    assert moved[2, 1] == pytest.approx(mean[2, 1] + steps[2], abs=1e-5)
    np.testing.assert_allclose(moved[:, [0, 2]], mean[:, [0, 2]], atol=1e-6)


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_stronger_transfer_never_turns_back(kind):
    """Wherever a code starts, and however wide the distributions of the labels are: each unit of
    strength past 1 goes on by the same step away from the mean without the label."""
    parts = build(kind, 3, latent_dim=7).characteristics
    rng = np.random.default_rng(0)
    parts.prior_raw_stddev.assign(rng.normal(size=parts.prior_raw_stddev.shape))
    z = rng.normal(scale=4.0, size=(50, 3)).astype("float32")
    target = np.repeat(np.eye(3, dtype="float32")[1:2], 50, axis=0)
    at = {
        strength: parts.shifted(z, target, tf.fill([50, 1], strength)).numpy()
        for strength in (0.0, 0.5, 1.0, 2.0, 3.0)
    }
    np.testing.assert_allclose(at[0.0], z, atol=1e-6)
    np.testing.assert_allclose(at[0.5], (z + at[1.0]) / 2, atol=1e-5)
    mean = parts.prior_mean.numpy()
    if kind == "binary":
        onwards = np.eye(3)[1] * (mean[1, 1] - mean[1, 0])
        assert (at[1.0][:, 1] >= z[:, 1] - 1e-5).all()
    else:
        onwards = mean[1] - mean.mean(axis=0)
    np.testing.assert_allclose(at[2.0] - at[1.0], np.tile(onwards, (50, 1)), atol=1e-4)
    np.testing.assert_allclose(at[3.0] - at[2.0], np.tile(onwards, (50, 1)), atol=1e-4)


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_a_code_keeps_its_offset_from_the_mean_of_its_label(kind):
    """Where the classifier is certain: z' - m_y' = z - m_y."""
    parts = build(kind, 3, latent_dim=7).characteristics
    rng = np.random.default_rng(0)
    parts.prior_raw_stddev.assign(rng.normal(size=parts.prior_raw_stddev.shape))
    parts.prior_mean.assign(rng.normal(size=parts.prior_mean.shape))
    mean = parts.prior_mean.numpy()
    offset = rng.normal(size=(1, 3)).astype("float32")
    target = np.eye(3, dtype="float32")[2:]
    if kind == "binary":
        parts.bias.assign([-100.0] * 3)  # certainly absent
        z = mean[:, 0] + offset
        expected = z.copy()
        expected[0, 2] = mean[2, 1] + offset[0, 2]
    else:
        parts.bias.assign([100.0, 0.0, 0.0])  # certainly of class 0
        z, expected = mean[0] + offset, mean[2] + offset
        same = parts.shifted(z, np.eye(3, dtype="float32")[:1], tf.ones([1, 1]))
        np.testing.assert_allclose(same, z, atol=1e-5)
    np.testing.assert_allclose(parts.shifted(z, target, tf.ones([1, 1])), expected, atol=1e-5)


def test_transfer_to_a_class_keeps_the_style_and_without_a_class_everything(monkeypatch):
    model = build("categorical", 3, latent_dim=5, characteristic_dim=2)
    codes = decoded_codes(model, monkeypatch)
    image = batch([1, 0, 0], [1, 1, 1], 1)["image"]
    mean = model.encode(image)["mean"].numpy()
    model.transfer(image, tf.constant([[0.0, 0.0, 1.0]]), tf.constant([1.0]))
    parts = model.characteristics
    expected = mean[0, :2] + parts.prior_mean[2] - own_mean(parts, mean[0, :2])
    np.testing.assert_allclose(codes[-1][0, :2], expected, atol=1e-5)
    np.testing.assert_allclose(codes[-1][:, 2:], mean[:, 2:], atol=1e-6)
    model.transfer(image, tf.zeros([1, 3]), tf.constant([1.0]))
    np.testing.assert_allclose(codes[-1], mean, atol=1e-6)
