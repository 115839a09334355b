"""Reads `attributes.csv`: one row per image, one column per binary attribute. No TensorFlow."""

import csv
import dataclasses
import pathlib

import numpy as np

from tfvae.schema import UserError

FILE_NAME = "attributes.csv"
_IMAGE_COLUMN = "image"
_CELLS = {"0": (0, 1), "1": (1, 1), "": (0, 0)}


@dataclasses.dataclass(frozen=True)
class Attributes:
    """The content of an attributes file.

    Args:
        names: The L attributes in the file's order.
        images: N file names as in the file.
        lines: N line numbers, for messages.
        label: uint8 [N, L], 0 where the label is unknown.
        observed: uint8 [N, L], 1 where the label is known.

    >>> known = np.ones([1, 2], np.uint8)
    >>> Attributes(("smiling", "hat"), ("001.jpg",), (2,), known, known).names
    ('smiling', 'hat')
    """

    names: tuple[str, ...]
    images: tuple[str, ...]
    lines: tuple[int, ...]
    label: np.ndarray
    observed: np.ndarray


def read_attributes(path: str | pathlib.Path) -> Attributes:
    r"""Reads and checks an attributes file: `image,<name>,...`, cells 0, 1 or empty (unknown).

    Raises:
        UserError: a missing or repeated column or name, a row of the wrong length, another value,
            or an empty file; the message gives the file and the line.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "attributes.csv")
    ...     _ = path.write_text("image,smiling,hat\n001.jpg,1,0\n002.jpg,,1\n")
    ...     attributes = read_attributes(path)
    >>> attributes.label.tolist(), attributes.observed.tolist()
    ([[1, 0], [0, 1]], [[1, 1], [0, 1]])
    """
    path = pathlib.Path(path)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a readable CSV file in UTF-8 ({error})") from error
    if not rows:
        raise UserError(f"{path}: the file is empty")
    names = _attribute_names(path, *rows[0])
    images, lines, cells = [], [], []
    first_line: dict[str, int] = {}
    for line, (image, *values) in rows[1:]:
        if len(values) != len(names):
            raise UserError(
                f"{path}, line {line}: {len(values) + 1} cells, the header has {len(names) + 1}"
            )
        if not image:
            raise UserError(f"{path}, line {line}: no image is named")
        if image in first_line:
            raise UserError(
                f"{path}, line {line}: image {image} stands in line {first_line[image]} already"
            )
        for name, value in zip(names, values, strict=True):
            if value not in _CELLS:
                raise UserError(
                    f"{path}, line {line}, column {name}: {value!r} is not 0, 1 or empty"
                )
        first_line[image] = line
        images.append(image)
        lines.append(line)
        cells.append([_CELLS[value] for value in values])
    if not images:
        raise UserError(f"{path}: there are no rows below the header")
    table = np.array(cells, dtype=np.uint8)
    return Attributes(names, tuple(images), tuple(lines), table[..., 0], table[..., 1])


def _attribute_names(path: pathlib.Path, line: int, header: list[str]) -> tuple[str, ...]:
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
