"""`folder:PATH`: a user's own images, with class folders, an attributes file, or no labels."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfvae.data.attributes import FILE_NAME, read_attributes
from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.images import SUFFIXES, read_images
from tfvae.data.options import LoadOptions
from tfvae.data.splits import split_rows, stratified_order
from tfvae.schema import (
    BINARY,
    CATEGORICAL,
    TEST,
    TRAIN,
    VALIDATION,
    DataSpec,
    UserError,
)

_IMAGES_FOLDER = "images"
_VALIDATION_SHARE = 0.1


@dataclasses.dataclass(frozen=True)
class _Listing:
    """The files of a folder and their labels, before any image is read.

    Args:
        paths: N image files.
        kind: Kind of label, None without labels.
        names: L label names.
        label: uint8 [N, L].
        observed: uint8 [N, L].
    """

    paths: tuple[pathlib.Path, ...]
    kind: str | None = None
    names: tuple[str, ...] = ()
    label: np.ndarray | None = None
    observed: np.ndarray | None = None

    def with_names(self, names: tuple[str, ...]) -> "_Listing":
        """The same files with the classes of another listing, which include this one's classes."""
        if self.label is None or self.kind != CATEGORICAL or names == self.names:
            return self
        columns = [names.index(name) for name in self.names]
        label = np.zeros((len(self.paths), len(names)), np.uint8)
        label[:, columns] = self.label
        return dataclasses.replace(self, names=names, label=label, observed=np.ones_like(label))


def load(name: str, options: LoadOptions) -> Dataset:
    """Images under a folder; see docs/data.md for the layouts.

    `train/` and `test/` (and `validation/`) are kept as splits; without them the images are divided
    80/10/10 by the seed, stratified by class. Without `validation/`, a tenth of train becomes it.

    Raises:
        UserError: no images, an unclear layout, a link that leaves the folder, a bad image or
            attributes file; the message names the file.

    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for index in range(20):
    ...         Image.new("L", (8, 8), index).save(f"{folder}/{index}.png")
    ...     images = load(f"folder:{folder}", LoadOptions())
    >>> images.spec.image_shape, images.spec.num_examples
    ((8, 8, 1), {'train': 16, 'validation': 2, 'test': 2})
    """
    root = pathlib.Path(name.removeprefix("folder:")).expanduser()
    folders = _split_folders(root)
    if folders:
        listings = {split: _listing(folder, root) for split, folder in folders.items()}
        _check_same_labels(listings, folders)
    else:
        listings = {TRAIN: _listing(root, root)}
    names, kind = listings[TRAIN].names, listings[TRAIN].kind
    parts = {split: listing.with_names(names) for split, listing in listings.items()}
    splits, paths = _read(parts, options)
    if TEST not in splits:
        splits = _divide(splits[TRAIN], kind, options.seed, test=0.1)
    elif VALIDATION not in splits:
        divided = _divide(splits[TRAIN], kind, options.seed, test=0)
        splits = {TRAIN: divided[TRAIN], VALIDATION: divided[VALIDATION], TEST: splits[TEST]}
    height, width, channels = splits[TRAIN].images.shape[1:]
    spec = DataSpec(
        name=name,
        image_shape=(height, width, channels),
        label_names=names,
        label_kind=kind,
        num_examples={split: len(part) for split, part in splits.items()},
    )
    files = [path.relative_to(root).as_posix() for path in paths]
    return Dataset(spec, splits, options.to_dict(), _fingerprint(spec, splits, files))


def _read(
    listings: Mapping[str, _Listing], options: LoadOptions
) -> tuple[dict[str, Examples], list[pathlib.Path]]:
    """Reads the images of all splits at once, so that all get the same size.

    Returns:
        ({split: `Examples`}, the files that their `rows` number).
    """
    paths = [path for listing in listings.values() for path in listing.paths]
    images, read = read_images(
        paths, image_size=options.image_size, skip_bad_images=options.skip_bad_images
    )
    splits, first = {}, 0
    for split, listing in listings.items():
        own = np.flatnonzero((read >= first) & (read < first + len(listing.paths)))
        kept = read[own] - first
        label = None if listing.label is None else listing.label[kept]
        observed = None if listing.observed is None else listing.observed[kept]
        examples = Examples(images, label, observed, rows=own.astype(np.int64))
        # Files are listed class by class; the first images of a split must represent all of it.
        splits[split] = examples.take(
            stratified_order(_classes(examples, listing.kind), options.seed)
        )
        first += len(listing.paths)
    return splits, [paths[index] for index in read]


def _fingerprint(spec: DataSpec, splits: Mapping[str, Examples], files: Sequence[str]) -> str:
    """sha256 of the file names and labels of each split, without the pixels."""
    digest = hashlib.sha256(repr(spec.label_names).encode())
    for split, part in sorted(splits.items()):
        rows = range(len(part)) if part.rows is None else part.rows
        digest.update(repr((split, [files[row] for row in rows])).encode())
        if part.label is not None and part.observed is not None:
            digest.update(part.label.tobytes() + part.observed.tobytes())
    return digest.hexdigest()


