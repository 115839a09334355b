"""Labels that the training images can't teach are named before training, or refused."""

import numpy as np
import pytest

from tfvae.classifiers.training import train
from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.schema import BINARY, CATEGORICAL, SPLITS, DataSpec, UserError
from tfvae.training.config import RunConfig
from tfvae.training.labels import check_labels

CONFIG = RunConfig(model="ccvae")


def make(label, observed, kind):
    """A data set whose three splits are alike."""
    label, observed = np.uint8(label), np.uint8(observed)
    part = Examples(np.zeros([len(label), 8, 8, 1], np.uint8), label=label, observed=observed)
    names = tuple("abcdefghijklmno"[: label.shape[1]])
    spec = DataSpec("squares", (8, 8, 1), names, kind, dict.fromkeys(SPLITS, len(label)))
    return Dataset(spec, dict.fromkeys(SPLITS, part), options={})


def test_classes_without_a_training_image_are_named(caplog):
    label = np.eye(15)[[0, 1, 2, 1]]
    check_labels(make(label, np.ones([4, 15]), CATEGORICAL), CONFIG)
    assert "12 of the 15 labels: d, e, f, g, h, i, j, k, l, m, ..." in caplog.text


def test_attributes_that_never_change_are_named(caplog):
    label = [[1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 0, 0]]
    observed = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1]]
    check_labels(make(label, observed, BINARY), CONFIG)
    assert "2 of the 4 labels: a, d" in caplog.text


def test_nothing_is_said_of_labels_that_can_be_learnt(caplog):
    check_labels(make(np.eye(3), np.ones([3, 3]), CATEGORICAL), CONFIG)
    check_labels(make([[0, 1], [1, 0]], np.ones([2, 2]), BINARY), CONFIG)
    assert not caplog.records


@pytest.mark.parametrize("kind", [CATEGORICAL, BINARY])
def test_cells_that_are_all_empty_are_refused(kind):
    empty = make(np.zeros([4, 3]), np.zeros([4, 3]), kind)
    with pytest.raises(UserError, match="learns from labels: .* any of the 3 labels"):
        check_labels(empty, CONFIG)
    with pytest.raises(UserError, match="no image of the validation split has a known label"):
        train(empty, "cnn", seed=0)


def test_labels_that_are_all_hidden_are_refused():
    dataset = make(np.eye(3), np.ones([3, 3]), CATEGORICAL)
    with pytest.raises(UserError, match="learns from labels"):
        check_labels(dataset, CONFIG.model_copy(update={"missing_labels": 1.0}))
