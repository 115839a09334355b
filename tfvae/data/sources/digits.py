"""scikit-learn's 1,797 handwritten digits (Alpaydin & Kaynak 1998): small, without a download."""

import numpy as np
from PIL import Image
from sklearn import datasets

from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.data.splits import split_rows
from tfvae.schema import CATEGORICAL, DataSpec

_SIZE = 28
_LARGEST_VALUE = 16
# The division is part of the data set, so that scores of different runs can be compared.
_SPLIT_SEED = 0


def load(name: str, options: LoadOptions) -> Dataset:
    """8x8 digits resized to 28x28 (bicubic), split 70/10/20 by class; the seed has no effect.

    >>> digits = load("digits", LoadOptions(image_size=8))
    >>> digits.spec.image_shape, digits.spec.num_examples
    ((8, 8, 1), {'train': 1258, 'validation': 180, 'test': 359})
    """
    digits = datasets.load_digits()
    size = options.image_size or _SIZE
    images = np.stack([_resize(image, size) for image in digits.images])[..., np.newaxis]
    label = np.eye(10, dtype=np.uint8)[digits.target]
    rows = split_rows(digits.target, _SPLIT_SEED, validation=0.1, test=0.2)
    splits = {split: Examples(images[chosen], label[chosen]) for split, chosen in rows.items()}
    spec = DataSpec(
        name=name,
        image_shape=(size, size, 1),
        label_names=tuple(str(digit) for digit in range(10)),
        label_kind=CATEGORICAL,
        num_examples={split: len(examples) for split, examples in splits.items()},
    )
    return Dataset(spec, splits, options.to_dict())


def _resize(image: np.ndarray, size: int) -> np.ndarray:
    picture = Image.fromarray(image.astype(np.float32))
    enlarged = np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC))
    # Bicubic interpolation overshoots at edges.
    return np.rint(np.clip(enlarged / _LARGEST_VALUE, 0, 1) * 255).astype(np.uint8)
