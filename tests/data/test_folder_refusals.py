"""`folder:PATH`: every kind of bad input, and what is accepted nevertheless."""

import os

import numpy as np
import pytest

from tests.data.pictures import attributes, class_folders, draw, load, seen
from tfvae.schema import SPLITS, UserError


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
