"""Scores of codes, from the moments of their posteriors: arrays in, numbers out."""

import numpy as np

from tfvae.evaluation.statistics import linear_interval

# Variance of the posterior means from which on a dimension is in use (Burda et al. 2016).
ACTIVE_VARIANCE = 0.01


def channel_information(mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
    """1/2 ln(1 + Var[mean] / E[stddev^2]) per dimension, [D], nats.

    The capacity of a Gaussian channel with the posterior means as signal and the posterior
    variances as noise.

    Args:
        mean, stddev: Of q(z|x) for N images, [N, D].

    >>> mean, stddev = np.array([[-1.0, 0.0], [1.0, 0.0]]), np.ones([2, 2])
    >>> (channel_information(mean, stddev) / np.log(2)).tolist()
    [0.5, 0.0]
    """
    noise = np.maximum((stddev**2).mean(axis=0), 1e-12)
    return 0.5 * np.log1p(mean.var(axis=0) / noise)


def information_terms(mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
    """Linear terms of `channel_information`: the share of each image in its error, [N, D], nats.

    With V = Var[mean] and E = E[stddev^2] they are 1/2 ((mean - E[mean])^2 - V) / (V + E)
    - 1/2 (stddev^2 - E) V / (E (V + E)).

    Args:
        mean, stddev: Of q(z|x) for N images, [N, D].

    >>> mean, stddev = np.array([[-1.0], [0.0], [1.0]]), np.ones([3, 1])
    >>> information_terms(mean, stddev).round(3).ravel().tolist()
    [0.1, -0.2, 0.1]
    """
    squares, noises = np.square(mean - mean.mean(axis=0)), np.square(stddev)
    signal, noise = squares.mean(axis=0), np.maximum(noises.mean(axis=0), 1e-12)
    of_signal = (squares - signal) / (signal + noise)
    of_noise = (noises - noise) * signal / (noise * (signal + noise))
    return (of_signal - of_noise) / 2


def kl_from_normal(mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
    """KL(N(mean, stddev^2) || N(0, 1)), elementwise, nats.

    Args:
        mean, stddev: Of q(z|x), any equal shapes. A standard deviation below 1e-6, as of a
            dimension that is exactly 0, counts as 1e-6.

    >>> kl_from_normal(np.array([0.0, 2.0]), np.array([1.0, 1.0])).tolist()
    [0.0, 2.0]
    """
    stddev = np.maximum(stddev, 1e-6)
    return 0.5 * (np.square(mean) + np.square(stddev) - 1) - np.log(stddev)


def active(mean: np.ndarray) -> np.ndarray:
    """Whether a dimension differs between images: Var[mean] > 0.01 (Burda et al. 2016), [D].

    >>> active(np.array([[-1.0, 0.05], [1.0, -0.05]])).tolist()
    [True, False]
    """
    return mean.var(axis=0) > ACTIVE_VARIANCE


def by_use(mean: np.ndarray, stddev: np.ndarray) -> np.ndarray:
    """Numbers of the dimensions, from the largest to the smallest divergence from N(0, 1), [D].

    Those that aren't active come last: one that is exactly 0 for every image has a large divergence
    and no use.

    Args:
        mean, stddev: Of q(z|x) for N images, [N, D].

    >>> mean = np.array([[0.0, -1.0, -2.0], [0.0, 1.0, 2.0]])
    >>> by_use(mean, stddev=np.array([[0.0, 1.0, 1.0]])).tolist()
    [2, 1, 0]
    """
    rates = kl_from_normal(mean, stddev).mean(axis=0)
    return np.lexsort([-rates, ~active(mean)])


def correlation(codes: np.ndarray, labels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Pearson's correlation of each dimension of the code with each label, [D, L].

    Args:
        codes: [N, D].
        labels: [N, L].
        known: bool [N, L]; the others of a label are left out.
    Returns:
        0 where a dimension or a label doesn't vary.

    >>> codes = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [9.0, 0.0]])
    >>> labels, known = np.array([[0], [1], [2], [0]]), np.array([[True], [True], [True], [False]])
    >>> correlation(codes, labels, known).round(6).tolist()
    [[1.0], [0.0]]
    """
    # Centred first: squares of codes far from 0 would cancel.
    codes = codes - codes.mean(axis=0)
    weights = known.astype(np.float64)
    counts = np.maximum(weights.sum(axis=0), 1)
    # Moments over the known images of each label.
    code_means, label_means = (codes.T @ weights) / counts, (labels * weights).sum(axis=0) / counts
    code_squares = (np.square(codes).T @ weights) / counts - np.square(code_means)
    centred = (labels - label_means) * weights
    label_squares = np.square(centred).sum(axis=0) / counts
    scale = np.sqrt(np.maximum(code_squares, 0) * label_squares)
    covariances = codes.T @ centred / counts
    found = np.divide(covariances, scale, out=np.zeros_like(scale), where=scale > 1e-12)
    return np.clip(found, -1, 1)


def correlation_interval(code: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    """95 % interval of Pearson's correlation over images, linearised.

    Fisher's transformation, the usual one, is for two normal variables: of a label that 2 % of the
    images have, its intervals are far too narrow.

    Args:
        code, label: [N] each.
    Returns:
        (low, high), within -1 to 1; 0 twice if one doesn't vary.

    >>> rng = np.random.default_rng(0)
    >>> code = rng.normal(size=1000)
    >>> low, high = correlation_interval(code, code + rng.normal(size=1000))  # 0.71
    >>> low < 0.71 < high, 0.05 < high - low < 0.08
    (True, True)
    """
    if not code.std() or not label.std():
        return 0.0, 0.0
    x, z = ((each - each.mean()) / each.std() for each in (code, label))
    value = float((x * z).mean())
    low, high = linear_interval(value, x * z - value / 2 * (x * x + z * z))
    return max(low, -1.0), min(high, 1.0)


def linear_prediction(
    codes: np.ndarray, labels: np.ndarray, known: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """Labels predicted from other codes by least squares, [M, L].

    Args:
        codes, labels, known: To fit to: [N, D], [N, L] and bool [N, L].
        others: Codes to predict for, [M, D].

    >>> codes, labels = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 0.0]]), np.array([[1], [3], [5]])
    >>> linear_prediction(codes, labels, labels > 0, np.array([[4.0, 0.0]])).round(6).tolist()
    [[9.0]]
    """
    scale = np.maximum(codes.std(axis=0), 1e-12)
    inputs, outputs = (
        np.concatenate([(each - codes.mean(axis=0)) / scale, np.ones([len(each), 1])], axis=1)
        for each in (codes, others)
    )
    columns = [
        outputs @ np.linalg.lstsq(inputs[rows], labels[rows, label], rcond=None)[0]
        for label, rows in enumerate(known.T)
    ]
    return np.stack(columns, axis=1)
