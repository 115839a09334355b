"""What an export answers to requests that it can't take, and to files and names."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from tests.exports.served import LoadedExport
from tfvae.exports.encoded import MOST_PIXELS, decoded, marked
from tfvae.exports.reader import Export
from tfvae.exports.writer import export_model
from tfvae.models import build_model
from tfvae.schema import BINARY, CATEGORICAL, DataSpec, UserError

COLOURS = DataSpec("colours", (16, 12, 3), ("red", "large", "round"), BINARY)
GREYS = DataSpec("greys", (8, 8, 1), ("one", "two, three"), CATEGORICAL)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    model = build_model("ccvae", COLOURS, {"latent_dim": 6, "network": "conv"}, seed=1)
    return Export.load(export_model(model, tmp_path_factory.mktemp("run"), {"dataset": "colours"}))


@pytest.fixture(scope="module")
def session(export):
    """Function (signature, input=value, ...) -> outputs, by the C++ loader of the server."""
    loaded = LoadedExport(export.path)
    yield loaded.call
    loaded.close()


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def good(export, name, **given):
    images = np.random.default_rng(0).random([2, *COLOURS.image_shape], np.float32)
    picture = png(Image.new("RGB", (30, 40), "teal"))
    values = {
        "image": images,
        "target": np.float32([[1, 0, 0], [0, 1, 0]]),
        "label": np.float32([[1, 0, 0], [0, 1, 0]]),
        "strength": np.float32([0.5, 1]),
        "latent": np.zeros([2, 6], np.float32),
        "seed": np.int64([1, 2]),
        "image_bytes": np.array([picture, picture], object),
        "target_name": np.array([b"red", b"large"], object),
        "label_name": np.array([b"red", b"large"], object),
    }
    return {key: (values | given)[key] for key in export.inputs(name)}


def bad_requests(export):
    """(signature, input, value, part of the error) of requests that no model should see."""
    for signature in export.signatures:
        for name in export.inputs(signature):
            value = good(export, signature)[name]
            more = np.concatenate([value, value])
            if len(export.inputs(signature)) > 1:
                yield signature, name, more, "equally many rows"
            yield signature, name, value.reshape([1, *value.shape]), "hape"
            if value.dtype == np.float32:
                for wrong in (np.nan, np.inf, -np.inf):
                    changed = value.copy()
                    changed.flat[-1] = wrong
                    yield signature, name, changed, f"{name} must be"
            if name in ("image", "label", "target"):
                yield signature, name, value * 255, f"{name} must be"
                yield signature, name, value - 1, f"{name} must be"
            if name == "image_bytes":
                for wrong in (b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", value[0][:60]):
                    yield signature, name, np.array([value[0], wrong], object), ""
            if name.endswith("_name"):
                yield signature, name, np.array([b"red", b"green"], object), "red, large, round"


def test_the_server_gets_an_error_and_lives(export, session):
    """Also at a tensor of another rank, which ends the process inside a convolution."""
    for signature, name, value, part in bad_requests(export):
        inputs = {**good(export, signature), name: value}
        with pytest.raises(tf.errors.InvalidArgumentError, match=part):
            session(signature, **inputs)
    for signature in export.signatures:
        for value in session(signature, **good(export, signature)).values():
            assert len(value) == 2, signature


def test_an_empty_batch_has_an_empty_answer(export, session):
    for signature in export.signatures:
        empty = {name: value[:0] for name, value in good(export, signature).items()}
        for value in session(signature, **empty).values():
            assert len(value) == 0, signature


@pytest.mark.parametrize(
    "inputs, message",
    [
        ({"image": np.full([1, 16, 12, 3], 9, np.uint8)}, "image must be pixels in.*given: 9 to 9"),
        ({"image": np.full([1, 16, 12, 3], 255.0)}, "divide bytes by 255.*given: 255 to 255"),
        ({"image": np.full([1, 16, 12, 3], np.nan)}, "image must be pixels"),
        ({"image": np.zeros([1, 16, 12, 1])}, r"image of encode has the shape \(None, 16, 12, 3\)"),
        ({"image": np.zeros([16, 12, 3])}, "image of encode has the shape"),
    ],
)
def test_arrays_that_no_signature_takes_are_refused(export, inputs, message):
    with pytest.raises(UserError, match=message):
        export.call("encode", **inputs)


def test_answers_in_files_are_those_in_tensors(export, session):
    """For an image of the model's own size; the rounding to bytes is all that differs."""
    pixels = np.random.default_rng(1).integers(256, size=[2, 16, 12, 3], dtype=np.uint8)
    files = np.array([png(Image.fromarray(each)) for each in pixels], object)
    image = np.float32(pixels) / np.float32(255)
    for name in ("reconstruct", "encode", "decode", "sample", "classify", "transfer"):
        tensors = good(export, name, image=image)
        with_bytes = good(export, f"{name}_bytes", image_bytes=files)
        expected, found = session(name, **tensors), session(f"{name}_bytes", **with_bytes)
        for key, value in expected.items():
            if key == "image":
                read = [np.asarray(Image.open(io.BytesIO(file))) for file in found["image_bytes"]]
                np.testing.assert_allclose(np.stack(read), 255 * value, atol=0.51)
            else:
                np.testing.assert_allclose(found[key], value, atol=1e-5)
    names = session("classify_bytes", image_bytes=files)["label_name"]
    assert names.tolist() == 2 * [[b"red", b"large", b"round"]]


