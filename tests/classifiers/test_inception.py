"""Inception-v3 as a domain classifier: its weights, its inputs, its place in the cache."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest

from tests.evaluation.toys import toy_dataset
from tfvae.classifiers import cache
from tfvae.classifiers import networks as classifier_networks
from tfvae.classifiers.networks import ARCHITECTURES, inception_v3, weights_identity
from tfvae.schema import BINARY, DataSpec, UserError

SPEC = DataSpec("x", (28, 28, 1), ("a", "b"), BINARY, {"train": 1})


@pytest.fixture(autouse=True)
def small_backbone(monkeypatch):
    """In the real one's place: its arguments, and a layer instead of 311."""

    def made(weights, include_top, pooling, input_shape):
        if weights == "imagenet":
            raise Exception("URL fetch failure on https://storage: None -- no network")
        assert not include_top and pooling == "avg" and min(input_shape) == 3
        assert min(input_shape[:2]) >= 75
        layers = [
            keras.layers.Input(input_shape),
            keras.layers.Conv2D(4, 9, strides=8, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
        ]
        return keras.Sequential(layers)

    monkeypatch.setattr(keras.applications, "InceptionV3", made)
    return made


def test_no_download_says_what_to_do(tmp_path):
    with pytest.raises(UserError, match="can't be downloaded .*weights=PATH.*weights=none"):
        cache.load_or_train(
            toy_dataset(), "inception_v3", seed=0, cache_dir=tmp_path, weights="imagenet"
        )
    assert not list(tmp_path.glob("inception*")), "no file but the lock"


@pytest.mark.parametrize("shape", [(28, 28, 1), (7, 5, 3), (96, 80, 3)])
def test_any_size_grey_or_colour(shape):
    spec = dataclasses.replace(SPEC, image_shape=shape)
    probability = inception_v3(spec, "none")(np.ones((2, *shape), "float32")).numpy()
    assert probability.shape == (2, 2)


def test_pixels_reach_it_in_its_range(monkeypatch, small_backbone):
    """Black is -1 and white 1 in all three channels."""

    def channels(**arguments):
        average = [keras.layers.Input(arguments["input_shape"])]
        return keras.Sequential([*average, keras.layers.GlobalAveragePooling2D()])

    monkeypatch.setattr(keras.applications, "InceptionV3", channels)
    network = inception_v3(SPEC, "none")
    backbone = keras.Model(network.input, network.layers[-2].output)
    images = np.stack([np.zeros((28, 28, 1)), np.ones((28, 28, 1))]).astype("float32")
    assert backbone(images).numpy() == pytest.approx(np.array([[-1.0] * 3, [1.0] * 3]))


def test_two_channels_are_refused():
    with pytest.raises(UserError, match="grey or colour images, x has 2 channels"):
        inception_v3(dataclasses.replace(SPEC, image_shape=(28, 28, 2)), "none")


def test_weights_of_a_file(tmp_path, small_backbone):
    start = small_backbone(None, False, "avg", (75, 75, 3))
    path = tmp_path / "start.weights.h5"
    start.save_weights(path)
    network = inception_v3(SPEC, str(path))
    assert any(np.array_equal(weight, start.get_weights()[0]) for weight in network.get_weights())
    other = tmp_path / "other.weights.h5"
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)]).save_weights(other)
    junk = tmp_path / "junk.weights.h5"
    junk.write_bytes(b"junk")
    picture = tmp_path / "start.png"
    shutil.copy(path, picture)
    for wrong in (other, junk, picture):
        with pytest.raises(UserError, match="are not those of keras.applications' InceptionV3"):
            inception_v3(SPEC, str(wrong))
    missing = str(tmp_path / "missing.weights.h5")
    for use in (lambda: inception_v3(SPEC, missing), lambda: weights_identity(missing)):
        with pytest.raises(UserError, match="can't read .*missing.weights.h5"):
            use()


def test_cache_knows_the_weights(tmp_path, monkeypatch, small_backbone):
    dataset = toy_dataset()
    short = dataclasses.replace(ARCHITECTURES["inception_v3"], plan=lambda count: (32, 1, 1))
    monkeypatch.setitem(ARCHITECTURES, "inception_v3", short)
    path, same = tmp_path / "start.weights.h5", tmp_path / "same.weights.h5"
    small_backbone(None, False, "avg", (75, 75, 3)).save_weights(path)
    shutil.copy(path, same)
    folder = tmp_path / "cache"
    for weights in (str(path), str(same), "none"):
        made = cache.load_or_train(
            dataset, "inception_v3", seed=0, cache_dir=folder, weights=weights
        )
        assert 0 <= made.accuracy["test"] <= 1
    # The copy is the same file to it.
    assert len(list(folder.glob("*.keras"))) == len(list(folder.glob("*.json"))) == 2


@pytest.mark.slow
def test_the_real_one_trains_and_comes_back(tmp_path, monkeypatch):
    monkeypatch.undo()
    short = dataclasses.replace(ARCHITECTURES["inception_v3"], plan=lambda count: (16, 1, 1))
    monkeypatch.setitem(ARCHITECTURES, "inception_v3", short)
    dataset = toy_dataset(BINARY, num_labels=3, counts=(32, 16, 16))
    backbone = keras.applications.InceptionV3(include_top=False, weights=None)
    path = tmp_path / "start.weights.h5"
    backbone.save_weights(path)
    images = dataset.arrays("test")["image"]
    arguments = {"seed": 0, "cache_dir": tmp_path / "cache", "weights": str(path)}
    trained = cache.load_or_train(dataset, "inception_v3", **arguments)
    assert trained(images).shape == (16, 3)
    (saved,) = (tmp_path / "cache").glob("*.keras")
    assert saved.stat().st_size < 100e6
    monkeypatch.setattr(cache, "train", None)
    again = cache.load_or_train(dataset, "inception_v3", **arguments)
    assert again(images) == pytest.approx(trained(images), abs=1e-5)


def test_architectures_that_start_from_nothing_take_no_weights():
    assert [name for name, entry in ARCHITECTURES.items() if entry.pretrained] == ["inception_v3"]
    assert classifier_networks.weights_identity("none") == "none"
