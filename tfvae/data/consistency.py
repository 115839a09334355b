"""Does a source keep what its spec says? A mistake here would train without a word."""

from collections.abc import Mapping

import numpy as np

from tfvae.data.examples import Examples
from tfvae.schema import CATEGORICAL, DataSpec


def check_splits(
    spec: DataSpec, splits: Mapping[str, Examples], image_size: int | None = None
) -> None:
    """Compares a spec with the arrays of its splits; a difference is a mistake in the source.

    Args:
        spec: What the source says of its data.
        splits: What it loaded.
        image_size: Pixels a side that it was asked for; None: its own size.
    Raises:
        ValueError: counts, shapes, numbers of labels or the size of the images differ, or a known
            class isn't one-hot; the message shows both.

    >>> spec = DataSpec("grey", (8, 8, 1), num_examples={"train": 50})
    >>> check_splits(spec, {"train": Examples(np.zeros([5, 8, 8, 1], np.uint8))})
    Traceback (most recent call last):
        ...
    ValueError: data set grey, train: examples: 50 in the spec, 5 in the arrays
    """
    if image_size is not None and spec.image_shape[:2] != (image_size, image_size):
        raise ValueError(
            f"data set {spec.name}: {image_size} pixels a side were asked for, its images are "
            f"{spec.image_shape}"
        )
    for split, part in splits.items():
        num_labels = 0 if part.label is None else part.label.shape[1]
        for what, said, found in (
            ("examples", spec.num_examples.get(split), len(part)),
            ("shape of an image", spec.image_shape, part.images.shape[1:]),
            ("labels", spec.num_labels, num_labels),
        ):
            if said != found:
                raise ValueError(
                    f"data set {spec.name}, {split}: {what}: {said} in the spec, "
                    f"{found} in the arrays"
                )
        if spec.label_kind == CATEGORICAL and part.label is not None:
            # An unknown class has zeros in its row.
            marked = part.label.sum(axis=1, dtype=np.int64)
            known = marked > 0 if part.observed is None else part.observed.any(axis=1)
            if (marked[known] != 1).any():
                raise ValueError(f"data set {spec.name}, {split}: a class isn't one-hot")
