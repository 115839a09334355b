"""Rendered 3D chairs (Aubry et al. 2014, "Seeing 3D chairs"), with three known factors."""

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfvae.data import cache
from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.data.sources.chairs_archive import (
    FACTORS,
    SIZE,
    digest_of,
    find_archive,
    read_renders,
)
from tfvae.data.sources.tfds_classes import standard_splits
from tfvae.data.tfds_reader import prepare_builder, read_split, square
from tfvae.schema import DataSpec, UserError


class Chairs(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Renders at 64x64 with their factors, from the archive in the folder of manual downloads.

    >>> list(Chairs(data_dir="data").info.features)
    ['image', 'chair', 'elevation', 'azimuth']
    """

    # 1.0.1: transparent pixels are white.
    VERSION = tfds.core.Version("1.0.1")
    MANUAL_DOWNLOAD_INSTRUCTIONS = "The folder must hold rendered_chairs.tar."

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(shape=(SIZE, SIZE, 3))}
        features |= {factor: tfds.features.Scalar(np.int64) for factor in FACTORS}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator]:
        return {"train": self._generate_examples(find_archive(pathlib.Path(dl_manager.manual_dir)))}

    def _generate_examples(self, archive: pathlib.Path) -> Iterator[tuple[str, dict[str, Any]]]:
        for image, factors in read_renders(archive):
            # The key decides the order, which is thus that of the renders, however they are packed.
            key = "-".join(str(rank) for rank in factors)
            yield key, {"image": image, **dict(zip(FACTORS, factors, strict=True))}


def load(name: str, options: LoadOptions) -> Dataset:
    """64x64 chairs without labels, split 80/10/10 by the seed; see `Dataset.factors`.

    Raises:
        UsageError: `manual_dir` is no folder.
        UserError: no archive is given and none was prepared before, or several were; or as
            `find_archive`, `read_renders` and `prepare_builder`.

    The archive is taken from a folder, and is no longer needed once it was prepared:

    >>> load("chairs", LoadOptions(manual_dir="chairs_archive"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --manual-dir: there is no folder chairs_archive
    """
    root = cache.folder(options.data_dir).parent / Chairs.name
    manual = options.manual_folder()
    digest = digest_of(find_archive(manual)) if manual else _prepared(root)
    # A folder for each archive: their names are equal, their contents need not be.
    builder = Chairs(data_dir=str(root / digest))
    prepare_builder(builder, options)
    size = options.image_size or SIZE

    def prepare(example: dict[str, Any]) -> dict[str, tf.Tensor]:
        return {
            "image": square(example["image"], options.image_size),
            "factors": tf.stack([example[factor] for factor in FACTORS]),
        }

    def read(split: str) -> Examples:
        columns = read_split(builder, split, prepare, (size, size, 3))
        return Examples(columns["image"], factors=columns["factors"])

    splits = standard_splits(builder, read, options.seed)
    factors = np.concatenate([part.factors for part in splits.values() if part.factors is not None])
    spec = DataSpec(
        name=name,
        image_shape=(size, size, 3),
        num_examples={split: len(part) for split, part in splits.items()},
        factor_sizes=dict(zip(FACTORS, (factors.max(axis=0) + 1).tolist(), strict=True)),
    )
    return Dataset(spec, splits, options.to_dict(), f"archive {digest}, {builder.version}")


def _prepared(root: pathlib.Path) -> str:
    """The digest of the only archive that was prepared in a folder."""
    found = list(root.glob(f"*/{Chairs.name}/{Chairs.VERSION}/dataset_info.json"))
    if len(found) == 1:
        return found[0].relative_to(root).parts[0]
    reason = f"{len(found)} archives were prepared" if found else "no archive was prepared yet"
    raise UserError(
        f"data set {Chairs.name}: {reason} in {root}; put rendered_chairs.tar into a folder and "
        "give --manual-dir FOLDER"
    )
