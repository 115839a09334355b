"""Intervals and random draws that the metrics share; pure NumPy and SciPy."""

import numpy as np

CONFIDENCE = 0.95


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


def mean_interval(values: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """95 % interval of the (weighted) mean over images: Student's t, with the error of a ratio.

    Args:
        values: [N], one per image.
        weights: [N], not negative, drawn with the images; None: equal weights.
    Returns:
        (low, high); both are the mean where all values are equal or there are fewer than two.
    Raises:
        ValueError: no image has a positive weight.

    >>> mean_interval(np.array([2.0, 2.0, 2.0]))
    (2.0, 2.0)
    >>> low, high = mean_interval(np.random.default_rng(0).normal(size=1000))
    >>> 0.11 < high - low < 0.14  # about 2 * 1.96 / sqrt(1000)
    True
    """
    values, weights = _weighted(values, weights)
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    return ratio_interval(values * weights, weights)


def proportion_interval(hits: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """95 % interval of a proportion over images, each with one or several entries: Wilson's.

    Entries of one image aren't independent. So the number of entries is replaced by the number of
    independent ones with the same standard error, as Korn & Graubard (1998) do; where all entries
    are equal, and there is no error to see, by the number of images.

    Args:
        hits: [N], 0 or 1, or the share of an image's entries that are 1.
        weights: [N], number of entries of each image; None: one each.
    Returns:
        (low, high), within [0, 1]; not a single point even where all entries are equal.
    Raises:
        ValueError: no image has an entry.

    >>> [round(bound, 4) for bound in proportion_interval(np.ones(360))]
    [0.9894, 1.0]
    """
    hits, weights = _weighted(hits, weights)
    proportion = float(np.average(hits, weights=weights))
    if np.ptp(weights) == 0 and np.isin(hits, (0, 1)).all():
        return wilson(proportion, len(hits))
    residuals = weights * (hits - proportion) / weights.sum()
    return wilson(proportion, _effective(proportion, residuals, len(hits)))


def mean_recall_interval(hits: np.ndarray, members: np.ndarray) -> tuple[float, float]:
    """95 % interval, over images, of the mean of the recalls of groups: as `proportion_interval`.

    Args:
        hits: bool [N, G], whether a member of the group is predicted as such.
        members: bool [N, G]; groups without members are left out.
    Returns:
        (low, high).

    >>> members = np.array([[True, False], [True, False], [False, True]])
    >>> [round(bound, 4) for bound in mean_recall_interval(hits=members, members=members)]
    [0.4098, 1.0]
    """
    there = members.any(axis=0)
    hits, members = hits[:, there] & members[:, there], members[:, there]
    sizes = members.sum(axis=0)
    recalls = hits.sum(axis=0) / sizes
    residuals = (hits - recalls * members) @ (1 / sizes) / len(sizes)
    independent = min(len(hits), len(sizes) ** 2 / np.sum(1 / sizes))
    recall = float(recalls.mean())
    return wilson(recall, _effective(recall, residuals, independent))


def _effective(proportion: float, residuals: np.ndarray, otherwise: float) -> float:
    """Number of independent entries whose proportion has the variance of the sum of residuals, [N],
    one per image; `otherwise` if there is none."""
    variance = float(residuals @ residuals) * len(residuals) / max(1, len(residuals) - 1)
    return proportion * (1 - proportion) / variance if variance > 0 else otherwise


def _weighted(values: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights of the images with a positive weight, float64."""
    values = np.asarray(values, np.float64)
    weights = np.ones_like(values) if weights is None else np.asarray(weights, np.float64)
    if not (weights > 0).any():
        raise ValueError("no image to take an interval over")
    return values[weights > 0], weights[weights > 0]


def wilson(proportion: float, count: float) -> tuple[float, float]:
    """Wilson's score interval for a proportion of `count` independent entries, 95 %.

    `scipy.stats.binomtest` has it for whole numbers only.

    >>> from scipy import stats
    >>> found = stats.binomtest(9, 10).proportion_ci(method="wilson")
    >>> np.allclose(wilson(0.9, 10), found)
    True
    """
    from scipy import stats

    square = stats.norm.ppf((1 + CONFIDENCE) / 2) ** 2 / count
    centre = (proportion + square / 2) / (1 + square)
    half = np.sqrt(square * proportion * (1 - proportion) + square**2 / 4) / (1 + square)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def ratio_interval(
    numerators: np.ndarray, denominators: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """95 % interval, over images, of a ratio of two (weighted) means: Student's t, delta method.

    Args:
        numerators: [N], one per image.
        denominators: [N], of the same images; their mean must not be close to 0.
        weights: [N], drawn with the images; None weighs all alike.
    Returns:
        (low, high).

    Proportional numerators and denominators leave no error:

    >>> values = np.array([1.0, 2.0, 4.0])
    >>> ratio_interval(2.0 * values, values)
    (2.0, 2.0)
    """
    weights = np.ones(len(numerators)) if weights is None else weights
    above, below = numerators * weights, denominators * weights
    ratio = above.sum() / below.sum()
    return t_interval(ratio, (above - ratio * below) / below.mean())


def t_interval(value: float, influence: np.ndarray) -> tuple[float, float]:
    """95 % interval of a statistic that is, but for small terms, its true value plus the mean of a
    number per image: Student's t.

    Args:
        value: The statistic.
        influence: [N], these numbers, up to a constant.

    >>> low, high = t_interval(0.0, np.array([-1.0, 1.0]))
    >>> round(high, 3), round(low + high, 3)
    (12.706, 0.0)
    """
    from scipy import stats

    total = len(influence)
    if total < 2:
        return float(value), float(value)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, total - 1) * stats.sem(influence)
    return float(value - half), float(value + half)


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
    per_image: dict[str, np.ndarray],
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Means and 95 % intervals of several per-image scores: (values, intervals).

    >>> summary({"error": np.array([0.5, 0.5])})
    ({'error': 0.5}, {'error': (0.5, 0.5)})
    """
    values = {name: float(np.mean(scores)) for name, scores in per_image.items()}
    intervals = {name: mean_interval(scores) for name, scores in per_image.items()}
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
