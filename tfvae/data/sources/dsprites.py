"""dSprites (Matthey et al. 2017): 737,280 binary images of shapes with five known factors."""

from typing import Any

import tensorflow as tf

from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.data.sources.tfds_classes import fingerprint_of, standard_splits
from tfvae.data.tfds_reader import open_builder, prepare_builder, read_split, square
from tfvae.schema import DataSpec

_SIZE = 64
_FACTOR_SIZES = {"shape": 3, "scale": 6, "orientation": 40, "x_position": 32, "y_position": 32}


def load(name: str, options: LoadOptions) -> Dataset:
    """64x64 shapes without labels, split 80/10/10 by the seed; see `Dataset.factors`.

    Raises:
        UsageError: as `open_builder`.
        UserError: as `prepare_builder`.

    The archive is downloaded, or taken from a folder:

    >>> load("dsprites", LoadOptions(manual_dir="dsprites_archive"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --manual-dir: there is no folder dsprites_archive
    """
    builder = open_builder(name, options)
    prepare_builder(builder, options)
    size = options.image_size or _SIZE

    def prepare(example: dict[str, Any]) -> dict[str, tf.Tensor]:
        factors = [example[f"label_{factor}"] for factor in _FACTOR_SIZES]
        # Pixels of dSprites are 0 and 1.
        return {
            "image": square(example["image"] * 255, options.image_size),
            "factors": tf.stack(factors),
        }

    def read(split: str) -> Examples:
        columns = read_split(builder, split, prepare, (size, size, 1))
        return Examples(columns["image"], factors=columns["factors"])

    splits = standard_splits(builder, read, options.seed)
    spec = DataSpec(
        name=name,
        image_shape=(size, size, 1),
        num_examples={split: len(part) for split, part in splits.items()},
        factor_sizes=_FACTOR_SIZES,
    )
    return Dataset(spec, splits, options.to_dict(), fingerprint_of(splits))
