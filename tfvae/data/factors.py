"""Reads `factors.csv`: one row per image, one column per known factor of variation."""

import pathlib

import numpy as np

from tfvae.data.image_table import ImageTable, read_image_table
from tfvae.schema import UserError

FILE_NAME = "factors.csv"
_MOST_DIGITS = 9


def read_factors(path: str | pathlib.Path) -> tuple[ImageTable, np.ndarray]:
    r"""Reads and checks a factors file: `image,<factor>,...`, cells are whole numbers from 0 on.

    Returns:
        The table, and its numbers, int64 [N, F].
    Raises:
        UserError: as `read_image_table`, or another value.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "factors.csv")
    ...     _ = path.write_text("image,chair,view\n001.jpg,0,9\n002.jpg,1,3\n")
    ...     table, factors = read_factors(path)
    >>> table.names, factors.tolist()
    (('chair', 'view'), [[0, 9], [1, 3]])
    """
    table = read_image_table(path)
    for row, values in enumerate(table.cells):
        for name, value in zip(table.names, values, strict=True):
            if not (value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS):
                raise UserError(f"{table.where(row, name)}: {value!r} is not a whole number")
    return table, np.array(table.cells, dtype=np.int64)


def ranks(parts: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], list[int]]:
    """The factors [N, F] of all splits, numbered 0, 1, ... without gaps, and how many there are.

    >>> ranks({"train": np.array([[10], [30]]), "test": np.array([[20]])})[0]["train"].tolist()
    [[0], [2]]
    """
    together = np.concatenate(list(parts.values()))
    values = [np.unique(column) for column in together.T]
    numbered = {
        split: np.stack(
            [np.searchsorted(known, column) for known, column in zip(values, part.T, strict=True)],
            axis=1,
        )
        for split, part in parts.items()
    }
    return numbered, [len(known) for known in values]
