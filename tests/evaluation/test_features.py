"""Networks for features: which images they take, and which files are refused."""

import types

import keras
import numpy as np
import pytest

from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.features import check_features, load_features
from tfvae.schema import DataSpec, UsageError, UserError


def context_of(image_shape):
    spec = DataSpec("toy", image_shape)
    return Context([Subject(None, types.SimpleNamespace(spec=spec))])


def saved(path, inputs, *layers):
    keras.Sequential([keras.Input(inputs), *layers]).save(path)
    return str(path)


@pytest.mark.parametrize("image_shape", [(8, 8, 3), (12, 10, 3), (8, 8, 1)])
def test_images_get_the_size_and_the_channels_that_the_network_takes(image_shape, tmp_path):
    path = saved(tmp_path / "mean of 8.keras", (8, 8, 3), keras.layers.GlobalAveragePooling2D())
    features = load_features(context_of(image_shape), path)
    assert features.name == "mean_of_8" and features.probabilities is None
    images = np.full((70, *image_shape), 0.25, np.float32)  # more than a batch
    assert features.extract(images) == pytest.approx(np.full((70, 3), 0.25))


def test_a_network_of_any_size_gets_images_as_they_are(tmp_path):
    path = saved(tmp_path / "largest.keras", (None, None, 1), keras.layers.GlobalMaxPooling2D())
    images = np.zeros((2, 5, 7, 3), np.float32)
    images[:, 4, 6] = [1.0, 0.5, 0.0]
    found = load_features(context_of((5, 7, 3)), path).extract(images)
    assert found == pytest.approx(np.full((2, 1), 0.2989 + 0.587 / 2), abs=1e-3)


def test_files_that_are_no_such_network_are_refused(tmp_path):
    context = context_of((8, 8, 3))
    for path in (
        saved(tmp_path / "images.keras", (8, 8, 3), keras.layers.Conv2D(2, 3)),
        saved(tmp_path / "vectors.keras", (8,), keras.layers.Dense(2)),
        saved(tmp_path / "spectra.keras", (8, 8, 7), keras.layers.Flatten()),
    ):
        with pytest.raises(UserError, match="must take grey or colour images"):
            load_features(context, path)
    (tmp_path / "text.keras").write_text("no model")
    with pytest.raises(UserError, match="text.keras is not a readable Keras model"):
        load_features(context, str(tmp_path / "text.keras"))
    path = saved(tmp_path / "mean.keras", (8, 8, 3), keras.layers.GlobalAveragePooling2D())
    with pytest.raises(UserError, match="the data are"):
        load_features(context_of((8, 8, 2)), path)


def test_data_without_labels_have_no_classifier():
    with pytest.raises(UserError, match="no labels to train a classifier on: give features="):
        load_features(context_of((8, 8, 3)), "classifier")


def test_options_that_contradict_each_other_are_refused():
    for features, weights, reason in (
        ("resnet", "imagenet", "none of classifier"),
        ("classifier", "some.h5", "is for features=inception_v3"),
        ("inception_v3", "none", "say nothing"),
    ):
        with pytest.raises(UsageError, match=reason):
            check_features(features, weights)


@pytest.mark.slow
def test_inception_v3_from_a_file(tmp_path):
    keras.utils.set_random_seed(0)
    network = keras.applications.InceptionV3(weights=None)
    path = tmp_path / "inception.weights.h5"
    network.save_weights(path)
    features = load_features(context_of((299, 299, 3)), "inception_v3", str(path))
    images = np.random.default_rng(0).uniform(size=(2, 299, 299, 3)).astype(np.float32)
    body = keras.Model(network.inputs, network.layers[-2].output)
    scaled = keras.applications.inception_v3.preprocess_input(255 * images)
    assert features.extract(images) == pytest.approx(body.predict(scaled), rel=1e-3, abs=1e-4)
    expected = network.predict(scaled)
    assert features.probabilities(images) == pytest.approx(expected, rel=1e-3, abs=1e-5)
