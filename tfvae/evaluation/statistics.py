"""Intervals and random draws that the metrics share; pure NumPy and SciPy."""

from collections.abc import Sequence

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000


def make_rng(seed: int, *purpose: int) -> np.random.Generator:
    """A random generator for one purpose under a seed; other purposes give other generators.

    >>> first, again, other = make_rng(0, 1), make_rng(0, 1), make_rng(0, 2)
    >>> value = float(first.random())
    >>> value == again.random(), value == other.random()
    (True, False)
    """
    return np.random.default_rng([seed & 0x7FFFFFFF, *purpose])


def row_seeds(seed: int, count: int) -> np.ndarray:
    """int64 [count]: distinct seeds for the rows of a seeded signature.

    >>> row_seeds(seed=1, count=3).tolist()
    [1000003, 1000004, 1000005]
    """
    return np.int64(seed) * 1_000_003 + np.arange(count, dtype=np.int64)


def mean_interval(
    values: np.ndarray, seed: int, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the (weighted) mean over images.

    Args:
        values: [N], one per image.
        seed: Of the resampling.
        weights: [N], not negative, resampled along with the values; None: equal weights.
    Returns:
        (low, high); both are the mean where all values are equal or there are fewer than two.
    Raises:
        ValueError: no image has a positive weight.

    >>> mean_interval(np.array([2.0, 2.0, 2.0]), seed=0)
    (2.0, 2.0)
    >>> low, high = mean_interval(np.random.default_rng(0).normal(size=1000), seed=0)
    >>> 0.11 < high - low < 0.14  # about 2 * 1.96 / sqrt(1000)
    True
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

    def weighted_mean(product: np.ndarray, weight: np.ndarray, axis: int) -> np.ndarray:
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
    numerators: np.ndarray,
    denominators: np.ndarray,
    seed: int,
    weights: np.ndarray | None = None,
) -> tuple[float, float]:
    """95 % percentile bootstrap interval, over images, of a ratio of two (weighted) means.

    Args:
        numerators: [N], one per image.
        denominators: [N], of the same images; their mean must not be close to 0.
        seed: Of the resampling.
        weights: [N], resampled along with the images; None weighs all alike.
    Returns:
        (low, high).

    Proportional numerators and denominators have one ratio in all resamples:

    >>> values = np.array([1.0, 2.0, 4.0])
    >>> ratio_interval(2.0 * values, values, seed=0)
    (2.0, 2.0)
    """
    total, rng = len(numerators), make_rng(seed)
    weights = np.ones(total) if weights is None else weights
    above, below = numerators * weights, denominators * weights
    rows = (rng.integers(total, size=total) for _ in range(RESAMPLES))
    ratios = [above[chosen].sum() / below[chosen].sum() for chosen in rows]
    return percentiles(ratios)


def mean_recall_interval(hits: np.ndarray, members: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % percentile bootstrap interval, over images, of the mean of the recalls of groups.

    Args:
        hits: bool [N, G], whether a member of the group is predicted as such.
        members: bool [N, G]; the mean leaves out a group without members in a resample.
        seed: Of the resampling.
    Returns:
        (low, high).

    >>> members = np.array([[True, False], [True, False], [False, True]])
    >>> mean_recall_interval(hits=members, members=members, seed=0)
    (1.0, 1.0)
    """
    total, rng = len(hits), make_rng(seed)
    hits, members = hits.astype(np.float64), members.astype(np.float64)
    means = []
    for _ in range(RESAMPLES):
        counts = np.bincount(rng.integers(total, size=total), minlength=total)
        size = counts @ members
        means.append(np.mean((counts @ hits)[size > 0] / size[size > 0]))
    return percentiles(means)


def percentiles(resampled: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """The 95 % interval from the values of a score over bootstrap resamples, [R].

    >>> low, high = percentiles(np.linspace(0, 1, 1001))
    >>> round(low, 6), round(high, 6)
    (0.025, 0.975)
    """
    low, high = np.quantile(resampled, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)


def cosine_pairs(images: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cosine over pairs of distinct images (Vargas Aguilar & Gu, eq. 5).

    It is computed without a loop over pairs.

    With unit vectors u and s their sum, the mean over pairs is (|s|^2 - n) / (n (n - 1)), and
    image i's mean over the others is (u_i . s - 1) / (n - 1).

    Args:
        images: [N, ...] with N > 1; an image of zeros has cosine 0 with all others.
    Returns:
        The mean, and [N] the linear terms of this U-statistic: their mean is the statistic, and a
        bootstrap of their mean has the variance of the statistic (twice an image's deviation,
        because each image is the first and the second of pairs).
    Raises:
        ValueError: fewer than two images.

    The cosines of the three pairs are 1, 0 and 0:

    >>> mean, terms = cosine_pairs(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]))
    >>> round(mean, 6), round(float(terms.mean()), 6)
    (0.333333, 0.333333)
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


def summary(
    per_image: dict[str, np.ndarray], seed: int
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Means and 95 % intervals of several per-image scores: (values, intervals).

    >>> summary({"error": np.array([0.5, 0.5])}, seed=0)
    ({'error': 0.5}, {'error': (0.5, 0.5)})
    """
    values = {name: float(np.mean(scores)) for name, scores in per_image.items()}
    intervals = {name: mean_interval(scores, seed) for name, scores in per_image.items()}
    return values, intervals


def line(start: np.ndarray, end: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Points on the lines between rows of `start` and `end`.

    Args:
        start, end: [P, D].
        weights: [steps]; 0 gives the start, 1 the end.
    Returns:
        [P, steps, D].

    >>> line(np.zeros([1, 2]), np.ones([1, 2]), np.array([0.0, 0.5, 1.0])).tolist()
    [[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]]]
    """
    weights = weights[None, :, None].astype(np.float32)
    return (1 - weights) * start[:, None] + weights * end[:, None]
