"""How close one set of images is to another, between features [N, D]: arrays in, numbers out.

The distances return a value with its linear terms, one per row of either set, for
`statistics.samples_interval`.
"""

import numpy as np

from tfvae.evaluation.moments import covariance, powers

Score = tuple[float, np.ndarray, np.ndarray]

# Rows of distances that are held in memory at a time.
CHUNK = 1024


def kernel_distance(first: np.ndarray, second: np.ndarray) -> Score:
    """Squared MMD with the kernel (x.y / D + 1)^3 (KID, Binkowski et al. 2018), unbiased.

    Args:
        first, second: [N, D], [M, D], independent samples of at least 2 rows.
    Returns:
        The distance, which may be slightly below 0, and its linear terms [N], [M].
    Raises:
        ValueError: a sample of a single row, or rows of unequal size.

    >>> rng = np.random.default_rng(0)
    >>> near, far = rng.normal(size=[2, 500, 3]), rng.normal(3, size=[400, 3])
    >>> abs(kernel_distance(near[0], near[1])[0]) < 0.1, kernel_distance(near[0], far)[0] > 10
    (True, True)
    """
    first, second = _samples(first, second)

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(codes: np.ndarray) -> np.ndarray:
        """Mean of each row's kernel with the others, [N]."""
        values = kernel(codes, codes)
        return (values.sum(axis=1) - np.diagonal(values)) / (len(codes) - 1)

    across = kernel(first, second)
    # Each row is in two terms of the statistic: with its own sample, and with the other one.
    of_first = within(first) - across.mean(axis=1)
    of_second = within(second) - across.mean(axis=0)
    return float(of_first.mean() + of_second.mean()), 2 * of_first, 2 * of_second


def frechet_distance(first: np.ndarray, second: np.ndarray) -> Score:
    """|m - m'|^2 + tr(C + C' - 2 (C C')^1/2) of Gaussians fitted to the samples (FID, Heusel et
    al. 2017); it is the squared 2-Wasserstein distance of the two.

    It is too large by about a constant over N: see `extrapolated_frechet_distance`.

    Args:
        first, second: [N, D], [M, D], samples of at least 2 rows.
    Returns:
        The distance and its linear terms [N], [M].
    Raises:
        ValueError: as for `kernel_distance`.

    >>> features = np.random.default_rng(0).normal(size=[100, 2])
    >>> round(frechet_distance(features, features + [3, 4])[0], 6)
    25.0
    """
    first, second = _samples(first, second)
    mean, other_mean = first.mean(axis=0), second.mean(axis=0)
    of_first, of_second = covariance(first), covariance(second)
    root, inverse = powers(of_first)
    cross, cross_inverse = powers(root @ of_second @ root)
    shift = mean - other_mean
    value = shift @ shift + np.trace(of_first) + np.trace(of_second) - 2 * np.trace(cross)
    # The derivative by C is I - T, by C' it is I - T'; T transports one Gaussian to the other.
    forth, back = inverse @ cross @ inverse, root @ cross_inverse @ root

    def terms(rows: np.ndarray, shift: np.ndarray, transport: np.ndarray) -> np.ndarray:
        return 2 * rows @ shift + (rows * (rows - rows @ transport)).sum(axis=1)

    return (
        max(float(value), 0.0),
        terms(first - mean, shift, forth),
        terms(second - other_mean, -shift, back),
    )


def extrapolated_frechet_distance(first: np.ndarray, second: np.ndarray) -> Score:
    """`frechet_distance` without the part that falls as 1/N (Chong & Forsyth 2020).

    2 F(N) - F(N/2), where F(N/2) is the mean over the two halves of both samples. It needs more
    rows than columns; below that the error doesn't fall as 1/N. It may be slightly below 0.

    Args:
        first, second: [N, D], [M, D], in random order, with N and M of at least `least_rows(D)`.
    Raises:
        ValueError: as for `kernel_distance`, or too few rows.

    >>> rng = np.random.default_rng(0)
    >>> first, second = rng.normal(size=[2, 400, 20])
    >>> value, extrapolated = (
    ...     distance(first, second)[0]
    ...     for distance in (frechet_distance, extrapolated_frechet_distance)
    ... )
    >>> value > 0.4, abs(extrapolated) < 0.1
    (True, True)
    """
    value, of_first, of_second = frechet_distance(first, second)
    if min(len(first), len(second)) < least_rows(first.shape[1]):
        raise ValueError(
            f"samples of {len(first)} and {len(second)} rows are too few for "
            f"{first.shape[1]} columns"
        )
    pairs = zip(np.array_split(first, 2), np.array_split(second, 2), strict=True)
    halves = float(np.mean([frechet_distance(*pair)[0] for pair in pairs]))
    return 2 * value - halves, of_first, of_second


