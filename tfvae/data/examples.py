"""The examples of one split as arrays; no TensorFlow."""

import dataclasses
from typing import Any

import numpy as np

from tfvae.data.splits import hide_labels

# Images beyond this stay in a memory-mapped file and are read batch by batch.
IN_MEMORY_BYTES = 2**30


@dataclasses.dataclass(frozen=True)
class Examples:
    """One split in a fixed order; the label of an entry that isn't known is 0.

    Args:
        images: uint8 [M, H, W, C] in 0..255, in memory or a `numpy.memmap`.
        label: uint8 [N, L], one-hot or 0/1 per attribute; None without labels.
        observed: uint8 [N, L], 1 where the label is known; None means all are.
        rows: int64 [N], the image of each example; None means image i is example i (M = N).
        factors: int64 [N, F], the ground-truth factors where they are known.
    Raises:
        ValueError: the arrays' lengths or the images' type disagree with the above.
    """

    images: np.ndarray
    label: np.ndarray | None = None
    observed: np.ndarray | None = None
    rows: np.ndarray | None = None
    factors: np.ndarray | None = None

    def __post_init__(self):
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                f"images must be uint8 [N, H, W, C], got {self.images.dtype} {self.images.shape}"
            )
        if self.label is not None:
            observed = np.ones_like(self.label) if self.observed is None else self.observed
            object.__setattr__(self, "observed", observed.astype(np.uint8))
            object.__setattr__(self, "label", (self.label * observed).astype(np.uint8))
        for name in ("label", "observed", "factors"):
            array = getattr(self, name)
            if array is not None and len(array) != len(self):
                raise ValueError(f"{len(array)} rows of {name} for {len(self)} examples")

    def __len__(self):
        return len(self.images) if self.rows is None else len(self.rows)

    def take(self, rows):
        """The examples at `rows` (int64), in that order; shares the images."""

        def pick(array):
            return None if array is None else array[rows]

        return Examples(
            images=self.images,
            label=pick(self.label),
            observed=pick(self.observed),
            rows=rows if self.rows is None else self.rows[rows],
            factors=pick(self.factors),
        )

    def with_labels(self, columns):
        """A copy with these columns of the labels; shares the images."""
        return dataclasses.replace(
            self, label=self.label[:, columns], observed=self.observed[:, columns]
        )

    def with_hidden_labels(self, kind, ratio, seed):
        """A copy that knows fewer labels; see `splits.hide_labels`."""
        observed = hide_labels(self.label, self.observed, kind, ratio, seed)
        return dataclasses.replace(self, observed=observed)

    def read(self, start, stop) -> dict[str, Any]:
        """Examples start..stop-1 as in a batch: float32, images in [0, 1]."""
        rows = slice(start, stop) if self.rows is None else self.rows[start:stop]
        batch = {"image": np.asarray(self.images[rows], dtype=np.float32) / np.float32(255)}
        if self.label is not None:
            batch["label"] = self.label[start:stop].astype(np.float32)
            batch["observed"] = self.observed[start:stop].astype(np.float32)
        return batch
