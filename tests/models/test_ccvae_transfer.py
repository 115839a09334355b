"""Transfers of the CCVAE: where they go, and what they keep."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.ccvae_by_hand import SHAPE, batch, build


def decoded_codes(model, monkeypatch):
    """Codes that the model decodes from now on."""
    codes = []
    decode = model.decode

    def record(latent):
        codes.append(np.asarray(latent))
        return decode(latent)

    monkeypatch.setattr(model, "decode", record)
    return codes


def place(parts, z, value):
    """`z` under another value of its label, by NumPy: as many standard deviations from the mean,
    expected over q(y|z). One attribute, or one class vector."""
    q = np.exp(parts.log_q_y(z[np.newaxis])[0].numpy())
    mean, stddev = parts.prior_mean.numpy(), parts.prior_stddev().numpy()
    if len(q) > 1:  # attributes, one dimension each
        deviation = (q * (z[:, np.newaxis] - mean) / stddev).sum(axis=1)
        return mean[:, value] + stddev[:, value] * deviation
    deviation = (q[0][:, np.newaxis] * (z - mean) / stddev).sum(axis=0)
    return mean[value] + stddev[value] * deviation


def test_transfer_moves_the_characteristic_code_and_keeps_the_style(monkeypatch):
    model = build(num_labels=2)
    codes = decoded_codes(model, monkeypatch)
    image = batch([0, 0], [1, 1], 3)["image"]
    target = np.array([[0, 1]] * 3, "float32")
    mean = model.encode(image)["mean"].numpy()
    model.transfer(image, target, tf.constant([0.0, 0.5, 1.0]))
    moved = codes[-1]
    np.testing.assert_allclose(moved[0], mean[0], atol=1e-6)
    goals = [place(model.characteristics, row[:2], value=1)[1] for row in mean]
    assert moved[1, 1] == pytest.approx((mean[1, 1] + goals[1]) / 2, abs=1e-5)
    assert moved[2, 1] == pytest.approx(goals[2], abs=1e-5)
    np.testing.assert_allclose(moved[:, [0, 2]], mean[:, [0, 2]], atol=1e-6)


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_stronger_transfer_never_turns_back(monkeypatch, kind):
    """Past strength 1 every code, wherever it started, goes on from the goal away from where it
    would be without the label."""
    model = build(kind, 3, latent_dim=7)
    parts = model.characteristics
    codes = decoded_codes(model, monkeypatch)
    image = np.random.default_rng(0).random((4, *SHAPE), dtype="float32")
    target = np.repeat(np.eye(3, dtype="float32")[1:2], 4, axis=0)
    model.transfer(image, target, tf.fill([4], 2.0))
    for row, z in zip(codes[-1], model.encode(image)["mean"].numpy()[:, :3]):
        if kind == "binary":
            absent, present = place(parts, z, value=0)[1], place(parts, z, value=1)[1]
            assert row[1] == pytest.approx(2 * present - absent, rel=1e-4)
            assert present > absent
        else:
            places = np.stack([place(parts, z, value) for value in range(3)])
            np.testing.assert_allclose(row[:3], 2 * places[1] - places.mean(axis=0), atol=1e-4)


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_a_code_keeps_its_place_in_the_distribution_of_its_label(kind):
    """Where the classifier is certain: (z' - m_y') / s_y' = (z - m_y) / s_y."""
    parts = build(kind, 3, latent_dim=7).characteristics
    rng = np.random.default_rng(0)
    parts.prior_raw_stddev.assign(rng.normal(size=parts.prior_raw_stddev.shape))
    parts.prior_mean.assign(rng.normal(size=parts.prior_mean.shape))
    mean, stddev = parts.prior_mean.numpy(), parts.prior_stddev().numpy()
    place = rng.normal(size=(1, 3)).astype("float32")
    target = np.eye(3, dtype="float32")[2:]
    if kind == "binary":
        parts.bias.assign([-100.0] * 3)  # certainly absent
        z = mean[:, 0] + stddev[:, 0] * place
        expected = z.copy()
        expected[0, 2] = mean[2, 1] + stddev[2, 1] * place[0, 2]
    else:
        parts.bias.assign([100.0, 0.0, 0.0])  # certainly of class 0
        z, expected = mean[0] + stddev[0] * place, mean[2] + stddev[2] * place
        same = parts.shifted(z, np.eye(3, dtype="float32")[:1], tf.ones([1, 1]))
        np.testing.assert_allclose(same, z, atol=1e-5)
    np.testing.assert_allclose(parts.shifted(z, target, tf.ones([1, 1])), expected, atol=1e-5)


def test_transfer_to_a_class_keeps_the_style_and_without_a_class_everything(monkeypatch):
    model = build("categorical", 3, latent_dim=5, characteristic_dim=2)
    codes = decoded_codes(model, monkeypatch)
    image = batch([1, 0, 0], [1, 1, 1], 1)["image"]
    mean = model.encode(image)["mean"].numpy()
    model.transfer(image, tf.constant([[0.0, 0.0, 1.0]]), tf.constant([1.0]))
    expected = place(model.characteristics, mean[0, :2], value=2)
    np.testing.assert_allclose(codes[-1][0, :2], expected, atol=1e-5)
    np.testing.assert_allclose(codes[-1][:, 2:], mean[:, 2:], atol=1e-6)
    model.transfer(image, tf.zeros([1, 3]), tf.constant([1.0]))
    np.testing.assert_allclose(codes[-1], mean, atol=1e-6)
