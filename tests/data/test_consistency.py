"""Mistakes of a source that would otherwise train without a word."""

import numpy as np
import pytest

import tfvae.data.sources.digits
from tfvae.data import DATASETS, load_dataset
from tfvae.data.consistency import check_splits
from tfvae.data.examples import Examples
from tfvae.schema import BINARY, CATEGORICAL, SPLITS, DataSpec


def data(kind=CATEGORICAL, **changes):
    fields = {
        "name": "x",
        "image_shape": (4, 4, 1),
        "label_names": ("a", "b") if kind else (),
        "label_kind": kind,
        "num_examples": dict.fromkeys(SPLITS, 6),
    }
    label = np.eye(2, dtype=np.uint8)[[0, 1, 0, 1, 0, 1]] if kind else None
    part = Examples(np.zeros([6, 4, 4, 1], np.uint8), label)
    return DataSpec(**{**fields, **changes}), dict.fromkeys(SPLITS, part)


@pytest.mark.parametrize("kind", [None, BINARY, CATEGORICAL])
def test_what_agrees_passes(kind):
    check_splits(*data(kind))
    check_splits(*data(kind), image_size=4)


def test_a_class_that_is_not_known_has_no_mark():
    spec, splits = data()
    observed = np.ones([6, 2], np.uint8)
    observed[2] = 0
    part = Examples(splits["train"].images, splits["train"].label, observed)
    check_splits(spec, {**splits, "train": part})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_examples": {**dict.fromkeys(SPLITS, 6), "test": 600}}, "test: examples: 600 in"),
        ({"num_examples": {}}, "train: examples: None in the spec, 6 in the arrays"),
        ({"image_shape": (4, 4, 3)}, r"shape of an image: \(4, 4, 3\) in the spec, \(4, 4, 1\)"),
        ({"label_names": ("a",)}, "labels: 1 in the spec, 2 in the arrays"),
        ({"label_names": (), "label_kind": None}, "labels: 0 in the spec, 2 in the arrays"),
    ],
)
def test_what_differs_is_said(changes, message):
    spec, splits = data(**changes)
    with pytest.raises(ValueError, match=message):
        check_splits(spec, splits)


def test_classes_are_one_hot():
    spec, splits = data()
    label = splits["train"].label.copy()
    label[3] = 1
    part = Examples(splits["train"].images, label)
    with pytest.raises(ValueError, match="train: a class isn't one-hot"):
        check_splits(spec, {**splits, "train": part})


def test_an_image_size_that_is_ignored_is_an_error(monkeypatch):
    monkeypatch.setattr(tfvae.data.sources.digits, "_resize", lambda image, size: np.uint8(image))
    assert "digits" in DATASETS
    with pytest.raises(ValueError, match="arrays|asked for"):
        load_dataset("digits", image_size=16)
