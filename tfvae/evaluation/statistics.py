"""Intervals and random draws that the metrics share; pure NumPy and SciPy.

SciPy is imported where it is used: it is slow to import.
"""

import numpy as np

# On either side of a 95 % interval.
TAIL = 0.025


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


def linear_interval(value: float, terms: np.ndarray) -> tuple[float, float]:
    """95 % interval of a score whose error is about the mean of one term per image.

    Student's t with the standard error of that mean, transformed to undo the skewness of the terms
    (Hall 1992, "On the removal of skewness by transformation", eq. 2.4): a few images with large
    scores push the mean up, and the plain t interval then ends too low.

    Args:
        value: The score.
        terms: [N], the linear terms (values of the influence function) of the images; centred here.
    Returns:
        (low, high), with the value inside; the value twice where all terms are equal or there are
        fewer than two. It may end past the range of the score if there are few images.

    >>> linear_interval(2.0, np.zeros(5))
    (2.0, 2.0)
    >>> low, high = linear_interval(2.0, np.array([0.0, 0.0, 0.0, 0.0, 1.0]))
    >>> bool(high - 2 > 2 - low)  # rare large scores may be missing from the sample
    True
    """
    from scipy import stats

    count, terms = len(terms), np.asarray(terms, np.float64)
    # Terms that differ by rounding alone are equal.
    if count < 2 or np.ptp(terms) <= max(1e-12 * abs(value), 1e-100):
        return value, value
    terms = terms - terms.mean()
    error = terms.std(ddof=1) / np.sqrt(count)
    skewness = ((terms / terms.std()) ** 3).mean() / np.sqrt(count)
    deviations = stats.t.ppf([TAIL, 1 - TAIL], count - 1)
    if abs(skewness) > 1e-6:
        shifted = 1 + skewness * (deviations - skewness / 6)
        deviations = 3 * (np.cbrt(shifted) - 1) / skewness
    low, high = value - error * deviations[::-1]
    return float(low), float(high)


def samples_interval(value: float, *samples: np.ndarray) -> tuple[float, float]:
    """`linear_interval` of a score of several independent samples, such as a distance of two.

    Args:
        value: The score.
        *samples: The linear terms of each sample, one per row: [N], [M], ...

    >>> low, high = samples_interval(0.5, np.array([0.0, 1.0] * 50), np.zeros(10))
    >>> round(low, 2), round(high, 2)  # 0.5 +- 1.98 * 0.5 / sqrt(100)
    (0.4, 0.6)
    """
    total = sum(map(len, samples))
    terms = [(each - each.mean()) * (total / len(each)) for each in samples]
    return linear_interval(value, np.concatenate(terms))


