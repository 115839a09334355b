"""Distances between two samples of codes or of features: arrays in, numbers out."""

import numpy as np

from tfvae.evaluation.swap.alignment import covariance, padded, powers


def kernel_distance(first: np.ndarray, second: np.ndarray) -> tuple[float, np.ndarray]:
    """Squared MMD with the kernel (x.y / D + 1)^3 of Binkowski et al. (2018), unbiased.

    Args:
        first, second: [N, D], independent samples of equal size, of at least 2.
    Returns:
        The distance, which may be slightly below 0, and its linear terms [N] for an interval.
    Raises:
        ValueError: samples of unequal size or shape, or of a single row.

    >>> rng = np.random.default_rng(0)
    >>> near, far = rng.normal(size=[2, 500, 3]), rng.normal(3, size=[500, 3])
    >>> abs(kernel_distance(near[0], near[1])[0]) < 0.1, kernel_distance(near[0], far)[0] > 10
    (True, True)
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape or len(first) < 2:
        raise ValueError(
            f"samples must have equal shapes [N, D] with N of at least 2, "
            f"got {first.shape} and {second.shape}"
        )
    count, dimension = first.shape

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / dimension + 1) ** 3

    def within(codes: np.ndarray) -> np.ndarray:
        """Mean of each row's kernel with the others, [N]."""
        values = kernel(codes, codes)
        return (values.sum(axis=1) - np.diagonal(values)) / (count - 1)

    across = kernel(first, second)
    # Each code is in two terms of the statistic: with its own sample, and with the other one.
    of_first = within(first) - across.mean(axis=1)
    of_second = within(second) - across.mean(axis=0)
    return float(of_first.mean() + of_second.mean()), 2 * (of_first + of_second)


def gaussian_wasserstein(first: np.ndarray, second: np.ndarray) -> float:
    """Squared 2-Wasserstein distance of Gaussians fitted to the samples (Frechet distance).

    |m - m'|^2 + tr(C + C' - 2 (C^1/2 C' C^1/2)^1/2). Codes of unequal size are padded with zeros.

    Args:
        first, second: [N, D], [M, D'].

    >>> codes = np.random.default_rng(0).normal(size=[100, 2])
    >>> round(gaussian_wasserstein(codes, codes + [3, 4]), 6)
    25.0
    """
    size = max(first.shape[1], second.shape[1])
    first, second = (padded(np.asarray(each, np.float64), size) for each in (first, second))
    of_first, of_second = covariance(first), covariance(second)
    root, _ = powers(of_first)
    cross, _ = powers(root @ of_second @ root)
    shift = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    return float(shift + np.trace(of_first) + np.trace(of_second) - 2 * np.trace(cross))


def linear_cka(first: np.ndarray, second: np.ndarray) -> float:
    """Linear centred kernel alignment of paired codes (Kornblith et al. 2019, eq. 4).

    1 if the codes are equal up to rotation, shift and one scale.

    Args:
        first, second: [N, D], [N, D'], row i of both of the same content.
    Raises:
        ValueError: samples of unequal size.

    >>> codes = np.random.default_rng(0).normal(size=[100, 2])
    >>> round(linear_cka(codes, 3 * codes[:, ::-1] + 5), 6)
    1.0
    """
    if len(first) != len(second):
        raise ValueError(f"paired codes must have equal sizes, got {len(first)} and {len(second)}")
    first, second = (each - each.mean(axis=0, dtype=np.float64) for each in (first, second))
    norms = np.linalg.norm(first.T @ first) * np.linalg.norm(second.T @ second)
    return float(np.square(first.T @ second).sum() / norms) if norms > 0 else 0.0
