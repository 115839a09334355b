"""Pictures that were made before, kept on disk."""

import logging
import os
import pathlib

import numpy as np

from tfvae import files
from tfvae.schema import UserError

log = logging.getLogger(__name__)


def load_or_draw(path, shape, draw):
    """The pictures in a file; drawn and written where there is none that fits.

    Args:
        path: `.npy` file; written whole or not at all.
        shape: (N, size, size, 3) that it must hold, uint8.
        draw: Makes them.
    Returns:
        uint8 [N, size, size, 3].

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as data:
    ...     file = folder(data) / "grey.npy"
    ...     drawn = load_or_draw(file, (1, 2, 2, 3), lambda: np.full([1, 2, 2, 3], 128, np.uint8))
    ...     again = load_or_draw(file, (1, 2, 2, 3), lambda: 1 / 0)
    >>> bool((drawn == again).all())
    True
    """
    try:
        pictures = np.load(path, allow_pickle=False)
        if pictures.shape == tuple(shape) and pictures.dtype == np.uint8:
            return pictures
        log.warning("%s holds other pictures than expected: drawing them again", path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError) as error:
        log.warning("%s can't be read (%s): drawing the pictures again", path, error)
    pictures = draw()
    try:
        files.write(path, lambda name: np.save(name, pictures, allow_pickle=False))
    except UserError as error:
        log.warning("%s: the pictures are drawn each time", error)
    return pictures


def reserved(path, shape):
    """A new `.npy` file as a memory map, all zeros, whose room on the disk is taken at once.

    A disk that fills up under a memory map kills the process.

    Args:
        path: Of the file.
        shape: Of the array, uint8.
    Raises:
        OSError: it can't be written, or there is no room.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as data:
    ...     reserved(pathlib.Path(data, "images.npy"), (2, 8, 8, 3)).nbytes
    384
    """
    array = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
    # macOS has no such call.
    if hasattr(os, "posix_fallocate"):
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
    return array


def folder(data_dir):
    """The project's own folder beside the files of TensorFlow Datasets.

    >>> folder("/data").as_posix()
    '/data/tfvae'
    """
    default = os.environ.get("TFDS_DATA_DIR", "~/tensorflow_datasets")
    return pathlib.Path(data_dir or default).expanduser() / "tfvae"
