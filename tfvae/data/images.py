"""Reads image files in parallel into one uint8 array of one size; imports no TensorFlow.

Files come from users: corrupt, empty and far too large ones are refused.
"""

import collections
import concurrent.futures
import dataclasses
import logging
import pathlib
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import tqdm
from PIL import Image, ImageOps

from tfvae.schema import UserError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "TGA")
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".tga"),
)

_LARGEST_PIXELS = 64 * 10**6
_LARGEST_ARRAY = 8 * 2**30
_THREADS = 8
_BAR_AFTER_SECONDS = 2
_SIDEWAYS = (5, 6, 7, 8)
_EXIF_ORIENTATION = 0x0112

logger = logging.getLogger("tfvae")

Argument = TypeVar("Argument")
Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class _Header:
    """Size (width, height) after rotation by the camera's orientation; whether it has no colour."""

    size: tuple[int, int]
    grey: bool


class _BadImage(Exception):
    """An image that can't be read; its message is the reason."""


def zeros_in_memory(shape: tuple[int, ...]) -> np.ndarray:
    """An array of zeros, uint8.

    Raises:
        UserError: it would not fit in memory.

    >>> zeros_in_memory((2, 8, 8, 1)).shape
    (2, 8, 8, 1)
    """
    if np.prod(shape, dtype=np.int64) > _LARGEST_ARRAY:
        raise UserError(
            f"{shape[0]} images of {shape[2]}x{shape[1]} pixels don't fit in memory; "
            "give a smaller --image-size"
        )
    return np.zeros(shape, np.uint8)


def read_images(
    paths: Iterable[pathlib.Path],
    *,
    image_size: int | None = None,
    skip_bad_images: bool = False,
    allocate: Callable[[tuple[int, ...]], np.ndarray] = zeros_in_memory,
) -> tuple[np.ndarray, np.ndarray]:
    """Decodes image files of any size, grey or colour, into one array.

    Where all images are grey, C is 1, else all become RGB. Transparent pixels become white, images
    are rotated by the camera's orientation, and of an animation the first frame is read. Images of
    another size than the target (the most common size, or `image_size` square) are scaled to cover
    it and cut to its centre.

    Args:
        paths: Files to read.
        image_size: Side of the square images that are returned; None for the most common size.
        skip_bad_images: Leave out unreadable images, with a warning, rather than stop.
        allocate: Makes the array of a shape, all zeros.
    Returns:
        (uint8 [N, H, W, C], one row for each path; the indices of the images that were read, int64:
        all, or all that aren't bad).
    Raises:
        UserError: an image is corrupt, empty or far too large (the message names it), or all are;
            or as `allocate`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (6, 4), "red").save(f"{folder}/red.png")
    ...     images, indices = read_images([pathlib.Path(folder, "red.png")], image_size=2)
    >>> images.shape, images[0, 0, 0].tolist(), indices.tolist()
    ((1, 2, 2, 3), [255, 0, 0], [0])
    """
    paths = list(paths)
    with warnings.catch_warnings():
        # Pillow warns of harmless errors in metadata; its warnings of bombs become refusals.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            headers = list(pool.map(_attempt(_read_header), paths))
            if not skip_bad_images:
                _stop_at_bad(paths, headers)
            good = [header for header in headers if isinstance(header, _Header)]
            if not good:
                raise UserError(
                    f"none of the {len(paths)} images can be read; the first: {headers[0]}"
                )
            size = _target_size(good, image_size)
            mode = "L" if all(header.grey for header in good) else "RGB"
            shape = (len(paths), size[1], size[0], 1 if mode == "L" else 3)
            images = allocate(shape)

            def decode(index: int) -> _BadImage | None:
                header = headers[index]
                if isinstance(header, _BadImage):
                    return header
                pixels = _decode(paths[index], mode, size)
                images[index] = pixels.reshape(images.shape[1:])
                return None

            outcomes = list(
                tqdm.tqdm(
                    pool.map(_attempt(decode), range(len(paths))),
                    "reading images",
                    len(paths),
                    disable=None,
                    delay=_BAR_AFTER_SECONDS,
                    leave=False,
                )
            )
    bad = [index for index, outcome in enumerate(outcomes) if outcome is not None]
    if not bad:
        return images, np.arange(len(paths), dtype=np.int64)
    if not skip_bad_images:
        _stop_at_bad(paths, outcomes)
    logger.warning(
        "%d bad images left out; the first: %s (%s)", len(bad), paths[bad[0]], outcomes[bad[0]]
    )
    read = np.setdiff1d(np.arange(len(paths), dtype=np.int64), bad)
    if not len(read):
        raise UserError(f"none of the {len(paths)} images can be read; the first: {outcomes[0]}")
    return images, read


