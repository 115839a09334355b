"""CelebA and dSprites as TensorFlow Datasets gives them, with its reader replaced."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from tfvae.data import load_dataset
from tfvae.data.sources import celeb_a, dsprites
from tfvae.data.sources.celeb_a import ATTRIBUTES
from tfvae.data.sources.sprites import FACTOR_SIZES, Sprites, factors_of
from tfvae.schema import SPLITS


@contextlib.contextmanager
def mocked(examples):
    """TensorFlow Datasets answers with these examples: split -> list of dictionaries."""

    def as_dataset(self, split, **unused):
        columns = tf.nest.map_structure(lambda *rows: np.stack(rows), *examples[split])
        return tf.data.Dataset.from_tensor_slices(columns)

    with pytest.MonkeyPatch.context() as patch:
        splits = {split: _Count(len(rows)) for split, rows in examples.items()}
        patch.setattr(tfds.core.DatasetInfo, "splits", splits)
        patch.setattr(tfds.core.DatasetBuilder, "as_dataset", as_dataset)
        for source in (celeb_a, dsprites):
            patch.setattr(source, "prepare_builder", lambda *arguments: None)
        yield


class _Count:
    def __init__(self, num_examples):
        self.num_examples = num_examples


def face(index, attribute):
    image = np.zeros((218, 178, 3), np.uint8)
    # Only the central 178 rows are to be seen.
    image[20:198] = index
    image[:19] = image[199:] = 255
    return {"image": image, "attributes": {name: name == attribute for name in ATTRIBUTES}}


def test_celeb_a_order_crop_and_splits(tmp_path):
    examples = {
        "train": [face(index, name) for index, name in enumerate(ATTRIBUTES)],
        "validation": [face(100, "Male"), face(101, "Young")],
        "test": [face(200, "Smiling")],
    }
    with mocked(examples):
        dataset = load_dataset("celeb_a", data_dir=tmp_path)
    assert dataset.spec.image_shape == (64, 64, 3) and dataset.spec.label_kind == "binary"
    assert dataset.spec.num_examples == {"train": 40, "validation": 2, "test": 1}
    names = dataset.spec.label_names
    assert (names[0], names[20], names[31], names[39]) == (
        "5_o_Clock_Shadow",
        "Male",
        "Smiling",
        "Young",
    )
    train = dataset.arrays("train")
    assert np.array_equal(train["label"], np.eye(40))
    assert np.array_equal(np.rint(train["image"][:, 0, 0, 0] * 255), np.arange(40))
    assert np.array_equal(train["image"].min(axis=(1, 2, 3)), train["image"].max(axis=(1, 2, 3)))
    assert dataset.arrays("test")["label"][0, 31] == 1


def test_celeb_a_attributes_are_those_of_tensorflow_datasets():
    features = tfds.builder("celeb_a").info.features["attributes"]
    assert sorted(features) == sorted(ATTRIBUTES) and len(ATTRIBUTES) == 40


def shape_example(index):
    factors = dict.fromkeys(("shape", "scale", "orientation", "x_position", "y_position"), 0)
    factors["x_position"] = index
    image = np.zeros((64, 64, 1), np.uint8)
    image[0, index] = 1
    return {"image": image, **{f"label_{key}": np.int64(value) for key, value in factors.items()}}


def test_dsprites_is_split_by_seed_and_knows_its_factors(tmp_path):
    with mocked({"train": [shape_example(index) for index in range(30)]}):
        dataset = load_dataset("dsprites", data_dir=tmp_path)
        other = load_dataset("dsprites", data_dir=tmp_path, seed=1)
    assert dataset.spec.num_examples == {"train": 24, "validation": 3, "test": 3}
    assert dataset.spec.label_kind is None
    assert list(dataset.spec.factor_sizes.values()) == [3, 6, 40, 32, 32]
    seen = []
    for split in SPLITS:
        image, factors = dataset.arrays(split)["image"], dataset.factors(split)
        assert set(np.unique(image)) == {0, 1}
        assert np.array_equal(image[:, 0, :, 0].argmax(axis=1), factors[:, 3])
        seen += factors[:, 3].tolist()
    assert sorted(seen) == list(range(30))
    assert not np.array_equal(dataset.factors("test"), other.factors("test"))


def test_sprites_stand_in_for_dsprites(tmp_path):
    """An archive of the same form, filled with sprites, gives the same images for the same factors
    in the same order."""
    sprites = load_dataset("sprites")
    drawn = Sprites()
    numbers = np.arange(30) * 24_000
    rows = [
        {"image": drawn[[number]][0] // 255}
        | {f"label_{name}": value for name, value in zip(FACTOR_SIZES, factors, strict=True)}
        for number, factors in zip(numbers, factors_of(numbers), strict=True)
    ]
    with mocked({"train": rows}):
        other = load_dataset("dsprites", data_dir=tmp_path)
    assert dict(other.spec.factor_sizes) == dict(sprites.spec.factor_sizes)
    assert list(other.spec.factor_sizes) == list(sprites.spec.factor_sizes)
    assert other.spec.image_shape == sprites.spec.image_shape
    assert other.arrays("test").keys() == sprites.arrays("test", 1).keys()
    for split in SPLITS:
        factors = other.factors(split)
        images = drawn[np.ravel_multi_index(factors.T, tuple(FACTOR_SIZES.values()))]
        assert np.array_equal(other.arrays(split)["image"], images / np.float32(255))
    assert sprites.spec.num_examples["test"] == 73_728