def mean_interval(values: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """95 % interval of the (weighted) mean over images; of shares use `proportion_interval`.

    Args:
        values: [N], one per image.
        weights: [N], not negative; None: equal weights.
    Returns:
        (low, high) as `linear_interval` gives them.
    Raises:
        ValueError: no image has a positive weight.

    >>> mean_interval(np.array([2.0, 2.0, 2.0]))
    (2.0, 2.0)
    >>> low, high = mean_interval(np.random.default_rng(0).normal(size=1000))
    >>> 0.11 < high - low < 0.14  # about 2 * 1.96 / sqrt(1000)
    True
    """
    values = np.asarray(values, np.float64)
    weights = np.ones_like(values) if weights is None else np.asarray(weights, np.float64)
    values, weights = values[weights > 0], weights[weights > 0]
    if len(values) == 0:
        raise ValueError("no image to take an interval over")
    return ratio_interval(values, np.ones_like(values), weights)


def ratio_interval(
    numerators: np.ndarray, denominators: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """95 % interval, over images, of a ratio of two (weighted) means, linearised.

    Args:
        numerators: [N], one per image.
        denominators: [N], of the same images; their mean must not be close to 0.
        weights: [N], not negative; None weighs all alike.
    Returns:
        (low, high) as `linear_interval` gives them.

    Proportional numerators and denominators leave nothing uncertain:

    >>> values = np.array([1.0, 2.0, 4.0])
    >>> ratio_interval(2.0 * values, values)
    (2.0, 2.0)
    """
    weights = np.ones(len(numerators)) if weights is None else weights
    above, below = numerators * weights, denominators * weights
    ratio = float(above.sum() / below.sum())
    return linear_interval(ratio, (above - ratio * below) / below.mean())


def proportion_interval(
    shares: np.ndarray, counts: np.ndarray | None = None
) -> tuple[float, float]:
    """95 % interval of a proportion over images, or of the mean of the proportions of groups.

    The mid-P interval (Lancaster 1961), which is right near 0 and 1 too. An image with several
    answers counts as a cluster: the interval is that of the effective number of independent answers
    (Korn & Graubard 1998), see `_effective_size`.

    Args:
        shares: Share of right answers of each image, [N] or, in each group, [N, G]; in [0, 1].
        counts: Number of answers that each share is of, of the same shape; None: one each. Groups
            without answers are left out.
    Returns:
        (low, high), with the value inside.
    Raises:
        ValueError: there is no answer.

    All of 360 images are right:

    >>> low, high = proportion_interval(np.ones(360))
    >>> round(low, 4), high
    (0.9917, 1.0)

    The mean of the recalls of two classes:

    >>> members = np.repeat([[True, False], [False, True]], [300, 60], axis=0)
    >>> round(proportion_interval(members, members)[0], 4)
    0.9851
    """
    shares = np.asarray(shares, np.float64).reshape(len(shares), -1)
    counts = np.ones_like(shares) if counts is None else np.asarray(counts, np.float64)
    counts = counts.reshape(shares.shape)
    if not counts.any():
        raise ValueError("no image to take an interval over")
    # An image without answers has no share: whatever stands there has no weight.
    shares = np.where(counts > 0, shares, 0)[:, counts.any(axis=0)]
    counts = counts[:, counts.any(axis=0)]
    value = float(((shares * counts).sum(axis=0) / counts.sum(axis=0)).mean())
    return _mid_p(value, _effective_size(value, shares, counts))


def _effective_size(value: float, shares: np.ndarray, counts: np.ndarray) -> float:
    """The number of independent answers among which a proportion is as uncertain as this one.

    It is value (1 - value) / variance. The variance is measured between images; where few images
    have errors that measurement is worth little, and the number is lowered as Student's t widens an
    interval. It is at least what it were if the answers of an image were all right or all wrong,
    and at most what it were if they were independent. Sizes of groups differ: the former takes the
    larger of the variances with one proportion for all and with each group's own, because a small
    group without an error says little.
    """
    from scipy import stats

    per_group, images = counts.sum(axis=0), (counts > 0).sum(axis=0)
    weights = counts / (per_group * len(per_group))
    binomial = value * (1 - value)
    alike = 1 / np.square(weights.sum(axis=1)).sum()
    if binomial == 0:
        return float(alike)
    hits = (shares * counts).sum(axis=0)
    smoothed = (hits + value) / (per_group + 1)
    spread = smoothed * (1 - smoothed)
    # A group's proportion is fitted to its images.
    fitted = images / np.maximum(images - 1, 1)
    lowest = alike
    if len(per_group) > 1:
        own = np.square(weights @ np.sqrt(spread * fitted)).sum()
        lowest = min(alike, binomial / own)
    independent = np.square(weights) / np.maximum(counts, 1)
    highest = max(lowest, binomial / (independent @ spread).sum())
    deviations = (weights * np.sqrt(fitted) * (shares - hits / per_group)).sum(axis=1)
    variance = np.square(deviations).sum()
    if variance == 0:
        return float(highest)
    # Satterthwaite: as many degrees of freedom as images share the variance.
    freedom = variance**2 / (deviations**4).sum()
    caution = stats.norm.ppf(TAIL) / stats.t.ppf(TAIL, freedom)
    return float(np.clip(binomial / variance * caution**2, lowest, highest))


def _mid_p(value: float, size: float) -> tuple[float, float]:
    """The mid-P interval of a proportion of `size` answers, which needn't be a whole number.

    Its ends are quantiles of the equal mixture of the two beta distributions from which Clopper and
    Pearson's interval takes one end each.
    """
    from scipy import optimize, special

    right, wrong = value * size, (1 - value) * size

    def below(proportion: float) -> float:
        first = special.betainc(right, wrong + 1, proportion) if right > 0 else 1.0
        second = special.betainc(right + 1, wrong, proportion) if wrong > 0 else 0.0
        return float(first + second) / 2

    low = optimize.brentq(lambda p: below(p) - TAIL, 0, value) if right > 0 else 0.0
    high = optimize.brentq(lambda p: below(p) - 1 + TAIL, value, 1) if wrong > 0 else 1.0
    return float(low), float(high)


def correlation_interval(value: float, resampled: np.ndarray) -> tuple[float, float]:
    """95 % interval of a correlation of two sets of means over images, from bootstrap resamples.

    The noise of the means lowers their correlation by a factor, and that of resampled means once
    more by about the same factor (attenuation, Spearman 1904). The percentiles of the resamples
    are therefore divided by its square; undivided, they can all lie below the correlation.

    Args:
        value: The correlation.
        resampled: Its values over resamples of the images, [R].
    Returns:
        (low, high), widened to hold the value.

    >>> low, high = correlation_interval(0.8, np.linspace(0.71, 0.73, 101))
    >>> round(low, 2), round(high, 2)  # around 0.8 / 0.9, widened
    (0.8, 0.9)
    """
    factor = np.clip(np.median(resampled) / value, 0.5, 1) if value else 1.0
    ends = np.quantile(np.clip(resampled / factor**2, -1, 1), [TAIL, 1 - TAIL])
    return min(float(ends[0]), value), max(float(ends[1]), value)


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