@pytest.mark.parametrize("spec", [COLOURS, GREYS], ids=["colour", "grey"])
def test_files_are_read_as_those_of_a_folder(spec):
    """Scaled to cover, cut to the centre, on white; Pillow is the reference."""
    y, x = np.mgrid[0:90, 0:120] / 120
    x, y = x[..., None], y[..., None]
    waves = 127 * (1 + np.sin(5 * x) * np.cos(4 * y + [0, 1, 2])) * [1, 0.9, 0.8]
    colour = Image.fromarray(np.uint8(waves))
    half = colour.convert("RGBA")
    half.putalpha(128)
    height, width, channels = spec.image_shape
    mode = "RGB" if channels == 3 else "L"
    jpeg = io.BytesIO()
    colour.save(jpeg, "JPEG", quality=100, subsampling=0)
    on_white = Image.alpha_composite(Image.new("RGBA", half.size, "white"), half)
    cases = [
        (png(colour), colour),
        (png(colour.convert("L")), colour.convert("L")),
        (png(colour.convert("P")), colour.convert("P")),
        (png(half), on_white),
        (jpeg.getvalue(), colour),
        (png(colour.resize((width, height))), colour.resize((width, height))),
    ]
    images = decoded(tf.constant([file for file, _ in cases]), spec).numpy()
    for image, (_, picture) in zip(images, cases, strict=True):
        fitted = ImageOps.fit(picture.convert(mode), (width, height), Image.Resampling.BICUBIC)
        expected = np.asarray(fitted, np.float32).reshape(spec.image_shape) / 255
        assert np.abs(image - expected).mean() < 0.01
        assert np.abs(image - expected).max() < 0.05


def test_a_small_file_of_a_huge_image_is_not_decoded():
    side = int(MOST_PIXELS**0.5)
    file = png(Image.new("1", (side + 1, side)))
    assert len(file) < 10_000
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 16777216 pixels"):
        decoded(tf.constant([file]), GREYS)
    huge = file[:16] + b"\xff" * 8 + file[24:]
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most"):
        decoded(tf.constant([huge]), GREYS)


def test_names_of_labels():
    names = marked(tf.constant(["two, three", "one"]), GREYS, "target_name").numpy()
    assert names.tolist() == [[0, 1], [1, 0]]
    for spec, wrong in ((GREYS, "two"), (GREYS, ""), (COLOURS, "red, green"), (COLOURS, "Red")):
        with pytest.raises(tf.errors.InvalidArgumentError, match="label_name must be"):
            marked(tf.constant([wrong]), spec, "label_name")
    both = marked(tf.constant([" round ,red, red", "", ", ,"]), COLOURS, "label_name").numpy()
    assert both.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
