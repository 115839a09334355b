"""Real image sets, where TFVAE_TEST_DATA names the folder that holds them."""

import os
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfvae.data import load_dataset
from tfvae.schema import SPLITS, UserError

FOLDER = os.environ.get("TFVAE_TEST_DATA")

pytestmark = pytest.mark.skipif(
    not FOLDER,
    reason="TFVAE_TEST_DATA names no folder with mnist, portraits, cartoons, cifar10_small",
)


def path(name):
    return pathlib.Path(FOLDER, name).resolve()


def test_mnist_from_its_archives(tmp_path):
    dataset = load_dataset("mnist", data_dir=tmp_path, manual_dir=path("mnist"))
    assert dataset.spec.num_examples == {"train": 55000, "validation": 5000, "test": 10000}
    assert dataset.spec.image_shape == (28, 28, 1)
    assert dataset.spec.label_names == tuple("0123456789")
    test = dataset.arrays("test")
    # Digits of MNIST's test set, as published.
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert test["label"].sum(axis=0).tolist() == counts
    np.testing.assert_allclose(test["image"].mean(), 0.1325, atol=1e-3)
    batch = next(iter(dataset.train_batches(5500, seed=0, missing_labels=0.99)))
    assert 0 < batch["observed"].numpy()[:, 0].mean() < 0.02

    # As an earlier version left it, after MNIST itself was deleted.
    version = next((tmp_path / "mnist").glob("*/dataset_info.json")).parent
    for json in version.glob("*.json"):
        json.write_text(json.read_text().replace('"mnist"', '"fashion_mnist"'))
    for records in version.glob("mnist-*"):
        records.rename(version / f"fashion_{records.name}")
    fashion = pathlib.Path(tfds.builder("fashion_mnist", data_dir=tmp_path).data_dir)
    fashion.parent.mkdir()
    version.rename(fashion)
    shutil.rmtree(tmp_path / "mnist")
    with pytest.raises(UserError, match="doesn't hold fashion_mnist: .* are those of MNIST"):
        load_dataset("fashion_mnist", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("name", "count", "labels"),
    [
        ("portraits", 2196, ("woman", "colour_photo", "senator", "born_after_1940")),
        ("cartoons", 1680, ("woman", "dark_skin", "light_skin", "noto_style")),
    ],
)
def test_attribute_sets(tmp_path, name, count, labels):
    dataset = load_dataset(f"folder:{path(name)}", data_dir=tmp_path)
    assert sum(dataset.spec.num_examples.values()) == count
    assert dataset.spec.label_names == labels and dataset.spec.label_kind == "binary"
    assert dataset.spec.image_shape == (64, 64, 3)
    observed = np.concatenate([dataset.arrays(split)["observed"] for split in SPLITS])
    # Only the cartoons leave cells empty.
    assert ((observed == 0).mean() > 0.01) == (name == "cartoons")


def test_class_folders_with_splits(tmp_path):
    dataset = load_dataset(f"folder:{path('cifar10_small')}", data_dir=tmp_path)
    assert dataset.spec.num_examples == {"train": 9000, "validation": 1000, "test": 2000}
    assert dataset.spec.image_shape == (32, 32, 3) and dataset.spec.num_labels == 10


def test_chairs_and_their_factors(tmp_path):
    """Every chair in every environment from every side, once each."""
    dataset = load_dataset(f"folder:{path('chairs')}", image_size=16, data_dir=tmp_path)
    assert dict(dataset.spec.factor_sizes) == {"chair": 18, "environment": 30, "view": 10}
    factors = np.concatenate([dataset.factors(split) for split in SPLITS])
    assert len(np.unique(np.ravel_multi_index(factors.T, (18, 30, 10)))) == 5400
