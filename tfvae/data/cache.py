"""Pictures that were made before, kept on disk."""

import logging
import os
import pathlib

import numpy as np

from tfvae import files
from tfvae.reading import ReadError, check_regular
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
        pictures = read_array(path)
        if pictures is not None and (pictures.shape, pictures.dtype) == (tuple(shape), np.uint8):
            return pictures
        if pictures is not None:
            log.warning("%s holds other pictures than expected: drawing them again", path)
    except ReadError as error:
        log.warning("%s: drawing the pictures again", error)
    pictures = draw()
    try:
        files.write(path, lambda name: np.save(name, pictures, allow_pickle=False))
    except UserError as error:
        log.warning("%s: the pictures are drawn each time", error)
    return pictures


def read_array(path, **options):
    """The array in a `.npy` file; None if there is no such file.

    Args:
        path: Of the file.
        **options: Of `np.load`.
    Raises:
        ReadError: it can't be read, or holds something else.

    >>> print(read_array(pathlib.Path("lost.npy")))
    None
    """
    if not os.path.lexists(path):
        return None
    check_regular(path)
    try:
        array = np.load(path, allow_pickle=False, **options)
        # NumPy takes an archive for several arrays.
        if not isinstance(array, np.ndarray):
            raise ValueError("it is an archive")
    # NumPy reads the header as Python, which has an error of its own for each kind of damage.
    except Exception as error:
        raise ReadError(f"can't read {path}: {' '.join(str(error).split())}") from error
    return array


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
