"""The files of a user's folder with their labels and factors, before any image is read."""

import dataclasses
import logging
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfvae.data import attributes, factors
from tfvae.data.image_table import ImageTable
from tfvae.data.images import SUFFIXES
from tfvae.data.sources.folder_layout import check_classes, is_image, subfolders, visible
from tfvae.schema import BINARY, CATEGORICAL, TRAIN, UserError

_IMAGES_FOLDER = "images"

logger = logging.getLogger("tfvae")


@dataclasses.dataclass(frozen=True)
class Listing:
    """The files of a folder, or of one of its splits.

    Args:
        paths: N image files.
        kind: Kind of label, None without labels.
        names: L label names.
        label: uint8 [N, L].
        observed: uint8 [N, L].
        factor_names: F names of known factors of variation.
        factors: int64 [N, F].

    >>> Listing((pathlib.Path("a.png"),)).kind is None
    True
    """

    paths: tuple[pathlib.Path, ...]
    kind: str | None = None
    names: tuple[str, ...] = ()
    label: np.ndarray | None = None
    observed: np.ndarray | None = None
    factor_names: tuple[str, ...] = ()
    factors: np.ndarray | None = None

    def with_names(self, names: tuple[str, ...]) -> "Listing":
        """The same files with the classes of another listing, which include this one's classes."""
        if self.label is None or self.kind != CATEGORICAL or names == self.names:
            return self
        columns = [names.index(name) for name in self.names]
        label = np.zeros((len(self.paths), len(names)), np.uint8)
        label[:, columns] = self.label
        return dataclasses.replace(self, names=names, label=label, observed=np.ones_like(label))


def list_folder(folder: pathlib.Path, root: pathlib.Path) -> Listing:
    """The listing of one folder: by its attributes file, its class folders, or its images alone.

    Known factors are added if it has a factors file.

    Args:
        folder: `root`, or a split in it.
        root: What no file may leave.
    Raises:
        UserError: no images, an unclear layout, or a table that doesn't fit the images.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (pathlib.Path(folder) / "a.png").touch()
    ...     listing = list_folder(pathlib.Path(folder), pathlib.Path(folder))
    >>> [path.name for path in listing.paths]
    ['a.png']
    """
    listing = _labelled(folder, root)
    file = folder / factors.FILE_NAME
    # A link that leads nowhere counts: it is told when it is read.
    if not os.path.lexists(file):
        return listing
    _check_inside(file, root)
    table, values = factors.read_factors(file)
    row_of = {path: row for row, path in enumerate(_paths_of(table, folder, listing.paths))}
    rows = [row_of[path] for path in listing.paths]
    return dataclasses.replace(listing, factor_names=table.names, factors=values[rows])


def _labelled(folder: pathlib.Path, root: pathlib.Path) -> Listing:
    if os.path.lexists(folder / attributes.FILE_NAME):
        classes = [path.name for path in subfolders(folder) if path.name != _IMAGES_FOLDER]
        if len(classes) > 1:
            logger.warning(
                "%s: its labels are those of %s; its folders are no classes",
                folder,
                attributes.FILE_NAME,
            )
        return _by_attributes(folder, root)
    loose = [path for path in visible(folder) if is_image(path)]
    within = subfolders(folder)
    if len(within) > 1:
        if loose:
            raise UserError(f"image {loose[0]} lies beside class folders, so its class is unclear")
        check_classes(within)
        return _by_class(within, root)
    paths = _images_below(folder, root)
    if not paths:
        raise UserError(f"{folder}: no images ({', '.join(SUFFIXES)}) were found")
    return Listing(tuple(paths))


def _by_class(within: Sequence[pathlib.Path], root: pathlib.Path) -> Listing:
    paths: list[pathlib.Path] = []
    classes: list[int] = []
    for index, subfolder in enumerate(within):
        found = _images_below(subfolder, root)
        if not found:
            raise UserError(f"class folder {subfolder} holds no images ({', '.join(SUFFIXES)})")
        paths += found
        classes += [index] * len(found)
    label = np.eye(len(within), dtype=np.uint8)[classes]
    names = tuple(path.name for path in within)
    return Listing(tuple(paths), CATEGORICAL, names, label, np.ones_like(label))


