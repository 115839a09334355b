"""The domain classifiers: masking, training on toy images, the cache."""

import dataclasses
import time
import unittest.mock
from concurrent import futures

import numpy as np
import pytest
from sklearn import metrics

from tests.evaluation.toys import toy_dataset
from tfvae.classifiers import cache, training
from tfvae.classifiers import networks as classifier_networks
from tfvae.classifiers.classifier import PREDICT_BATCH, Classifier
from tfvae.classifiers.networks import ARCHITECTURES
from tfvae.schema import BINARY, CATEGORICAL, SPLITS, DataSpec, UserError


def test_masked_loss_is_the_mean_over_known_labels():
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, (6, 4)).astype("float32")
    probability = rng.uniform(0.1, 0.9, (6, 4)).astype("float32")
    known = np.ones((6, 4), bool)
    known[0, 1:] = False
    known[5] = False
    masked = np.where(known, target, -1.0).astype("float32")
    loss = training.masked_loss(BINARY)(masked, probability).numpy()
    for row in range(5):
        expected = metrics.log_loss(
            target[row, known[row]], probability[row, known[row]], labels=[0, 1]
        )
        assert loss[row] == pytest.approx(expected, rel=1e-4)
    assert loss[5] == 0


def test_masked_loss_of_classes():
    probability = np.array([[0.2, 0.7, 0.1], [0.2, 0.7, 0.1]], "float32")
    target = np.array([[0, 1, 0], [-1, -1, -1]], "float32")
    loss = training.masked_loss(CATEGORICAL)(target, probability).numpy()
    assert loss == pytest.approx([-np.log(0.7), 0], rel=1e-5)


@pytest.mark.parametrize("architecture", ["cnn", "cnn_bn"])
@pytest.mark.parametrize("shape", [(28, 28, 1), (64, 64, 3), (32, 32, 3), (7, 5, 1), (128, 96, 3)])
def test_any_image_shape_gets_probabilities(architecture, shape):
    spec = DataSpec("x", shape, ("a", "b", "c"), BINARY, {"train": 1})
    network = ARCHITECTURES[architecture].build(spec)
    probability = network(np.zeros((2, *shape), "float32")).numpy()
    assert probability.shape == (2, 3) and network.count_params() < 3e6
    spec = DataSpec("x", shape, ("a", "b", "c"), CATEGORICAL, {"train": 1})
    network = ARCHITECTURES[architecture].build(spec)
    probability = network(np.ones((2, *shape), "float32")).numpy()
    assert probability.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_cnn_is_that_of_the_paper():
    spec = DataSpec("x", (28, 28, 1), tuple("0123456789"), CATEGORICAL, {"train": 1})
    shapes = [layer.output.shape[1:] for layer in classifier_networks.cnn(spec).layers]
    assert shapes == [
        (26, 26, 32), (24, 24, 64), (12, 12, 64), (12, 12, 64), (9216,), (128,), (128,), (10,),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "plan", [classifier_networks.training_plan, classifier_networks.fine_tuning_plan]
)
def test_plan_sees_enough_images_in_enough_steps(plan):
    for count in (1, 10, 500, 1258, 5000, 55_000, 160_000):
        batch_size, steps, epochs = plan(count)
        assert 1 <= batch_size <= count and steps * batch_size <= count
        assert steps * epochs >= 300 and epochs >= 3
    assert classifier_networks.fine_tuning_plan(160_000) == (32, 250, 4)


