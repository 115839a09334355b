"""Distances between two samples of codes: arrays in, numbers out."""

import numpy as np

from tfvae.evaluation.image_sets import frechet_distance
from tfvae.evaluation.swap.alignment import padded


def gaussian_wasserstein(first: np.ndarray, second: np.ndarray) -> float:
    """Squared 2-Wasserstein distance of Gaussians fitted to the samples: `frechet_distance`.

    Codes of unequal size are padded with zeros.

    Args:
        first, second: [N, D], [M, D'].

    >>> codes = np.random.default_rng(0).normal(size=[100, 2])
    >>> round(gaussian_wasserstein(codes, codes + [3, 4]), 6)
    25.0
    """
    size = max(first.shape[1], second.shape[1])
    return frechet_distance(padded(first, size), padded(second, size))[0]


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
