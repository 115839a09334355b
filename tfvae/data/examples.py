"""The examples of one split as arrays; imports no TensorFlow."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from tfvae.data.splits import hide_labels

# Images of more bytes stay in a memory-mapped file, or undrawn, and are read batch by batch.
IN_MEMORY_BYTES = 2**30


class Images(Protocol):
    """An array of images as far as `Examples` needs one: its rows may be drawn when they are taken.

    >>> images: Images = np.zeros([3, 8, 8, 1], np.uint8)
    >>> images[np.array([0, 2])].shape
    (2, 8, 8, 1)
    """

    @property
    def dtype(self) -> np.dtype: ...

    @property
    def ndim(self) -> int: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def nbytes(self) -> int: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray: ...


@dataclasses.dataclass(frozen=True)
class Examples:
    """One split in a fixed order; unknown labels read 0.

    Args:
        images: uint8 [M, H, W, C] in 0..255: in memory, a `numpy.memmap`, or drawn when taken.
        label: uint8 [N, L], one-hot or 0/1 per attribute; None without labels.
        observed: uint8 [N, L], 1 where the label is known; None: all labels are known.
        rows: int64 [N], the number of each example's image; None: example i has image i (M = N).
        factors: int64 [N, F], the ground-truth factors where they are known.
        nuisances: Name -> float32 [N], what the examples were drawn from beside their labels; None
            where that isn't known.
    Raises:
        ValueError: the arrays' lengths or the images' type disagree with the above.

    >>> split = Examples(np.full([3, 8, 8, 1], 255, np.uint8), label=np.eye(3))
    >>> chosen = split.take(np.array([2, 0]))
    >>> len(chosen), chosen.label.tolist()
    (2, [[0, 0, 1], [1, 0, 0]])
    >>> batch = chosen.read(0, 2)
    >>> batch["image"].shape, float(batch["image"].max()), batch["observed"].tolist()
    ((2, 8, 8, 1), 1.0, [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    """

    images: Images
    label: np.ndarray | None = None
    observed: np.ndarray | None = None
    rows: np.ndarray | None = None
    factors: np.ndarray | None = None
    nuisances: Mapping[str, np.ndarray] | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                f"images must be uint8 [N, H, W, C], got {self.images.dtype} {self.images.shape}"
            )
        if self.label is not None:
            observed = np.ones_like(self.label) if self.observed is None else self.observed
            object.__setattr__(self, "observed", observed.astype(np.uint8))
            object.__setattr__(self, "label", (self.label * observed).astype(np.uint8))
        arrays = {name: getattr(self, name) for name in ("label", "observed", "factors")}
        for name, array in {**arrays, **(self.nuisances or {})}.items():
            if array is not None and len(array) != len(self):
                raise ValueError(f"{len(array)} rows of {name} for {len(self)} examples")

    def __len__(self) -> int:
        return len(self.images) if self.rows is None else len(self.rows)

    def take(self, rows: np.ndarray) -> "Examples":
        """The examples at `rows` (int64), in that order; shares the images."""

        def pick(array: np.ndarray | None) -> np.ndarray | None:
            return None if array is None else array[rows]

        nuisances = self.nuisances and {name: each[rows] for name, each in self.nuisances.items()}
        return Examples(
            images=self.images,
            label=pick(self.label),
            observed=pick(self.observed),
            rows=rows if self.rows is None else self.rows[rows],
            factors=pick(self.factors),
            nuisances=nuisances,
        )

    def with_labels(self, columns: Sequence[int]) -> "Examples":
        """A copy with these columns of the labels; shares the images.

        >>> split = Examples(np.zeros([1, 8, 8, 1], np.uint8), label=np.array([[0, 1, 1]]))
        >>> split.with_labels([2, 0]).label.tolist()
        [[1, 0]]
        """

        def pick(array: np.ndarray | None) -> np.ndarray | None:
            return None if array is None else array[:, columns]

        return dataclasses.replace(self, label=pick(self.label), observed=pick(self.observed))

    def with_hidden_labels(self, kind: str, ratio: float, seed: int) -> "Examples":
        """A copy with fewer known labels; see `splits.hide_labels`.

        Raises:
            ValueError: there are no labels.

        >>> split = Examples(np.zeros([4, 8, 8, 1], np.uint8), label=np.ones([4, 3]))
        >>> int(split.with_hidden_labels("binary", ratio=0.75, seed=0).observed.sum())  # of 12
        3
        """
        if self.label is None or self.observed is None:
            raise ValueError("examples without labels have none to hide")
        observed = hide_labels(self.label, self.observed, kind, ratio, seed)
        return dataclasses.replace(self, observed=observed)

    def read(self, start: int, stop: int) -> dict[str, np.ndarray]:
        """Examples start..stop-1 as in a batch: float32, images in [0, 1]."""
        rows = slice(start, stop) if self.rows is None else self.rows[start:stop]
        batch = {"image": np.asarray(self.images[rows], dtype=np.float32) / np.float32(255)}
        if self.label is not None and self.observed is not None:
            batch["label"] = self.label[start:stop].astype(np.float32)
            batch["observed"] = self.observed[start:stop].astype(np.float32)
        return batch
