"""Image files: every format and mode, mixed sizes, and every kind of bad file."""

import logging

import numpy as np
import pytest
from PIL import Image

from tests.data.pictures import SIZE, draw
from tfvae.data import images as images_module
from tfvae.data.images import read_images
from tfvae.schema import UserError


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
    elif what == "pcx":
        Image.new("L", SIZE).save(path, format="PCX")
    elif what == "float":
        Image.new("F", SIZE, 0.5).save(path, format="TIFF")
    elif what == "int32":
        Image.new("I", SIZE, 200).save(path, format="TIFF")
    elif what == "missing":
        path.unlink()
    return path


@pytest.mark.parametrize(
    "what", ["empty", "text", "truncated", "garbled", "header", "pcx", "float", "int32", "missing"]
)
def test_bad_images_are_named_or_left_out(tmp_path, what, caplog):
    paths = [draw(tmp_path / f"{number}.png", number) for number in range(4)]
    paths.insert(2, bad_image(tmp_path / "bad.png", what))
    with pytest.raises(UserError, match=r"can't read image .*bad\.png.*--skip-bad-images"):
        read_images(paths)
    with caplog.at_level(logging.WARNING, "tfvae"):
        images, read = read_images(paths, skip_bad_images=True)
    assert read.tolist() == [0, 1, 3, 4]
    assert images[:, 0, 0, 0].tolist() == [0, 1, 0, 2, 3]
    assert "1 bad images left out" in caplog.text


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