def _attempt(function: Callable[[Argument], Value]) -> Callable[[Argument], Value | _BadImage]:
    """`function`, returning a _BadImage where it raises: a decoder may raise any exception."""

    def attempt(argument: Argument) -> Value | _BadImage:
        try:
            return function(argument)
        except MemoryError:
            raise
        except (Exception, Image.DecompressionBombWarning) as error:
            return _BadImage(str(error) or type(error).__name__)

    return attempt


def _stop_at_bad(paths: Sequence[pathlib.Path], outcomes: Sequence[object]) -> None:
    for path, outcome in zip(paths, outcomes, strict=True):
        if isinstance(outcome, _BadImage):
            raise UserError(
                f"can't read image {path} ({outcome}); --skip-bad-images leaves such images out"
            )


def _open(path: pathlib.Path) -> Image.Image:
    if pathlib.Path(path).stat().st_size == 0:
        raise ValueError("the file is empty")
    try:
        image = Image.open(path, formats=FORMATS)
    except Image.UnidentifiedImageError:
        raise ValueError(f"no {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image") from None
    if image.width * image.height > _LARGEST_PIXELS:
        image.close()
        raise ValueError(f"{image.width}x{image.height} pixels are too many")
    if image.mode == "F" or (image.mode == "I" and image.format == "TIFF"):
        image.close()
        raise ValueError("its pixels have 32 bits, whose range isn't known: save 8 or 16")
    return image


def _read_header(path: pathlib.Path) -> _Header:
    with _open(path) as image:
        width, height = image.size
        if image.getexif().get(_EXIF_ORIENTATION) in _SIDEWAYS:
            width, height = height, width
        return _Header((width, height), _is_grey(image))


def _is_grey(image: Image.Image) -> bool:
    return image.mode in ("1", "L", "LA", "La") or image.mode.startswith(("I", "F"))


def _decode(path: pathlib.Path, mode: str, size: tuple[int, int]) -> np.ndarray:
    """uint8 pixels, [H, W] for mode L or [H, W, 3] for RGB, of size (width, height)."""
    with _open(path) as file:
        file.load()
        image = ImageOps.exif_transpose(file)
        if image.mode.startswith("I"):
            # 16-bit grey, which Pillow would clip to 8 bits rather than scale.
            deep = np.asarray(image).astype(np.int64)
            image = Image.fromarray(np.clip(deep >> 8, 0, 255).astype(np.uint8))
        image = on_white(image).convert(mode)
        if image.size != size:
            image = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
        return np.asarray(image)


def on_white(image: Image.Image) -> Image.Image:
    """The image on a white ground where it is transparent.

    >>> on_white(Image.new("LA", (1, 1), (70, 0))).convert("L").getpixel((0, 0))
    255
    """
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _target_size(headers: Sequence[_Header], image_size: int | None) -> tuple[int, int]:
    """(width, height); logs a warning where images will be resized."""
    counts = collections.Counter(header.size for header in headers)
    if image_size is not None:
        return (image_size, image_size)
    # The most common size; the smaller of two equally common ones, so that none is enlarged.
    size = min(counts, key=lambda candidate: (-counts[candidate], candidate))
    if len(counts) > 1:
        logger.warning(
            "images of %d sizes: %d of %d are scaled and cut to the most common, %dx%d",
            len(counts),
            len(headers) - counts[size],
            len(headers),
            *size,
        )
    return size
