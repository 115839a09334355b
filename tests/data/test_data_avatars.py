"""The procedural faces: their scenes, their pictures and the ground truth of an edit."""

import itertools

import numpy as np
import pytest

from tfvae.avatars.attributes import ATTRIBUTES, CONFLICTS, EXCLUSIVE, NAMES
from tfvae.avatars.canvas import Canvas
from tfvae.avatars.cartoon import Cartoon
from tfvae.avatars.realistic import Realistic
from tfvae.avatars.render import render, render_all
from tfvae.avatars.scene import COUNT, NUISANCES, draw_scenes
from tfvae.data import load_dataset
from tfvae.data.options import LoadOptions
from tfvae.data.sources.avatars import draw_dataset
from tfvae.schema import BINARY, SPLITS, TEST, UsageError, UserError

STYLES = [Realistic(), Cartoon()]
RANGES = {"train": (0, 60), "validation": (60, 10), "test": (70, 40)}


# An edit of the hair changes what most pixels show, after the face.
HAIR = {name for names in EXCLUSIVE[:2] for name in names}


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


def test_there_are_forty_names_and_every_exclusion_names_them():
    assert len(set(NAMES)) == 40
    assert set().union(*EXCLUSIVE) < set(NAMES)
    assert np.array_equal(CONFLICTS, CONFLICTS.T) and not CONFLICTS.diagonal().any()


def test_frequencies_are_the_table_s(scenes):
    expected = [attribute.frequency for attribute in ATTRIBUTES]
    np.testing.assert_allclose(scenes.label.mean(axis=0), expected, atol=1e-4)
    # Any stretch of scenes is a random sample of them: 4.5 standard errors.
    share, error = scenes.label[16_000:18_000].mean(axis=0), np.sqrt(np.square(expected) / 2000)
    np.testing.assert_array_less(np.abs(share - expected), 4.5 * np.maximum(error, 0.011))


def test_exclusive_attributes_are_never_both_on(scenes):
    for names in EXCLUSIVE:
        columns = [NAMES.index(name) for name in names]
        assert scenes.label[:, columns].sum(axis=1).max() <= 1


def test_every_face_has_a_hair_colour_or_is_bald(scenes):
    columns = [NAMES.index(name) for name in EXCLUSIVE[0]]
    assert "bald" in EXCLUSIVE[0] and np.all(scenes.label[:, columns].sum(axis=1) == 1)


@pytest.mark.parametrize(
    ("first", "second", "sign"),
    [
        ("lipstick", "earrings", 1),
        ("beard", "mustache", 1),
        ("smiling", "mouth_open", 1),
        ("gray_hair", "wrinkles", 1),
        ("beard", "lipstick", -1),
    ],
)
def test_attributes_go_together_as_in_the_table(scenes, first, second, sign):
    assert sign * np.corrcoef(scenes.on(first), scenes.on(second))[0, 1] > 0.15


def test_nuisances_are_uniform_and_tell_nothing_of_the_attributes(scenes):
    assert scenes.nuisance.shape == (COUNT, len(NUISANCES))
    assert scenes.nuisance.min() > 0 and scenes.nuisance.max() <= 1
    np.testing.assert_allclose(scenes.nuisance.mean(axis=0), 0.5, atol=0.012)
    np.testing.assert_allclose(scenes.nuisance.std(axis=0), np.sqrt(1 / 12), atol=0.006)
    both = np.corrcoef(scenes.nuisance.T, scenes.label.T)
    assert np.abs(both[: len(NUISANCES), len(NUISANCES) :]).max() < 0.04


def test_a_scene_depends_on_seed_and_index_alone(scenes):
    some = draw_scenes(0, [19_999, 3, 0])
    np.testing.assert_array_equal(some.label, scenes.label[[19_999, 3, 0]])
    np.testing.assert_array_equal(some.nuisance, scenes.nuisance[[19_999, 3, 0]])
    other = draw_scenes(1, np.arange(100))
    assert not np.array_equal(other.nuisance, scenes.nuisance[:100])


@pytest.mark.parametrize("style", STYLES, ids=["realistic", "cartoon"])
@pytest.mark.parametrize("size", [32, 64])
def test_a_picture_is_the_same_alone_and_in_a_batch(scenes, style, size):
    batch = render_all(scenes.take(slice(0, 300)), size, style, "faces")
    assert batch.shape == (300, size, size, 3) and batch.dtype == np.uint8
    for index in range(0, 300, 37):
        alone = render(scenes.take([index]), size, style)[0]
        np.testing.assert_array_equal(alone, batch[index])


def test_scenes_are_told_apart_and_styles_differ(scenes):
    photos, cartoons = (render(scenes.take(slice(0, 200)), 32, style) for style in STYLES)
    assert len({image.tobytes() for image in photos}) == 200
    assert np.all(np.abs(photos.astype(int) - cartoons).mean(axis=(1, 2, 3)) > 5)


@pytest.mark.parametrize("style", STYLES, ids=["realistic", "cartoon"])
@pytest.mark.parametrize("name", NAMES)
def test_every_edit_is_seen_and_local(scenes, style, name):
    off = scenes.take(np.flatnonzero(~scenes.on(name))[:40])
    before, after = (
        render(part, 32, style).astype(int) for part in (off, off.with_attribute(name))
    )
    seen = np.abs(before - after).max(axis=-1) > 12
    assert seen.sum(axis=(1, 2)).min() >= 3
    assert seen.mean(axis=(1, 2)).mean() < (0.45 if name in HAIR else 0.24)


def test_an_edit_respects_exclusion_and_keeps_the_rest(scenes):
    for column, name in enumerate(NAMES):
        edited = scenes.with_attribute(name)
        assert edited.on(name).all() and edited.nuisance is scenes.nuisance
        assert not edited.label[:, CONFLICTS[column]].any()
        kept = ~CONFLICTS[column]
        kept[column] = False
        same = (edited.label == scenes.label)[:, kept].all(axis=1)
        # Who was bald and gets hair gets its colour too.
        assert (same | scenes.on("bald")).all()
        colours = edited.label[:, [NAMES.index(name) for name in EXCLUSIVE[0]]]
        np.testing.assert_array_equal(colours.sum(axis=1), 1)


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


@pytest.mark.parametrize("style", STYLES, ids=["realistic", "cartoon"])
def test_shapes_are_painted_in_full(scenes, style, monkeypatch):
    """Each shape is painted in a box only; painting it everywhere gives the same picture."""
    some = scenes.take(slice(0, 150))
    in_boxes = render(some, 32, style)
    monkeypatch.setattr(Canvas, "_pixels", lambda self, *box: slice(0, self._size))
    np.testing.assert_array_equal(render(some, 32, style), in_boxes)


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
