"""Reads `.keras` files, whoever made them."""

from pathlib import Path
from typing import Any

from tfvae.reading import ReadError, check_regular
from tfvae.schema import what_is_wrong


def read_keras(path: str | Path, **options: Any) -> Any:
    """The model in a `.keras` file.

    Args:
        path: Of the file.
        **options: Of `keras.saving.load_model`.
    Raises:
        ReadError: there is no such file, it is damaged, or it is none of Keras.

    >>> read_keras("lost.keras")
    Traceback (most recent call last):
        ...
    tfvae.reading.ReadError: can't read lost.keras: No such file or directory
    """
    import keras

    check_regular(path)
    try:
        return keras.saving.load_model(path, **options)
    # Keras, zipfile and h5py have an error of their own for each way in which a file can be wrong.
    except Exception as error:
        raise ReadError(f"{path} is not a readable Keras model: {what_is_wrong(error)}") from error
