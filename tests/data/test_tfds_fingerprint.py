"""A set of TensorFlow Datasets that was prepared from other archives is noticed."""

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pytest

from tfvae.data.examples import Examples
from tfvae.data.sources.tfds_classes import check_classes, fingerprint_of
from tfvae.schema import UserError

MNIST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture
def splits():
    images = np.zeros([6, 4, 4, 1], np.uint8)
    label = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    whole = Examples(images, label, np.ones_like(label), factors=np.arange(12).reshape(6, 2))
    return {"train": whole.take(np.arange(4)), "test": whole.take(np.arange(4, 6))}


@pytest.mark.parametrize("name", ["label", "observed", "factors"])
def test_one_other_number_changes_it(splits, name):
    array = getattr(splits["test"], name).copy()
    array[1, 1] = 1 - array[1, 1]
    changed = dataclasses.replace(splits["test"], **{name: array})
    assert fingerprint_of({**splits, "test": changed}) != fingerprint_of(splits)


def test_another_division_into_splits_changes_it(splits):
    train = splits["train"].take(np.arange(3))
    assert fingerprint_of({**splits, "train": train}) != fingerprint_of(splits)
    swapped = {"train": splits["test"], "test": splits["train"]}
    assert fingerprint_of(swapped) != fingerprint_of(splits)


def test_pixels_have_no_part_in_it(splits):
    """Decoded and resized, they may differ in the last bit between machines."""
    brighter = dataclasses.replace(splits["test"], images=np.ones([6, 4, 4, 1], np.uint8))
    assert fingerprint_of({**splits, "test": brighter}) == fingerprint_of(splits)


def test_images_without_labels_count(splits):
    unlabelled = {split: Examples(part.images, rows=part.rows) for split, part in splits.items()}
    fewer = {**unlabelled, "test": unlabelled["test"].take(np.arange(1))}
    assert len({fingerprint_of(each) for each in (splits, unlabelled, fewer)}) == 3


@pytest.mark.parametrize(
    ("name", "per_class", "message"),
    [
        (
            "fashion_mnist",
            MNIST,
            "fashion_mnist: the numbers of its test images per class are those of MNIST",
        ),
        (
            "kmnist",
            MNIST,
            "kmnist: the numbers of its test images per class are those of MNIST",
        ),
        (
            "mnist",
            [1000] * 10,
            "mnist: the numbers of its test images per class are not those of MNIST",
        ),
        ("mnist", MNIST, None),
        ("kmnist", [1000] * 10, None),
        ("mnist_corrupted", MNIST, None),  # MNIST's labels are its own
        ("fashion_mnist", [1] * 10, None),  # a part of the set
    ],
)
def test_a_set_that_lies_in_the_folder_of_another_is_refused(name, per_class, message):
    label = np.repeat(np.eye(10, dtype=np.uint8), per_class, axis=0)
    splits = {"test": Examples(np.zeros([len(label), 1, 1, 1], np.uint8), label)}
    builder = SimpleNamespace(name=name, data_dir=f"data/{name}")
    if message is None:
        check_classes(builder, splits)
    else:
        with pytest.raises(UserError, match=re.escape(message)):
            check_classes(builder, splits)