def test_training_learns_masked_labels_and_is_cached(tmp_path, monkeypatch, caplog):
    # Unknown labels read 0, most of them: taken for known, they would make every attribute absent.
    dataset = toy_dataset(BINARY, num_labels=2, counts=(256, 64, 64), unknown=0.6)
    for split in SPLITS:
        # A label in each half: one pixel would not survive the shifts.
        images = dataset.arrays(split)["image"]
        labels = images[:, 0, :2, 0].copy()
        images[:, :6], images[:, 6:] = (
            labels[:, 0, None, None, None],
            labels[:, 1, None, None, None],
        )
    short = dataclasses.replace(ARCHITECTURES["cnn_bn"], plan=lambda count: (32, 8, 6))
    monkeypatch.setitem(ARCHITECTURES, "cnn_bn", short)
    trained = cache.load_or_train(dataset, "cnn_bn", seed=0, cache_dir=tmp_path)
    assert trained.accuracy["test"] > 0.9
    images = dataset.arrays("test")["image"]

    def refuse(*arguments, **options):
        raise AssertionError("trained again")

    with monkeypatch.context() as patch:
        patch.setattr(cache, "train", refuse)
        again = cache.load_or_train(dataset, "cnn_bn", seed=0, cache_dir=tmp_path)
        assert again.accuracy == trained.accuracy
        assert again(images) == pytest.approx(trained(images), abs=1e-6)
        with pytest.raises(AssertionError, match="trained again"):
            cache.load_or_train(dataset, "cnn_bn", seed=1, cache_dir=tmp_path)
    (kept,) = tmp_path.glob("*.keras")
    flipped = bytearray(kept.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    foreign = tmp_path / "foreign.keras"
    ARCHITECTURES["cnn_bn"].build(dataset.spec).save(foreign)
    for ending, damage in (
        (".keras", b"PK broken"),
        (".keras", bytes(flipped)),
        (".keras", foreign.read_bytes()),
        (".json", b"{}"),
        (".json", b"\xff"),
        (".json", b'{"weights_sha256": 3, "validation": 1.0, "test": 1.0}'),
    ):
        (path,) = tmp_path.glob(f"cnn*{ending}")
        path.write_bytes(damage)
        caplog.clear()
        with monkeypatch.context() as patch:
            retrain = unittest.mock.Mock(return_value=trained)
            patch.setattr(cache, "train", retrain)
            cache.load_or_train(dataset, "cnn_bn", seed=0, cache_dir=tmp_path)
        retrain.assert_called_once()
        (line,) = caplog.messages
        assert str(path) in line and "trained again" in line and "\n" not in line
    assert sorted(path.suffix for path in tmp_path.glob("cnn*")) == [".json", ".keras"]


def test_of_two_at_a_time_one_trains_and_the_other_reads(tmp_path, monkeypatch, caplog):
    dataset = toy_dataset(CATEGORICAL, counts=(64, 16, 16))
    short = dataclasses.replace(ARCHITECTURES["cnn"], plan=lambda count: (32, 2, 1))
    monkeypatch.setitem(ARCHITECTURES, "cnn", short)
    real, trained = cache.train, []

    def train(*arguments, **options):
        trained.append(arguments)
        # Until the other one is at the lock.
        deadline = time.monotonic() + 60
        while "waiting for another process" not in caplog.text and time.monotonic() < deadline:
            time.sleep(0.01)
        return real(*arguments, **options)

    monkeypatch.setattr(cache, "train", train)

    def load(_):
        return cache.load_or_train(dataset, "cnn", seed=0, cache_dir=tmp_path)

    with futures.ThreadPoolExecutor(2) as pool:
        first, second = pool.map(load, range(2))
    assert len(trained) == 1 and first.accuracy == second.accuracy
    images = dataset.arrays("test")["image"]
    assert first(images) == pytest.approx(second(images), abs=1e-6)


def test_a_cache_that_cannot_be_written_is_told_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "train", None)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(UserError, match="can't write to .*cache"):
        cache.load_or_train(toy_dataset(), "cnn", seed=0, cache_dir=tmp_path / "cache")


def test_cache_tells_data_sets_of_one_name_apart():
    """A set of TensorFlow Datasets that is deleted and prepared anew has no other mark."""
    dataset = toy_dataset()
    key = cache._cache_key(dataset, "cnn", 0, None)
    assert cache._cache_key(toy_dataset(), "cnn", 0, None) == key
    dataset.arrays("train")["image"][0] = 0.123
    assert cache._cache_key(dataset, "cnn", 0, None) != key


def test_no_labels_no_classifier(tmp_path):
    with pytest.raises(UserError, match="no labels"):
        cache.load_or_train(toy_dataset(None), "cnn", seed=0, cache_dir=tmp_path)


@pytest.mark.parametrize("architecture", ["cnn", "cnn_bn"])
def test_the_head_turns_features_into_probabilities(architecture):
    """Over more images than a batch holds; the body is what the classifier runs."""
    spec = DataSpec("x", (12, 12, 1), ("a", "b", "c"), CATEGORICAL)
    network = ARCHITECTURES[architecture].build(spec)
    trained = Classifier(network, {})
    images = np.random.default_rng(0).random((PREDICT_BATCH + 3, 12, 12, 1), "float32")
    features = trained.features(images)
    assert features.ndim == 2 and len(features) == len(images)
    probabilities = network.layers[-1](features)
    np.testing.assert_allclose(probabilities, trained(images), atol=1e-6)
