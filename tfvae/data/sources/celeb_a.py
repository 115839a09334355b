"""CelebA (Liu et al. 2015): 202,599 faces, 40 binary attributes, in the official splits."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.data.sources.tfds_classes import fingerprint_of, standard_splits
from tfvae.data.tfds_reader import open_builder, prepare_builder, read_split, square
from tfvae.schema import BINARY, DataSpec

_SIZE = 64

# In the order of list_attr_celeba.txt, by which papers number them.
ATTRIBUTES = (
    "5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose "
    "Black_Hair Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee "
    "Gray_Hair Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard "
    "Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair "
    "Wavy_Hair Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young"
).split()


def load(name: str, options: LoadOptions) -> Dataset:
    """Faces, the central 178x178 of their 218x178 pixels resized to 64x64, as is usual.

    Raises:
        UsageError: as `open_builder`.
        UserError: as `prepare_builder`.

    The archives (1.4 GB) are downloaded, or taken from a folder:

    >>> load("celeb_a", LoadOptions(manual_dir="celeb_a_archives"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --manual-dir: there is no folder celeb_a_archives
    """
    builder = open_builder(name, options)
    prepare_builder(builder, options)
    size = options.image_size or _SIZE

    def prepare(example: dict[str, Any]) -> dict[str, tf.Tensor]:
        attributes = [tf.cast(example["attributes"][key], tf.int64) for key in ATTRIBUTES]
        return {"image": square(example["image"], size), "label": tf.stack(attributes)}

    def read(split: str) -> Examples:
        columns = read_split(builder, split, prepare, (size, size, 3))
        return Examples(columns["image"], columns["label"].astype(np.uint8))

    splits = standard_splits(builder, read, options.seed)
    spec = DataSpec(
        name=name,
        image_shape=(size, size, 3),
        label_names=tuple(ATTRIBUTES),
        label_kind=BINARY,
        num_examples={split: len(part) for split, part in splits.items()},
    )
    return Dataset(spec, splits, options.to_dict(), fingerprint_of(splits))
