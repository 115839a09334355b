"""CSV files with a row per image: `attributes.csv` and `factors.csv`. No TensorFlow."""

import dataclasses
import pathlib

from tfvae.reading import read_table
from tfvae.schema import UserError

_IMAGE_COLUMN = "image"
# Attributes or factors of one file.
MOST_NAMES = 1000


@dataclasses.dataclass(frozen=True)
class ImageTable:
    """The cells of such a file.

    Args:
        path: Of the file.
        names: Names of the columns beside that of the image.
        images: N file names as in the file, all different.
        lines: N line numbers, for messages.
        cells: N rows with a text per name.

    >>> ImageTable(pathlib.Path("a.csv"), ("hat",), ("001.jpg",), (2,), (("1",),)).where(0, "hat")
    'a.csv, line 2, column hat'
    """

    path: pathlib.Path
    names: tuple[str, ...]
    images: tuple[str, ...]
    lines: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]

    def where(self, row: int, name: str) -> str:
        """The place of a cell, for messages."""
        return f"{self.path}, line {self.lines[row]}, column {name}"


def read_image_table(path: str | pathlib.Path) -> ImageTable:
    r"""Reads `image,<name>,...` and a row per image; cells are texts without outer blanks.

    Raises:
        UserError: a missing or repeated column or name, more than `MOST_NAMES` of them, a row of
            the wrong length, or an empty file; the message gives the file and the line.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "factors.csv")
    ...     _ = path.write_text("image,chair,view\n001.jpg,0,9\n")
    ...     read_image_table(path).cells
    (('0', '9'),)
    """
    path = pathlib.Path(path)
    found = read_table(path, 1 + MOST_NAMES)
    rows = [(line, [cell.strip() for cell in row]) for line, row in found]
    if not rows:
        raise UserError(f"{path}: the file is empty")
    names = _column_names(path, *rows[0])
    lines: dict[str, int] = {}
    cells = []
    for line, (image, *values) in rows[1:]:
        if len(values) != len(names):
            raise UserError(
                f"{path}, line {line}: {len(values) + 1} cells, the header has {len(names) + 1}"
            )
        if not image:
            raise UserError(f"{path}, line {line}: no image is named")
        if image in lines:
            raise UserError(
                f"{path}, line {line}: image {image} stands in line {lines[image]} already"
            )
        lines[image] = line
        cells.append(tuple(values))
    if not lines:
        raise UserError(f"{path}: there are no rows below the header")
    return ImageTable(path, names, tuple(lines), tuple(lines.values()), tuple(cells))


def _column_names(path: pathlib.Path, line: int, header: list[str]) -> tuple[str, ...]:
    if header[0] != _IMAGE_COLUMN:
        raise UserError(
            f"{path}, line {line}: the first column must be {_IMAGE_COLUMN}, got {header[0]!r}"
        )
    names = tuple(header[1:])
    if not names:
        raise UserError(f"{path}, line {line}: there is no column beside {_IMAGE_COLUMN}")
    for index, name in enumerate(header):
        if not name:
            raise UserError(f"{path}, line {line}: column {index + 1} has no name")
        if name in header[:index]:
            raise UserError(f"{path}, line {line}: column {name} appears twice")
    return names
