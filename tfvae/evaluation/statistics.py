"""Intervals and random draws that the metrics share; pure NumPy and SciPy."""

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000


def make_rng(seed: int, *purpose: int) -> np.random.Generator:
    """A random generator of its own for each purpose under one seed."""
    return np.random.default_rng([seed & 0x7FFFFFFF, *purpose])


def row_seeds(seed: int, count: int) -> np.ndarray:
    """int64 [count]: distinct seeds for the rows of a seeded signature."""
    return np.int64(seed) * 1_000_003 + np.arange(count, dtype=np.int64)


def mean_interval(
    values: np.ndarray, seed: int, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the (weighted) mean over images.

    Args:
        values: [N], one per image.
        seed: Of the resampling.
        weights: [N], not negative, resampled along with the values; None weighs all alike.
    Returns:
        (low, high); both the mean where nothing varies or there are fewer than two images.
    """
    from scipy import stats

    values = np.asarray(values, np.float64)
    weights = np.ones_like(values) if weights is None else np.asarray(weights, np.float64)
    values, weights = values[weights > 0], weights[weights > 0]
    if len(values) == 0:
        raise ValueError("no image to take an interval over")
    mean = float(np.average(values, weights=weights))
    if len(values) < 2 or np.ptp(values) == 0:
        return mean, mean

    def weighted_mean(product, weight, axis):
        return product.sum(axis=axis) / weight.sum(axis=axis)

    result = stats.bootstrap(
        (values * weights, weights),
        weighted_mean,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, 2_000_000 // len(values)),
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=make_rng(seed),
    )
    low, high = result.confidence_interval
    return float(low), float(high)


def ratio_interval(
    numerators: np.ndarray, denominators: np.ndarray, seed: int, weights: np.ndarray
) -> tuple[float, float]:
    """95 % percentile bootstrap interval, over images, of a ratio of two (weighted) means.

    Args:
        numerators: [N], one per image.
        denominators: [N], of the same images; their mean may not come near 0.
        seed: Of the resampling.
        weights: [N], resampled along with the images.
    """
    total, rng = len(numerators), make_rng(seed)
    above, below = numerators * weights, denominators * weights
    rows = (rng.integers(total, size=total) for _ in range(RESAMPLES))
    ratios = [above[chosen].sum() / below[chosen].sum() for chosen in rows]
    return percentiles(ratios)


def mean_recall_interval(hits: np.ndarray, members: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % percentile bootstrap interval, over images, of the mean over groups of their recalls.

    Args:
        hits: bool [N, G], whether a member of the group is seen as such.
        members: bool [N, G]; a group that a resample lacks has no part in its mean.
        seed: Of the resampling.
    """
    total, rng = len(hits), make_rng(seed)
    hits, members = hits.astype(np.float64), members.astype(np.float64)
    means = []
    for _ in range(RESAMPLES):
        counts = np.bincount(rng.integers(total, size=total), minlength=total)
        size = counts @ members
        means.append(np.mean((counts @ hits)[size > 0] / size[size > 0]))
    return percentiles(means)


def percentiles(resampled) -> tuple[float, float]:
    """The 95 % interval from a figure's values over bootstrap resamples, [R]."""
    low, high = np.quantile(resampled, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)


def cosine_pairs(images: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cosine over pairs of distinct images (study C, eq. 5), without forming the pairs.

    With unit vectors u and s their sum, the mean over pairs is (|s|^2 - n) / (n (n - 1)), and
    image i's mean over the others is (u_i . s - 1) / (n - 1).

    Args:
        images: [N, ...] with N > 1; an image of zeros has cosine 0 with all others.
    Returns:
        The mean, and [N] the linear terms of this U-statistic: their mean is the statistic and a
        bootstrap of their mean has its variance (twice an image's deviation, because each image
        is in pairs from both sides).
    Raises:
        ValueError: fewer than two images.
    """
    vectors = np.asarray(images, np.float64).reshape(len(images), -1)
    if len(vectors) < 2:
        raise ValueError(f"a pair needs two images, got {len(vectors)}")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    own = np.einsum("nd,nd->n", units, units)
    to_others = (units @ units.sum(axis=0) - own) / (len(units) - 1)
    mean = float(to_others.mean())
    return mean, mean + 2 * (to_others - mean)


def summary(per_image: dict[str, np.ndarray], seed: int) -> tuple[dict, dict]:
    """Means and 95 % intervals of several per-image scores: (values, intervals)."""
    values = {name: float(np.mean(scores)) for name, scores in per_image.items()}
    intervals = {name: mean_interval(scores, seed) for name, scores in per_image.items()}
    return values, intervals


def line(start: np.ndarray, end: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Points between rows, [P, steps, D]."""
    weights = weights[None, :, None].astype(np.float32)
    return (1 - weights) * start[:, None] + weights * end[:, None]
