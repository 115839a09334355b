"""Reads `attributes.csv`: one row per image, one column per binary attribute. No TensorFlow."""

import dataclasses
import pathlib

import numpy as np

from tfvae.data.image_table import ImageTable, read_image_table
from tfvae.schema import UserError

FILE_NAME = "attributes.csv"
_CELLS = {"0": (0, 1), "1": (1, 1), "": (0, 0)}


@dataclasses.dataclass(frozen=True)
class Attributes:
    """The content of an attributes file.

    Args:
        table: Names of the L attributes and of the N images, in the file's order.
        label: uint8 [N, L], 0 where the label is unknown.
        observed: uint8 [N, L], 1 where the label is known.

    >>> table = ImageTable(pathlib.Path(FILE_NAME), ("hat",), ("001.jpg",), (2,), (("1",),))
    >>> Attributes(table, np.ones([1, 1]), np.ones([1, 1])).table.names
    ('hat',)
    """

    table: ImageTable
    label: np.ndarray
    observed: np.ndarray


def read_attributes(path: str | pathlib.Path) -> Attributes:
    r"""Reads and checks an attributes file: `image,<name>,...`, cells 0, 1 or empty (unknown).

    Raises:
        UserError: as `read_image_table`, or another value.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "attributes.csv")
    ...     _ = path.write_text("image,smiling,hat\n001.jpg,1,0\n002.jpg,,1\n")
    ...     attributes = read_attributes(path)
    >>> attributes.label.tolist(), attributes.observed.tolist()
    ([[1, 0], [0, 1]], [[1, 1], [0, 1]])
    """
    table = read_image_table(path)
    for row, values in enumerate(table.cells):
        for name, value in zip(table.names, values, strict=True):
            if value not in _CELLS:
                raise UserError(f"{table.where(row, name)}: {value!r} is not 0, 1 or empty")
    cells = [[_CELLS[value] for value in values] for values in table.cells]
    found = np.array(cells, dtype=np.uint8)
    return Attributes(table, found[..., 0], found[..., 1])
