"""`folder:PATH`: layouts, and every kind of bad input."""

import json
import os

import numpy as np
import pytest

from tests.data.pictures import draw
from tfvae.data import load_dataset
from tfvae.schema import SPLITS, UserError


def load(path, **options):
    return load_dataset(f"folder:{path}", **options)


def class_folders(root, counts, mode="L"):
    for index, (name, count) in enumerate(counts.items()):
        for number in range(count):
            value = 50 * index + number
            draw(
                root / name / f"{number:03}.png", value if mode == "L" else (value,) * 3, mode=mode
            )


def attributes(root, text, images=("a.png", "b.png", "c.png")):
    for name in images:
        draw(root / name)
    (root / "attributes.csv").write_text(text, encoding="utf-8")


def seen(dataset, split):
    """Pixel values of a split; each test image is of one value."""
    return np.rint(dataset.arrays(split)["image"][:, 0, 0, 0] * 255).astype(int)


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


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "no images"),
        (("notes.txt",), "no images"),
        (("a.png", "cat/b.png", "dog/c.png"), "beside class folders"),
        (("train/a.png", "test/b.png", "dog/c.png"), "dog lies beside train and test"),
        (("train/a.png", "test/b.png", "c.png"), "beside train and test"),
        (("train/cat/a.png", "train/dog/b.png", "test/cat/c.png", "test/eel/d.png"), "label eel"),
        (("train/cat/a.png", "train/dog/b.png", "test/c.png"), "no labels|has not"),
        (("cat/a.png", "dog/notes.txt"), "dog holds no images"),
        (("a.png", "b.png"), "too few"),
        (("val/a.png", "Validation/b.png", "test/c.png", "train/d.png"), "both named as the valid"),
        (("val/a.png", "test/b.png", "cat/c.png"), "named as splits, and none as train"),
        (("x/cat/a.png", "x/dog/b.png", "y/cat/c.png", "y/dog/d.png"), "x and y hold the same"),
        (
            ("cat/train/a.png", "cat/test/b.png", "dog/train/c.png", "dog/test/d.png"),
            "splits lie outside of classes, as in test/cat",
        ),
    ],
)
def test_unclear_layouts_are_refused(tmp_path, files, message):
    for name in files:
        if name.endswith(".png"):
            draw(tmp_path / name)
        else:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("text")
    with pytest.raises(UserError, match=message):
        load(tmp_path)


def test_links_that_leave_the_folder_are_refused(tmp_path):
    outside = draw(tmp_path / "outside" / "secret.png")
    root = tmp_path / "root"
    for number in range(5):
        draw(root / f"{number}.png")
    os.symlink(root / "0.png", root / "inside.png")
    load(root)
    os.symlink(outside, root / "link.png")
    with pytest.raises(UserError, match="link.png is a link that leaves"):
        load(root)
    (root / "link.png").unlink()
    os.symlink(outside.parent, root / "sub")
    with pytest.raises(UserError, match="sub is a link to a folder"):
        load(root)


# The attributes file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("image,smiling\n", "no rows"),
        ("image\na.png\nb.png\nc.png\n", "no column beside image"),
        ("file,smiling\na.png,1\n", "line 1: the first column must be image"),
        ("image,smiling,\na.png,1,0\n", "line 1: column 3 has no name"),
        ("image,hat,hat\na.png,1,0\n", "column hat appears twice"),
        ("image,image\na.png,1\n", "column image appears twice"),
        ("image,hat\na.png,1\nb.png,2\nc.png,0\n", "line 3, column hat: '2' is not 0, 1 or empty"),
        ("image,hat\na.png,-1\n", "'-1' is not"),
        ("image,hat\na.png,true\n", "'true' is not"),
        ("image,hat\na.png,1,0\n", "line 2: 3 cells, the header has 2"),
        ("image,hat\na.png\n", "line 2: 1 cells, the header has 2"),
        ("image,hat\n,1\n", "line 2: no image is named"),
        ("image,hat\na.png,1\nb.png,1\na.png,0\n", "line 4: image a.png stands in line 2"),
        ("image,hat\na.png,1\n./a.png,1\n", "line 3: image ./a.png is that of line 2"),
        ("image,hat\na.png,1\nb.png,1\n", "1 images have no row, the first is .*c.png"),
        ("image,hat\na.png,1\nb.png,1\nc.png,0\nd.png,1\n", "line 5: image d.png does not exist"),
        ("image,hat\n../a.png,1\n", "line 2: image ../a.png would leave the folder"),
        ("image,hat\n/etc/passwd,1\n", "would leave the folder"),
        ("image,hat\n..\\a.png,1\n", "does not exist; the parts of a path are separated by /"),
        ("image,hat\nattributes.csv,1\n", "is no image file"),
        ('image,hat\n"a.png,1\n', "line 2: not readable as CSV"),
        ("image,hat\na\0.png,1\n", "NUL"),
        ("image,hat\na.png," + "1" * 200_000, "line 2: not readable as CSV: field larger"),
        (f"image,{','.join(map(str, range(50_000)))}\n", "line 1: 50,001 columns, at most 1,001"),
    ],
)
def test_bad_attribute_files_are_refused(tmp_path, text, message):
    attributes(tmp_path, text)
    with pytest.raises(UserError, match=message):
        load(tmp_path)


def test_attribute_file_that_is_no_text(tmp_path):
    attributes(tmp_path, "")
    (tmp_path / "attributes.csv").write_bytes(b"image,hat\n\xff\xfe,1\n")
    with pytest.raises(UserError, match="UTF-8"):
        load(tmp_path)


@pytest.mark.parametrize("name", ["attributes.csv", "factors.csv"])
def test_a_table_that_is_no_file_is_told(tmp_path, name):
    """Passed over, its labels would be missing without a word."""
    class_folders(tmp_path / "loop", {"cat": 10})
    (tmp_path / "loop" / "cat" / name).symlink_to(name)
    with pytest.raises(UserError, match=f"can't read .*{name}: Too many levels of symbolic"):
        load(tmp_path / "loop" / "cat")
    class_folders(tmp_path / "pipe", {"cat": 10})
    os.mkfifo(tmp_path / "pipe" / "cat" / name)
    with pytest.raises(UserError, match=f"can't read .*{name}: it isn't a regular file"):
        load(tmp_path / "pipe" / "cat")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to(path.name)])
def test_an_image_that_is_no_file_is_told(tmp_path, make):
    class_folders(tmp_path, {"cat": 20, "dog": 20})
    (tmp_path / "cat" / "003.png").unlink()
    make(tmp_path / "cat" / "003.png")
    with pytest.raises(UserError, match=r"can't read image .*003\.png"):
        load(tmp_path)
    assert sum(load(tmp_path, skip_bad_images=True).spec.num_examples.values()) == 39


def test_byte_order_mark_and_blanks_are_accepted(tmp_path):
    attributes(tmp_path, "\ufeffimage, hat\na.png, 1\n\nb.png,0 \nc.png,\n")
    assert load(tmp_path).spec.label_names == ("hat",)


def test_skipping_keeps_images_and_labels_together(tmp_path):
    class_folders(tmp_path, {"cat": 20, "dog": 20})
    (tmp_path / "cat" / "003.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"003\.png"):
        load(tmp_path)
    dataset = load(tmp_path, skip_bad_images=True)
    assert sum(dataset.spec.num_examples.values()) == 39
    for split in SPLITS:
        assert np.array_equal(dataset.arrays(split)["label"][:, 1] == 1, seen(dataset, split) >= 50)
    assert dataset.options["skip_bad_images"] is True
