"""`folder:PATH`: a user's own images, with class folders, an attributes file, or no labels."""

import dataclasses
import hashlib
import logging
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfvae.data.dataset import Dataset
from tfvae.data.decoded import load_or_decode, relative_names
from tfvae.data.examples import Examples
from tfvae.data.factors import ranks
from tfvae.data.options import LoadOptions
from tfvae.data.sources.folder_layout import first_folder, split_folders, tell_left_out
from tfvae.data.sources.folder_listing import (
    Listing,
    check_same_labels,
    list_folder,
)
from tfvae.data.splits import split_rows, stratified_order
from tfvae.schema import CATEGORICAL, TEST, TRAIN, VALIDATION, DataSpec

_VALIDATION_SHARE = 0.1

logger = logging.getLogger("tfvae")


def load(name: str, options: LoadOptions) -> Dataset:
    """Images under a folder; see docs/data.md for the layouts.

    `train/` and `test/` (and `validation/`), and other usual names, are kept as splits; without
    them the images are divided 80/10/10 by the seed, stratified by class. Without `validation/`, a
    tenth of train becomes it.

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
    first = first_folder(root)
    if first != root:
        logger.warning("%s holds one folder alone: the images are those of %s", root, first)
    folders = split_folders(first)
    if folders:
        folders = {split: first_folder(folder) for split, folder in folders.items()}
        listings = {split: list_folder(folder, root) for split, folder in folders.items()}
        check_same_labels(listings, folders)
    else:
        listings = {TRAIN: list_folder(first, root)}
    tell_left_out(root)
    names, kind = listings[TRAIN].names, listings[TRAIN].kind
    parts = {split: listing.with_names(names) for split, listing in listings.items()}
    splits, paths = _read(parts, root, options)
    splits, factor_sizes = _numbered(splits, listings[TRAIN].factor_names)
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
        factor_sizes=factor_sizes,
    )
    fingerprint = _fingerprint(spec, splits, relative_names(paths, root))
    return Dataset(spec, splits, options.to_dict(), fingerprint)


def _read(
    listings: Mapping[str, Listing], root: pathlib.Path, options: LoadOptions
) -> tuple[dict[str, Examples], list[pathlib.Path]]:
    """Reads the images of all splits at once, so that all get the same size.

    Returns:
        ({split: `Examples`}, the files that their `rows` number).
    """
    paths = [path for listing in listings.values() for path in listing.paths]
    images, read = load_or_decode(paths, root, options)
    splits, first = {}, 0
    for split, listing in listings.items():
        own = read[(read >= first) & (read < first + len(listing.paths))]
        kept = own - first
        label = None if listing.label is None else listing.label[kept]
        observed = None if listing.observed is None else listing.observed[kept]
        factors = None if listing.factors is None else listing.factors[kept]
        examples = Examples(images, label, observed, own, factors)
        # Files are listed class by class; the first images of a split must represent all of it.
        splits[split] = examples.take(
            stratified_order(_classes(examples, listing.kind), options.seed)
        )
        first += len(listing.paths)
    return splits, paths


def _numbered(
    splits: dict[str, Examples], names: Sequence[str]
) -> tuple[dict[str, Examples], dict[str, int] | None]:
    """The splits with their factors numbered from 0 without gaps, and the number of values."""
    given = {split: part.factors for split, part in splits.items() if part.factors is not None}
    if not given:
        return splits, None
    factors, sizes = ranks(given)
    splits = {
        split: dataclasses.replace(part, factors=factors[split]) for split, part in splits.items()
    }
    return splits, dict(zip(names, sizes, strict=True))


def _fingerprint(spec: DataSpec, splits: Mapping[str, Examples], files: Sequence[str]) -> str:
    """sha256 of the file names and labels of each split, without the pixels.

    Factors are for scores alone, and may be added to data that a model was trained on.
    """
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
