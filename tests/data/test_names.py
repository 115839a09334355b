"""Names are checked before TensorFlow is there."""

import subprocess
import sys

import pytest

from tfvae.data import DATASETS, check_dataset_name, load_dataset
from tfvae.schema import UsageError


def test_names_are_checked_without_tensorflow():
    code = (
        "import sys, tfvae.data as d; "
        "d.check_dataset_name('mnist'); d.check_dataset_name('tfds:x');"
        "assert 'tensorflow' not in sys.modules and 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", [*DATASETS, "tfds:svhn_cropped", "tfds:emnist/letters"])
def test_known_names_pass(name):
    check_dataset_name(name)


def test_unknown_name_shows_the_choices_and_the_nearest():
    with pytest.raises(
        UsageError, match=r"'mnits'; did you mean 'mnist'\? \(valid: digits.*folder:PATH"
    ):
        check_dataset_name("mnits")


@pytest.mark.parametrize("name", ["", "tfds:", "folder:", "folder: ", "zip:x", "MNIST:1"])
def test_incomplete_names_are_refused(name):
    with pytest.raises(UsageError):
        check_dataset_name(name)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        check_dataset_name(f"folder:{tmp_path / 'nothing'}")
    check_dataset_name(f"folder:{tmp_path}")


def test_a_relative_folder_is_missed_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"no folder faces in {tmp_path}"):
        check_dataset_name("folder:faces")


@pytest.mark.parametrize("size", [0, -3, 5000, 2.5, "64"])
def test_bad_image_size_is_refused(size):
    with pytest.raises(UsageError, match="image size"):
        load_dataset("digits", image_size=size)


def test_bad_seed_is_refused():
    with pytest.raises(UsageError, match="seed"):
        load_dataset("digits", seed="zero")
