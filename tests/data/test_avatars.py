"""The procedural faces as data sets: their splits, the ground truth of an edit, kept pictures."""

import itertools

import numpy as np
import pytest

from tfvae.avatars.attributes import NAMES
from tfvae.avatars.scene import COUNT, draw_scenes
from tfvae.data import load_dataset
from tfvae.data.options import LoadOptions
from tfvae.data.sources.avatars import draw_dataset
from tfvae.schema import BINARY, SPLITS, TEST, UsageError, UserError

RANGES = {"train": (0, 60), "validation": (60, 10), "test": (70, 40)}


@pytest.fixture(scope="module", autouse=True)
def data_folder(tmp_path_factory):
    """Pictures are kept there and not where a user's are."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        patch.setenv("TFDS_DATA_DIR", str(folder))
        yield folder


def small(name="avatars", **options):
    return draw_dataset(name, LoadOptions(**options), RANGES)


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(0, np.arange(COUNT))


@pytest.fixture(scope="module", params=["avatars", "avatars_cartoon"])
def dataset(request):
    return small(request.param)


def test_two_loads_are_equal_whatever_the_seed(dataset):
    again = small(dataset.spec.name, seed=5)
    assert again.spec == dataset.spec and again.fingerprint == dataset.fingerprint
    for split in SPLITS:
        first, second = dataset.arrays(split), again.arrays(split)
        assert all(np.array_equal(first[key], second[key]) for key in first)


def test_both_data_sets_hold_the_same_scenes(scenes):
    photos, cartoons = small("avatars"), small("avatars_cartoon")
    for split, (start, count) in RANGES.items():
        for part in (photos, cartoons):
            np.testing.assert_array_equal(
                part.arrays(split)["label"], scenes.label[start : start + count]
            )
    assert photos.spec.label_names == cartoons.spec.label_names == NAMES
    assert photos.spec.label_kind == BINARY


def test_editing_changes_the_image_exactly_where_the_label_is_off(dataset):
    arrays = dataset.arrays(TEST)
    rows = np.arange(len(arrays["image"]))[::-1]
    for label in (NAMES.index("smiling"), NAMES.index("hat")):
        edited = dataset.edited(TEST, rows, label)
        assert edited.dtype == np.float32 and edited.min() >= 0 and edited.max() <= 1
        same = (edited == arrays["image"][rows]).all(axis=(1, 2, 3))
        np.testing.assert_array_equal(same, arrays["label"][rows, label] == 1)
        assert 0 < same.sum() < len(rows)
    assert dataset.edited(TEST, [], 0).shape == (0, 32, 32, 3)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("nothing", [0], 0), "split 'nothing'"),
        ((TEST, [40], 0), "a row must be 0 to 39, got 40"),
        ((TEST, [-1], 0), "a row must be"),
        ((TEST, [0], 40), "a label must be 0 to 39, got 40"),
    ],
)
def test_an_edit_of_what_is_not_there_is_refused(dataset, arguments, what):
    with pytest.raises(UsageError, match=what):
        dataset.edited(*arguments)


def test_other_data_sets_say_that_they_can_not_edit():
    digits = load_dataset("digits")
    assert not digits.can_edit
    with pytest.raises(UserError, match="digits can't draw its images again"):
        digits.edited(TEST, [0], 0)


@pytest.mark.parametrize(
    ("name", "size"), list(itertools.product(["avatars", "avatars_cartoon"], [28, 65]))
)
def test_other_sizes_are_refused(name, size):
    with pytest.raises(UsageError, match=f"{name} is drawn with 32 or 64 pixels a side.* {size} "):
        load_dataset(name, image_size=size)


def test_the_larger_size_shows_the_same_faces(dataset):
    large = small(dataset.spec.name, image_size=64)
    assert large.spec.image_shape == (64, 64, 3)
    halved = large.arrays(TEST)["image"].reshape(-1, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    assert np.abs(halved - dataset.arrays(TEST)["image"]).mean() < 0.03


def undrawable(*arguments):
    raise AssertionError("drawn again")


def test_pictures_are_drawn_once(tmp_path, monkeypatch):
    first = small(data_dir=str(tmp_path)).arrays(TEST)["image"]
    monkeypatch.setattr("tfvae.data.sources.avatars.render_all", undrawable)
    np.testing.assert_array_equal(small(data_dir=str(tmp_path)).arrays(TEST)["image"], first)
    with pytest.raises(AssertionError, match="drawn again"):
        small("avatars_cartoon", data_dir=str(tmp_path))


@pytest.mark.parametrize("damage", ["truncated", "empty", "other shape", "pickled"])
def test_damaged_pictures_are_drawn_again(damage, tmp_path, caplog):
    first = small(data_dir=str(tmp_path)).arrays(TEST)["image"]
    (file,) = tmp_path.glob("tfvae/*-70-110.npy")
    if damage in ("truncated", "empty"):
        file.write_bytes(file.read_bytes()[: 5000 if damage == "truncated" else 0])
    else:
        other = np.array([{}]) if damage == "pickled" else np.zeros((2, 32, 32, 3), np.uint8)
        np.save(file, other, allow_pickle=True)
    again = small(data_dir=str(tmp_path)).arrays(TEST)["image"]
    np.testing.assert_array_equal(again, first)
    assert file.name in caplog.text and "again" in caplog.text
    assert np.load(file).shape == (40, 32, 32, 3)


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path, caplog):
    (tmp_path / "tfvae").write_text("in the way")
    assert small(data_dir=str(tmp_path)).arrays(TEST)["image"].shape == (40, 32, 32, 3)
    assert "can't write" in caplog.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tfvae"]
