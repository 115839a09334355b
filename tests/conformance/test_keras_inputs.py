"""What every model takes from Keras' methods; tests/models/test_keras_inputs.py has all forms."""

import numpy as np
import pytest

from tests.conformance.conftest import BATCH, grey_case
from tfvae.schema import CATEGORICAL, UserError


@pytest.fixture
def model(case):
    model = case.build()
    # Nothing is traced, which takes longer than a step.
    model.compile("sgd", run_eagerly=True)
    return model


def images_and_labels(case):
    batch = case.batch()
    return batch["image"].numpy(), batch["label"].numpy() if "label" in batch else None


@grey_case
def test_labels_beside_images_are_those_of_a_batch(case, model):
    image, label = images_and_labels(case)
    batch = {"image": image} if label is None else {"image": image, "label": label}
    scores = model.test_on_batch(batch)
    assert scores == model.test_on_batch(image, label)
    if case.label_kind == CATEGORICAL:
        assert scores == model.test_on_batch(image, label.argmax(axis=1))


@grey_case
def test_images_and_labels_are_trained_on(case, model):
    image, label = images_and_labels(case)
    history = model.fit(image, label, validation_split=0.5, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert "val_loss" in history
    assert model.optimizer.iterations == 1
    assert model.predict(image, verbose=0).shape == image.shape


@grey_case
def test_what_is_wrong_is_said_and_nothing_is_trained(case, model):
    image, label = images_and_labels(case)
    for method in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        with pytest.raises(UserError, match="found float32 from .*: divide by 255"):
            method(255 * image, label)
        if model.needs_labels:
            with pytest.raises(UserError, match="learns from labels: give"):
                method(image)
        else:
            with pytest.raises(UserError, match="made for data without labels"):
                method(image, np.zeros(BATCH, int))
    with pytest.raises(UserError, match="divide by 255"):
        model.predict(255 * image)
    assert model.optimizer.iterations == 0
