"""The images of large folders, decoded once and kept on disk; imports no TensorFlow."""

import hashlib
import json
import logging
import os
import pathlib
import shutil
from collections.abc import Sequence

import numpy as np

from tfvae import files, locks
from tfvae.data import cache
from tfvae.data.examples import IN_MEMORY_BYTES
from tfvae.data.images import read_images
from tfvae.data.options import LoadOptions
from tfvae.reading import ReadError

# Fewer images in smaller files are decoded as fast as they would be found.
FEWEST_IMAGES = 2000
FEWEST_BYTES = 2**25
_IMAGES, _LOCK = "images.npy", ".lock"
# Part of every key: to be changed where images are decoded to other pixels.
_VERSION = 1

logger = logging.getLogger("tfvae")


def load_or_decode(
    paths: Sequence[pathlib.Path], root: pathlib.Path, options: LoadOptions
) -> tuple[np.ndarray, np.ndarray]:
    """The images in these files, as `read_images` returns them.

    Of a large folder they are written to one file beside those of TensorFlow Datasets, and found
    there as long as the names, sizes and times of the image files stay as they are; those of a
    changed folder take the place of what was kept of it. More than `IN_MEMORY_BYTES` are not held
    in memory: the array is then a memory map. Of two processes one decodes, and the other waits for
    it. Images of a folder with bad ones aren't kept.

    Args:
        paths: Image files under `root`.
        root: The folder of the data set.
        options: Size of the images, whether bad ones are left out, place of the files.
    Returns:
        (uint8 [N, H, W, C], indices of the images that were read).
    Raises:
        UserError: as `read_images`.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "red.png")
    ...     Image.new("RGB", (6, 4), "red").save(path)
    ...     images, read = load_or_decode([path], path.parent, LoadOptions(image_size=2))
    >>> images.shape, read.tolist()
    ((1, 2, 2, 3), [0])
    """
    skip = options.skip_bad_images
    states = [_state(path) for path in paths]
    if len(paths) < FEWEST_IMAGES and sum(size for size, *_ in states) < FEWEST_BYTES:
        return read_images(paths, image_size=options.image_size, skip_bad_images=skip)
    place = _place(root, options, _key(paths, root, states))
    found = _load(place)
    if found is not None:
        return found
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with locks.locked(place.parent / _LOCK, f"decodes {place.parent.name}"):
            return _load(place) or _decode(paths, place, options)
    except OSError as error:
        logger.warning(
            "%s: %s; the images are decoded each time", place.parent, files.reason(error)
        )
        return read_images(paths, image_size=options.image_size, skip_bad_images=skip)


def _decode(
    paths: Sequence[pathlib.Path], place: pathlib.Path, options: LoadOptions
) -> tuple[np.ndarray, np.ndarray]:
    """Decodes into `place`, and deletes what was kept of the folder before it changed."""
    files.remove_leftovers(place.parent, alone=True)
    with files.hidden_folder(place.parent) as folder:
        images, read = read_images(
            paths,
            image_size=options.image_size,
            skip_bad_images=options.skip_bad_images,
            allocate=lambda shape: cache.reserved(folder / _IMAGES, shape),
        )
        # A file may have been unreadable for a moment.
        if len(read) == len(paths):
            images.flush()  # type: ignore[attr-defined]
            logger.warning("%s decoded images are kept in %s", f"{len(paths):,}", place.parent)
            files.publish(folder, place, replace=True)
            for other in place.parent.iterdir():
                if other != place and other.is_dir():
                    shutil.rmtree(other, ignore_errors=True)
        return _read_if_small(images), read


def _place(root: pathlib.Path, options: LoadOptions, key: str) -> pathlib.Path:
    """A folder for each folder and each way to read it, with one in it for its state."""
    way = [str(root.resolve()), options.image_size and int(options.image_size)]
    digest = hashlib.sha256(json.dumps(way).encode()).hexdigest()[:16]
    name = f"{files.short_name(root.resolve().name)}-{digest}"
    return cache.folder(options.data_dir) / "folders" / name / key


def _state(path: pathlib.Path) -> tuple[int, ...]:
    """What tells that a file changed. The time of the last change of the inode can't be set back,
    unlike that of the content."""
    try:
        status = path.stat()
    except OSError:
        return (0,)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _key(
    paths: Sequence[pathlib.Path], root: pathlib.Path, states: Sequence[tuple[int, ...]]
) -> str:
    digest = hashlib.sha256(str(_VERSION).encode())
    for item in zip(relative_names(paths, root), states, strict=True):
        digest.update(repr(item).encode())
    return digest.hexdigest()[:16]


def relative_names(paths: Sequence[pathlib.Path], root: pathlib.Path) -> list[str]:
    """Names below a folder; `Path.relative_to` takes seconds for 100,000 of them.

    >>> relative_names([pathlib.Path("pictures", "cats", "1.png")], pathlib.Path("pictures"))
    ['cats/1.png']
    """
    prefix = os.path.join(os.fspath(root), "") if root.parts else ""
    return [path.as_posix().removeprefix(prefix) for path in paths]


def _load(place: pathlib.Path) -> tuple[np.ndarray, np.ndarray] | None:
    try:
        images = cache.read_array(place / _IMAGES, mmap_mode="r")
        if images is not None and (images.ndim, images.dtype) != (4, np.uint8):
            raise ReadError(f"{place / _IMAGES} holds no images")
    except ReadError as error:
        logger.warning("%s: decoding the images again", error)
        return None
    if images is None:
        return None
    return _read_if_small(images), np.arange(len(images), dtype=np.int64)


def _read_if_small(images: np.ndarray) -> np.ndarray:
    return np.array(images) if images.nbytes <= IN_MEMORY_BYTES else images
