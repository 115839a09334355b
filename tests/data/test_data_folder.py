"""`folder:PATH`: layouts, and every kind of bad input."""

import json
import logging
import os

import numpy as np
import pytest
from PIL import Image

from tfvae.data import images as images_module
from tfvae.data import load_dataset
from tfvae.data.images import read_images
from tfvae.schema import SPLITS, UserError

SIZE = (6, 4)  # width, height


def draw(path, value=100, size=SIZE, mode="L", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path, **options)
    return path


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
        ("image,hat\n..\\a.png,1\n", "would leave the folder"),
        ("image,hat\nattributes.csv,1\n", "is no image file"),
        ('image,hat\n"a.png,1\n', "not a readable CSV"),
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


def test_byte_order_mark_and_blanks_are_accepted(tmp_path):
    attributes(tmp_path, "\ufeffimage, hat\na.png, 1\n\nb.png,0 \nc.png,\n")
    assert load(tmp_path).spec.label_names == ("hat",)


# Images


@pytest.mark.parametrize("suffix", ["png", "jpg", "JPEG", "bmp", "gif", "webp"])
def test_formats(tmp_path, suffix):
    images, read = read_images([draw(tmp_path / f"a.{suffix}", (200, 30, 30), mode="RGB")])
    assert images.shape == (1, 4, 6, 3) and read.tolist() == [0]
    np.testing.assert_allclose(images[0, 2, 3], (200, 30, 30), atol=6)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("L", 70, [70]),
        ("1", 1, [255]),
        ("LA", (70, 255), [70]),
        ("LA", (70, 0), [255]),
        ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
        ("RGBA", (10, 20, 30, 0), [255, 255, 255]),
        ("I;16", 70 * 257, [70]),
    ],
)
def test_modes_become_grey_or_rgb_on_white(tmp_path, mode, value, expected):
    images, _ = read_images([draw(tmp_path / "a.png", value, mode=mode)])
    assert images[0, 0, 0].tolist() == expected


def test_palette_transparency_is_laid_on_white(tmp_path):
    image = Image.new("P", SIZE, 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.save(tmp_path / "a.gif", transparency=0)
    assert read_images([tmp_path / "a.gif"])[0][0, 0, 0].tolist() == [255, 255, 255]


def test_grey_and_colour_mixed_become_rgb(tmp_path):
    paths = [draw(tmp_path / "a.png", 9), draw(tmp_path / "b.png", (1, 2, 3), mode="RGB")]
    images, _ = read_images(paths)
    assert images[:, 0, 0].tolist() == [[9, 9, 9], [1, 2, 3]]


def test_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("L", SIZE, value) for value in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_images([tmp_path / "a.gif"])[0].ravel()[0] == 10


def test_orientation_of_the_camera_is_honoured(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(np.repeat([[0], [255]], 8, axis=1).repeat(4, axis=0).astype(np.uint8))
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    images, _ = read_images([tmp_path / "a.jpg"])
    # Black on top, turned clockwise, comes to lie on the right.
    assert images.shape == (1, 8, 8, 1)
    assert images[0, 4, 7, 0] < 60 and images[0, 4, 0, 0] > 190
    draw(tmp_path / "b.jpg", exif=exif)
    assert read_images([tmp_path / "b.jpg"])[0].shape == (1, 6, 4, 1)


def test_mixed_sizes_are_resized_to_the_most_common_with_a_notice(tmp_path, caplog):
    paths = [draw(tmp_path / f"{number}.png", 80) for number in range(3)]
    paths.append(draw(tmp_path / "large.png", 80, size=(50, 90)))
    with caplog.at_level(logging.WARNING, "tfvae"):
        images, _ = read_images(paths)
    assert images.shape == (4, 4, 6, 1) and np.all(images == 80)
    assert [record.getMessage() for record in caplog.records] == [
        "images of 2 sizes: 1 of 4 are scaled and cut to the most common, 6x4"
    ]


def test_image_size_keeps_proportions_and_is_square(tmp_path):
    picture = np.zeros((20, 40), np.uint8)
    picture[:, 10:30] = 200
    Image.fromarray(picture).save(tmp_path / "a.png")
    images, _ = read_images([tmp_path / "a.png"], image_size=10)
    assert images.shape == (1, 10, 10, 1) and np.all(images[0, :, 2:8] > 190)


def bad_image(path, what):
    draw(path, size=(64, 64))
    content = path.read_bytes()
    if what == "empty":
        path.write_bytes(b"")
    elif what == "text":
        path.write_text("hello")
    elif what == "truncated":
        noise = np.random.RandomState(0).randint(0, 255, (64, 64)).astype(np.uint8)
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:1500])
    elif what == "garbled":
        path.write_bytes(content[:40] + b"\x00" * 30 + content[70:])
    elif what == "header":
        path.write_bytes(content[:20])
    elif what == "tiff":
        Image.new("L", SIZE).save(path, format="TIFF")
    elif what == "missing":
        path.unlink()
    return path


@pytest.mark.parametrize(
    "what", ["empty", "text", "truncated", "garbled", "header", "tiff", "missing"]
)
def test_bad_images_are_named_or_left_out(tmp_path, what, caplog):
    paths = [draw(tmp_path / f"{number}.png", number) for number in range(4)]
    paths.insert(2, bad_image(tmp_path / "bad.png", what))
    with pytest.raises(UserError, match=r"can't read image .*bad\.png.*--skip-bad-images"):
        read_images(paths)
    with caplog.at_level(logging.WARNING, "tfvae"):
        images, read = read_images(paths, skip_bad_images=True)
    assert read.tolist() == [0, 1, 3, 4]
    assert images[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
    assert "1 bad images left out" in caplog.text


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


def test_nothing_but_bad_images(tmp_path):
    for skip in (False, True):
        with pytest.raises(UserError):
            read_images([bad_image(tmp_path / "bad.png", "text")], skip_bad_images=skip)
    truncated = bad_image(tmp_path / "bad.png", "truncated")
    with pytest.raises(UserError, match="none of the 1 images"):
        read_images([truncated], skip_bad_images=True)


def test_decompression_bombs_are_refused(tmp_path, monkeypatch):
    path = draw(tmp_path / "a.png", size=(100, 100))
    monkeypatch.setattr(images_module, "_LARGEST_PIXELS", 5000)
    with pytest.raises(UserError, match="100x100 pixels are too many"):
        read_images([path])
    monkeypatch.undo()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    with pytest.raises(UserError, match="bomb"):
        read_images([path])


def test_array_that_would_not_fit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(images_module, "_LARGEST_ARRAY", 50)
    with pytest.raises(UserError, match="smaller --image-size"):
        read_images([draw(tmp_path / "a.png", size=(10, 10))])