def least_rows(columns: int) -> int:
    """Rows that `extrapolated_frechet_distance` needs of samples with so many columns: more than
    twice as many, and two in each half.

    >>> least_rows(128)
    257
    """
    return max(2 * columns + 1, 4)


def precision_and_recall(
    real: np.ndarray, generated: np.ndarray, neighbours: int = 3
) -> tuple[np.ndarray, np.ndarray]:
    """Which generated images lie among the real ones, and which real ones among the generated.

    A set covers the balls around its points that reach to each point's `neighbours`-th neighbour
    (Kynkaanniemi et al. 2019, eq. 1 and 2). Precision is the mean of the first result, recall that
    of the second.

    Args:
        real, generated: Features, [N, D], [M, D].
        neighbours: k; less than N and M.
    Returns:
        bool [M] and [N].
    Raises:
        ValueError: no more points than neighbours.

    >>> real = np.arange(20.0)[:, None]
    >>> precision, recall = precision_and_recall(real, real[:10] + 0.5)  # half of the points
    >>> float(precision.mean()), float(recall.mean())
    (1.0, 0.65)
    """
    real, generated = _samples(real, generated)
    if min(len(real), len(generated)) <= neighbours:
        raise ValueError(
            f"sets of {len(real)} and {len(generated)} points are too small for "
            f"{neighbours} neighbours"
        )
    return _covered(generated, real, neighbours), _covered(real, generated, neighbours)


def inception_score(probabilities: np.ndarray) -> tuple[float, np.ndarray]:
    """E[KL(p(y|x) | p(y))] in nats, the logarithm of the inception score (Salimans et al. 2016).

    The mean over N images in place of p(y) makes it too small by about 1/(2 N) times
    sum_y Var[p(y|x)] / p(y), which is added (Miller 1955, for entropies). The score is at most K.

    Args:
        probabilities: p(y|x) of each image, [N, K].
    Returns:
        The logarithm of the score, and its linear terms [N].

    Each of four classes for certain, equally often:

    >>> value, _ = inception_score(np.repeat(np.eye(4), 1000, axis=0))
    >>> round(float(np.exp(value)), 2)
    4.0
    """
    probabilities = np.asarray(probabilities, np.float64)
    mean = probabilities.mean(axis=0)
    logs = np.log(np.maximum(probabilities, 1e-16)) - np.log(np.maximum(mean, 1e-16))
    # The derivative by p(y) is -1 for each class, a constant: no term of its own.
    terms = (probabilities * logs).sum(axis=1)
    seen = mean > 0
    missing = (probabilities.var(axis=0)[seen] / mean[seen]).sum() / (2 * len(probabilities))
    return min(float(terms.mean() + missing), float(np.log(probabilities.shape[1]))), terms


def cosine_pairs(images: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean cosine over pairs of distinct images (Vargas Aguilar & Gu, eq. 5).

    It is computed without a loop over pairs.

    With unit vectors u and s their sum, the mean over pairs is (|s|^2 - n) / (n (n - 1)), and
    image i's mean over the others is (u_i . s - 1) / (n - 1).

    Args:
        images: [N, ...] with N > 1; an image of zeros has cosine 0 with all others.
    Returns:
        The mean, and [N] the linear terms of this U-statistic: their mean is the statistic, and has
        its variance (twice an image's deviation, because each image is the first and the second of
        pairs).
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


def _samples(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.ndim != 2 or first.shape[1:] != second.shape[1:] or min(len(first), len(second)) < 2:
        raise ValueError(
            f"samples must be [N, D] and [M, D] with at least 2 rows, "
            f"got {first.shape} and {second.shape}"
        )
    return first, second


def _covered(points: np.ndarray, centres: np.ndarray, neighbours: int) -> np.ndarray:
    """Whether each point is in the ball of a centre, [N]."""
    # Its nearest neighbour is itself.
    radii = np.concatenate(
        [
            np.partition(_squares(centres[start : start + CHUNK], centres), neighbours, axis=1)[
                :, neighbours
            ]
            for start in range(0, len(centres), CHUNK)
        ]
    )
    return np.concatenate(
        [
            (_squares(points[start : start + CHUNK], centres) <= radii).any(axis=1)
            for start in range(0, len(points), CHUNK)
        ]
    )


def _squares(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared distances of all pairs, [N, M]."""
    from scipy.spatial import distance

    return distance.cdist(first, second, "sqeuclidean")