def _by_attributes(folder: pathlib.Path, root: pathlib.Path) -> Listing:
    file = folder / attributes.FILE_NAME
    _check_inside(file, root)
    found = attributes.read_attributes(file)
    paths = _paths_of(found.table, folder, _images_below(folder, root))
    return Listing(tuple(paths), BINARY, found.table.names, found.label, found.observed)


def _check_inside(file: pathlib.Path, root: pathlib.Path) -> None:
    # Unlike `resolve`, it takes a link that points to itself.
    if not pathlib.Path(os.path.realpath(file)).is_relative_to(root.resolve()):
        raise UserError(f"{file} is a link that leaves the folder")


def _paths_of(
    table: ImageTable, folder: pathlib.Path, images: Sequence[pathlib.Path]
) -> list[pathlib.Path]:
    """The file of each row of a table; each of the folder's images must have one row."""
    found = set(images)
    line_of: dict[pathlib.Path, int] = {}
    for image, line in zip(table.images, table.lines, strict=True):
        where = f"{table.path}, line {line}: image {image}"
        relative = pathlib.PurePosixPath(image)
        if relative.is_absolute() or ".." in relative.parts:
            raise UserError(f"{where} would leave the folder")
        candidates = [folder / relative, folder / _IMAGES_FOLDER / relative]
        path = next((candidate for candidate in candidates if candidate in found), None)
        if path is None:
            exists = any(candidate.is_file() for candidate in candidates)
            hint = "; the parts of a path are separated by /" if "\\" in image else ""
            problem = "is no image file" if exists else f"does not exist{hint}"
            raise UserError(f"{where} {problem}")
        if path in line_of:
            raise UserError(f"{where} is that of line {line_of[path]}")
        line_of[path] = line
    left = sorted(found - set(line_of))
    if left:
        raise UserError(f"{table.path}: {len(left)} images have no row, the first is {left[0]}")
    return list(line_of)


def check_same_labels(listings: Mapping[str, Listing], folders: Mapping[str, pathlib.Path]) -> None:
    """Checks that all splits have the labels, and the factors, of the training split.

    Raises:
        UserError: they have others.

    >>> from tfvae.schema import TEST
    >>> image = (pathlib.Path("a.png"),)
    >>> listings = {TRAIN: Listing(image), TEST: Listing(image, BINARY, ("hat",))}
    >>> check_same_labels(listings, {TRAIN: pathlib.Path(TRAIN), TEST: pathlib.Path(TEST)})
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: test has label hat, which train has not
    """
    train = listings[TRAIN]
    for split, listing in listings.items():
        strange = [name for name in listing.names if name not in train.names]
        if listing.kind != train.kind or strange:
            what = f"label {strange[0]}" if strange else f"{listing.kind or 'no'} labels"
            raise UserError(f"{folders[split]} has {what}, which {folders[TRAIN]} has not")
        if listing.kind == BINARY and listing.names != train.names:
            raise UserError(
                f"{folders[split]} and {folders[TRAIN]} differ in their attributes or the order"
            )
        if listing.factor_names != train.factor_names:
            raise UserError(
                f"{folders[split]} and {folders[TRAIN]} differ in their factors or the order"
            )


def _images_below(folder: pathlib.Path, root: pathlib.Path) -> list[pathlib.Path]:
    """Image files in a folder and its sub-folders, sorted; no link may lead out of `root`."""
    found: list[pathlib.Path] = []
    inside = root.resolve()
    if folder != root and folder.is_symlink():
        raise UserError(f"{folder} is a link to a folder; such links are not followed")
    for path in visible(folder):
        if path.is_dir():
            found += _images_below(path, root)
        elif is_image(path):
            if path.is_symlink():
                _check_inside(path, inside)
            found.append(path)
    return found