def _classes(examples: Examples, kind: str | None) -> np.ndarray:
    if kind == CATEGORICAL and examples.label is not None:
        return np.argmax(examples.label, axis=1)
    return np.zeros(len(examples), np.int64)


def _divide(examples: Examples, kind: str | None, seed: int, test: float) -> dict[str, Examples]:
    rows = split_rows(_classes(examples, kind), seed, validation=_VALIDATION_SHARE, test=test)
    return {split: examples.take(chosen) for split, chosen in rows.items()}


def _split_folders(root: pathlib.Path) -> dict[str, pathlib.Path]:
    """Split -> folder, where the folder is laid out in splits; else empty."""
    names = {path.name for path in _subfolders(root)}
    if TRAIN in names and TEST not in names:
        raise UserError(
            f"{root} has a folder {TRAIN} but no {TEST}: make one, or give {root / TRAIN} itself "
            "and have a test split cut from it"
        )
    if not {TRAIN, TEST} <= names:
        return {}
    others = sorted(names - {TRAIN, VALIDATION, TEST})
    if others:
        raise UserError(
            f"{root}: {others[0]} lies beside train and test, so it is unclear what is a class"
        )
    beside = [path for path in _visible(root) if path.name == FILE_NAME or _is_image(path)]
    if beside:
        raise UserError(f"{beside[0]} lies beside train and test; move it into one of them")
    return {split: root / split for split in (TRAIN, VALIDATION, TEST) if split in names}


def _listing(folder: pathlib.Path, root: pathlib.Path) -> _Listing:
    """The listing of one folder: by its attributes file, its class folders, or its images alone."""
    if (folder / FILE_NAME).is_file():
        return _by_attributes(folder, root)
    loose = [path for path in _visible(folder) if _is_image(path)]
    subfolders = _subfolders(folder)
    if len(subfolders) > 1:
        if loose:
            raise UserError(f"image {loose[0]} lies beside class folders, so its class is unclear")
        return _by_class(subfolders, root)
    paths = _images_below(folder, root)
    if not paths:
        raise UserError(f"{folder}: no images ({', '.join(SUFFIXES)}) were found")
    return _Listing(tuple(paths))


def _by_class(subfolders: Sequence[pathlib.Path], root: pathlib.Path) -> _Listing:
    paths: list[pathlib.Path] = []
    classes: list[int] = []
    for index, subfolder in enumerate(subfolders):
        found = _images_below(subfolder, root)
        if not found:
            raise UserError(f"class folder {subfolder} holds no images ({', '.join(SUFFIXES)})")
        paths += found
        classes += [index] * len(found)
    label = np.eye(len(subfolders), dtype=np.uint8)[classes]
    names = tuple(path.name for path in subfolders)
    return _Listing(tuple(paths), CATEGORICAL, names, label, np.ones_like(label))


def _by_attributes(folder: pathlib.Path, root: pathlib.Path) -> _Listing:
    file = folder / FILE_NAME
    if not file.resolve().is_relative_to(root.resolve()):
        raise UserError(f"{file} is a link that leaves the folder")
    attributes = read_attributes(file)
    found = set(_images_below(folder, root))
    paths: list[pathlib.Path] = []
    line_of: dict[pathlib.Path, int] = {}
    for image, line in zip(attributes.images, attributes.lines, strict=True):
        where = f"{file}, line {line}: image {image}"
        relative = pathlib.PurePosixPath(image)
        if relative.is_absolute() or ".." in relative.parts or "\\" in image or "\0" in image:
            raise UserError(f"{where} would leave the folder")
        candidates = [folder / relative, folder / _IMAGES_FOLDER / relative]
        path = next((candidate for candidate in candidates if candidate in found), None)
        if path is None:
            exists = any(candidate.is_file() for candidate in candidates)
            raise UserError(f"{where} " + ("is no image file" if exists else "does not exist"))
        if path in line_of:
            raise UserError(f"{where} is that of line {line_of[path]}")
        line_of[path] = line
        paths.append(path)
    left = sorted(found - set(paths))
    if left:
        raise UserError(f"{file}: {len(left)} images have no row, the first is {left[0]}")
    return _Listing(tuple(paths), BINARY, attributes.names, attributes.label, attributes.observed)


def _check_same_labels(
    listings: Mapping[str, _Listing], folders: Mapping[str, pathlib.Path]
) -> None:
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


def _visible(folder: pathlib.Path) -> list[pathlib.Path]:
    """Entries by name, without hidden ones and those that archive programs leave behind."""
    entries = [path for path in folder.iterdir() if not path.name.startswith((".", "__"))]
    return sorted(entries, key=lambda path: path.name)


def _subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in _visible(folder) if path.is_dir()]


def _is_image(path: pathlib.Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def _images_below(folder: pathlib.Path, root: pathlib.Path) -> list[pathlib.Path]:
    """Image files in a folder and its sub-folders, sorted; no link may lead out of `root`."""
    found: list[pathlib.Path] = []
    inside = root.resolve()
    if folder != root and folder.is_symlink():
        raise UserError(f"{folder} is a link to a folder; such links are not followed")
    for path in _visible(folder):
        if path.is_dir():
            found += _images_below(path, root)
        elif _is_image(path):
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                raise UserError(f"image {path} is a link that leaves the folder")
            found.append(path)
    return found
