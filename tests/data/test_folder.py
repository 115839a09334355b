"""`folder:PATH`: its layouts."""

import json
import os

import numpy as np
import pytest

from tests.data.pictures import attributes, class_folders, draw, load, seen
from tfvae.data import load_dataset
from tfvae.schema import SPLITS, UserError

# Layouts


def test_class_folders_are_divided_and_stratified(tmp_path):
    class_folders(tmp_path, {"cat": 40, "dog": 20})
    dataset = load(tmp_path)
    assert dataset.spec.label_names == ("cat", "dog")
    assert dataset.spec.label_kind == "categorical"
    assert dataset.spec.image_shape == (4, 6, 1)
    assert dataset.spec.num_examples == {"train": 48, "validation": 6, "test": 6}
    for split, (cats, dogs) in {"train": (32, 16), "validation": (4, 2), "test": (4, 2)}.items():
        label = dataset.arrays(split)["label"]
        assert label.sum(axis=0).tolist() == [cats, dogs]
        # The pixel value tells the class: images and labels stay together.
        assert np.array_equal(label[:, 1] == 1, seen(dataset, split) >= 50)
    values = np.concatenate([seen(dataset, split) for split in SPLITS])
    assert sorted(values) == [*range(40), *range(50, 70)]


def test_the_split_is_seeded_and_repeats_from_name_and_options(tmp_path):
    class_folders(tmp_path, {"cat": 30, "dog": 30})
    dataset = load(tmp_path, seed=3)
    again = load_dataset(dataset.spec.name, **json.loads(json.dumps(dataset.options)))
    other = load(tmp_path, seed=4)
    for split in SPLITS:
        assert np.array_equal(seen(dataset, split), seen(again, split))
        assert not np.array_equal(seen(dataset, split), seen(other, split))


def test_the_fingerprint_is_of_names_labels_and_splits(tmp_path):
    class_folders(tmp_path / "a", {"cat": 10, "dog": 10})
    class_folders(tmp_path / "b", {"cat": 10, "dog": 10})
    first = load(tmp_path / "a").fingerprint
    assert first == load(tmp_path / "a").fingerprint == load(tmp_path / "b").fingerprint
    assert first != load(tmp_path / "a", seed=1).fingerprint
    (tmp_path / "a" / "cat" / "000.png").rename(tmp_path / "a" / "cat" / "zzz.png")
    (tmp_path / "b" / "cat" / "000.png").rename(tmp_path / "b" / "dog" / "000x.png")
    assert len({first, load(tmp_path / "a").fingerprint, load(tmp_path / "b").fingerprint}) == 3
    assert load_dataset("digits").fingerprint is None


def test_the_fingerprint_sees_a_changed_attribute(tmp_path):
    names = [f"{number}.png" for number in range(12)]
    rows = [f"{name},{number % 2}" for number, name in enumerate(names)]
    prints = set()
    for last in (rows[-1], f"{names[-1]},0", f"{names[-1]},"):
        attributes(tmp_path, "\n".join(["image,odd", *rows[:-1], last]), names)
        prints.add(load(tmp_path).fingerprint)
    assert len(prints) == 3


def test_the_first_test_images_stand_for_all_classes(tmp_path):
    class_folders(tmp_path / "train", {"cat": 10, "dog": 10})
    class_folders(tmp_path / "test", {"cat": 10, "dog": 10})
    label = load(tmp_path).arrays("test", limit=4)["label"]
    assert label.sum(axis=0).tolist() == [2, 2]


def test_given_splits_are_kept(tmp_path):
    class_folders(tmp_path / "train", {"cat": 20, "dog": 20})
    class_folders(tmp_path / "test", {"cat": 3, "dog": 2})
    dataset = load(tmp_path)
    assert dataset.spec.num_examples == {"train": 36, "validation": 4, "test": 5}
    # A class that the test split lacks keeps its place on the label axis.
    assert dataset.spec.label_names == ("cat", "dog")
    class_folders(tmp_path / "validation", {"cat": 3, "dog": 3})
    assert load(tmp_path).spec.num_examples == {"train": 40, "validation": 6, "test": 5}


@pytest.mark.parametrize(
    ("train", "test", "validation"),
    [
        ("Training", "Testing", None),
        ("TRAIN", "test", "Val"),
        ("train", "TEST", "dev"),
        ("training_set", "test_set", None),
    ],
)
def test_other_usual_names_are_splits_too(tmp_path, train, test, validation):
    """Taken for classes, they would train on the test images."""
    class_folders(tmp_path / train, {"cat": 10, "dog": 10})
    class_folders(tmp_path / test, {"cat": 3, "dog": 2})
    if validation:
        class_folders(tmp_path / validation, {"cat": 2, "dog": 2})
    spec = load(tmp_path).spec
    assert spec.label_names == ("cat", "dog") and spec.num_examples["test"] == 5
    assert spec.num_examples["validation"] == (4 if validation else 2)


@pytest.mark.parametrize("above", ["pets", "archive/pets"])
def test_a_folder_that_lies_alone_is_the_data(tmp_path, above, caplog):
    class_folders(tmp_path / above, {"cat": 10, "dog": 10})
    (tmp_path / "__MACOSX").mkdir()
    assert load(tmp_path).spec.label_names == ("cat", "dog")
    assert f"the images are those of {tmp_path / above}" in caplog.text


