"""Images that share the value of a factor of variation: pairs and batches of them, by number."""

import numpy as np

from tfvae.schema import UserError


class Groups:
    """Images by the value of one factor; those whose value no other image has are left out.

    Args:
        column: [N], values of the factor.
        name: Of the factor, for messages.
    Raises:
        UserError: no two images share a value.

    >>> groups = Groups(np.array([0, 1, 0, 2]), name="scale")
    >>> first, second = groups.pairs((4,), np.random.default_rng(0))
    >>> bool((np.sort([first, second], axis=0) == [[0], [2]]).all())
    True
    """

    def __init__(self, column: np.ndarray, name: str):
        values, counts = np.unique(column, return_inverse=True, return_counts=True)[1:]
        # Rows sorted by value; a row's value begins at `starts` and has `counts` rows.
        self.order = np.argsort(values, kind="stable")
        self.counts, self.starts = counts, np.cumsum(counts) - counts
        self.values = values[self.order]
        # Positions in that order of images with a partner.
        self.shared = np.flatnonzero(self.counts[self.values] > 1)
        if not len(self.shared):
            raise UserError(f"{name}: no two of {len(column)} images share a value")

    def pairs(
        self, shape: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows of random images, and for each that of another image with the same value."""
        first = self.shared[rng.integers(len(self.shared), size=shape)]
        values = self.values[first]
        others = (rng.random(shape) * (self.counts[values] - 1)).astype(np.int64)
        second = self.starts[values] + others
        # The image itself is stepped over.
        second += second >= first
        return self.order[first], self.order[second]

    def batches(self, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """Rows of images, with replacement; those of a batch share a value."""
        first = self.shared[rng.integers(len(self.shared), size=(shape[0], 1))]
        values = self.values[first]
        within = (rng.random(shape) * self.counts[values]).astype(np.int64)
        return self.order[self.starts[values] + within]
