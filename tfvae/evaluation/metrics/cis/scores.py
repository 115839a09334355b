"""Algorithm 2 of the dual-space study on probabilities, its baselines and its means; pure NumPy.

f gives the classifier's probabilities, x_i is the image x carried to domain i, and
M_i = f(x_i) - f(x), an n x n matrix per image. ts = mean of the diagonal, rs = -mean of the
absolute values off the diagonal, CIS = ts + rs.
"""

import dataclasses

import numpy as np

from tfvae.evaluation.statistics import mean_interval
from tfvae.evaluation.transfer import _change, domain_scores, image_scores

PARTS = ("cis", "ts", "rs")


@dataclasses.dataclass(frozen=True)
class TestImages:
    """The images that every model is scored on, as f sees them.

    Args:
        original: [N, n], f of the images.
        lacking: bool [N, n], where a domain is known to be absent.
        subsets: [repeats, size], the images of each repeat.
        seed: Of the intervals.
    """

    original: np.ndarray
    lacking: np.ndarray
    subsets: np.ndarray
    seed: int

    @property
    def weights(self) -> np.ndarray:
        """[N], in how many repeats each image is."""
        return np.bincount(self.subsets.ravel(), minlength=len(self.original)).astype(np.float64)

    def scores(self, transferred: np.ndarray) -> "Scores":
        """Scores of images carried to every domain, from their f, [N, n, n]."""
        per_image = image_scores(transferred, self.original)
        values, intervals = {}, {}
        for name in PARTS:
            repeats = per_image[name][self.subsets].mean(axis=1)
            values[name] = float(repeats.mean())
            intervals[name] = mean_interval(per_image[name], self.seed, self.weights)
            values[f"{name}_std"] = float(repeats.std(ddof=1)) if len(repeats) > 1 else 0.0
        gains, counts = absent_scores(transferred, self.original, self.lacking)
        if counts.any():
            weights = counts * self.weights
            values["ts_absent"] = float(np.average(gains, weights=weights))
            intervals["ts_absent"] = mean_interval(gains, self.seed, weights)
        domains = domain_scores(transferred, self.original)
        return Scores(values, intervals, per_image, *domains)


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scores of one model, a baseline or the oracle.

    Args:
        values: "cis", "ts", "rs", their "_std" over repeats, "ts_absent" where a label is known.
        intervals: 95 % intervals over images of those without "_std".
        per_image: "cis", "ts", "rs" -> [N].
        ts, rs: [n], of each target domain.
    """

    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    per_image: dict[str, np.ndarray]
    ts: np.ndarray
    rs: np.ndarray


def absent_scores(
    transferred: np.ndarray, original: np.ndarray, lacking: np.ndarray, axis: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """ts over those pairs of image and domain in which the image lacks the domain.

    Args:
        transferred: [N, n, n], as for `image_scores`.
        original: [N, n].
        lacking: bool [N, n].
        axis: 1: a mean for each image, [N]; 0: for each domain, [n].
    Returns:
        The means (0 where there is no pair) and how many pairs each is over.
    """
    gain = np.einsum("nii->ni", _change(transferred, original))
    counts = lacking.sum(axis=axis).astype(np.float64)
    return (gain * lacking).sum(axis=axis) / np.maximum(counts, 1), counts


def random_targets(transferred: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Row i replaced by the row of a random other domain, [N, n, n]; the same with one domain."""
    count, domains = transferred.shape[:2]
    if domains == 1:
        return transferred
    shift = rng.integers(1, domains, size=(count, domains))
    return np.take_along_axis(
        transferred, ((np.arange(domains) + shift) % domains)[..., None], axis=1
    )


def repeat_subsets(total: int, size: int, repeats: int) -> np.ndarray:
    """Image indices of each repeat [repeats, size']: all different as long as `total` allows."""
    size = min(size, total)
    return (np.arange(repeats)[:, None] * size + np.arange(size)) % total