def test_a_folder_alone_within_each_split_keeps_its_classes(tmp_path):
    class_folders(tmp_path / "train" / "train", {"cat": 10, "dog": 10})
    class_folders(tmp_path / "test" / "test", {"cat": 3, "dog": 3})
    assert load(tmp_path).spec.label_names == ("cat", "dog")


@pytest.mark.parametrize("files", [("photos/x.png",), ("photos/meta/notes.txt",)])
def test_a_lone_folder_that_is_no_layout_holds_images_without_labels(tmp_path, files):
    """As before it could be looked into."""
    class_folders(tmp_path / "photos", {"jan": 5, "feb": 5})
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        draw(tmp_path / name) if name.endswith(".png") else (tmp_path / name).touch()
    assert load(tmp_path).spec.label_kind is None


def test_names_of_labels_are_printable(tmp_path):
    class_folders(tmp_path, {"a\nb\x1b[2J": 10, os.fsdecode(b"c\xff"): 10})
    spec = load(tmp_path).spec
    assert spec.label_names == (r"a\nb\x1b[2J", r"c\udcff")
    assert type(spec).from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_classes_may_be_named_as_one_split(tmp_path):
    class_folders(tmp_path, {"Train": 5, "Bus": 5, "val": 5, "dev": 5})
    assert load(tmp_path).spec.label_names == ("Bus", "Train", "dev", "val")


def test_names_with_underscores_are_classes(tmp_path):
    class_folders(tmp_path, {"__cat": 10, "_dog": 10, "eel": 10})
    assert load(tmp_path).spec.label_names == ("__cat", "_dog", "eel")


def test_what_is_left_out_is_told_with_counts(tmp_path, caplog):
    class_folders(tmp_path, {"cat": 10, "dog": 10})
    for number in range(3):
        (tmp_path / "cat" / f"{number}.heic").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / ".hidden").touch()
    load(tmp_path)
    (message,) = (each.getMessage() for each in caplog.records)
    assert message.endswith("left out, because they are no images: 3 .heic, 1 .txt")


def test_files_beside_a_lone_folder_are_told_too(tmp_path, caplog):
    class_folders(tmp_path / "edited", {"cat": 10, "dog": 10})
    (tmp_path / "IMG_1.HEIC").touch()
    load(tmp_path)
    assert "1 .heic" in caplog.text


def test_folders_beside_attributes_are_told_to_be_no_classes(tmp_path, caplog):
    class_folders(tmp_path, {"a": 5, "b": 5})
    names = [f"{name}/{number:03}.png" for name in "ab" for number in range(5)]
    (tmp_path / "attributes.csv").write_text("image,hat\n" + "".join(f"{n},1\n" for n in names))
    assert load(tmp_path).spec.label_names == ("hat",)
    assert "its folders are no classes" in caplog.text


@pytest.mark.parametrize("ending", [".tif", ".TIFF", ".ppm", ".tga", ".jfif"])
def test_formats_that_are_read(tmp_path, ending):
    for number in range(10):
        draw(tmp_path / f"{number}{ending}", number, format="JPEG" if ending == ".jfif" else None)
    assert len(load(tmp_path).arrays("train")["image"]) == 8


def test_a_train_folder_alone_is_told(tmp_path):
    class_folders(tmp_path / "train", {"a": 4, "b": 4})
    with pytest.raises(UserError, match="a folder train but no test"):
        load(tmp_path)
    assert load(tmp_path / "train").spec.label_names == ("a", "b")


def test_images_without_labels(tmp_path):
    for number in range(20):
        draw(tmp_path / f"{number}.png", number)
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden.png").write_text("not an image")
    dataset = load(tmp_path)
    assert dataset.spec.label_kind is None and set(dataset.arrays("test")) == {"image"}
    assert dataset.spec.num_examples == {"train": 16, "validation": 2, "test": 2}
    with pytest.raises(UserError, match="no labels"):
        dataset.train_batches(4, seed=0, missing_labels=0.1)


def test_one_subfolder_is_no_class(tmp_path):
    class_folders(tmp_path, {"images": 10})
    assert load(tmp_path).spec.label_kind is None


def test_attributes_with_unknown_entries(tmp_path):
    rows = [f"{number}.png,{number % 2},{'' if number % 3 else 1}" for number in range(20)]
    attributes(tmp_path, "image,odd,third\r\n" + "\r\n".join(rows) + "\r\n", images=())
    for number in range(20):
        draw(tmp_path / "images" / f"{number}.png", number)
    dataset = load(tmp_path)
    assert dataset.spec.label_kind == "binary" and dataset.spec.label_names == ("odd", "third")
    for split in SPLITS:
        arrays, values = dataset.arrays(split), seen(dataset, split)
        assert np.array_equal(arrays["label"][:, 0], values % 2)
        assert np.array_equal(arrays["observed"][:, 1], values % 3 == 0)
        assert np.array_equal(arrays["label"][:, 1], values % 3 == 0)


def test_attributes_in_splits(tmp_path):
    for split, count in {"train": 10, "test": 3}.items():
        rows = "".join(f"{number}.png,1\n" for number in range(count))
        names = [f"{number}.png" for number in range(count)]
        attributes(tmp_path / split, "image,smiling\n" + rows, names)
    assert load(tmp_path).spec.num_examples == {"train": 9, "validation": 1, "test": 3}
    (tmp_path / "test" / "attributes.csv").write_text("image,hat\n0.png,1\n1.png,1\n2.png,1\n")
    with pytest.raises(UserError, match="hat"):
        load(tmp_path)
