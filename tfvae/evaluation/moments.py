"""Covariances of samples, and their powers; pure NumPy."""

import numpy as np


def covariance(codes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Covariance of the columns, [D, D]; rows may have weights [N].

    >>> covariance(np.array([[0.0, 1.0], [2.0, 1.0]])).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return np.atleast_2d(np.cov(codes, rowvar=False, bias=True, aweights=weights))


def powers(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric square root of a covariance and the inverse of the root, [D, D] each.

    Directions without variance, such as those of padding, are left out of the inverse.

    >>> root, inverse = powers(np.diag([4.0, 0.0]))
    >>> root.tolist(), inverse.tolist()
    ([[2.0, 0.0], [0.0, 0.0]], [[0.5, 0.0], [0.0, 0.0]])
    """
    variances, axes = np.linalg.eigh(covariance)
    variances = np.maximum(variances, 0)
    roots = np.sqrt(variances)
    used = variances > 1e-9 * max(variances.max(), 1e-300)
    inverses = np.divide(1, roots, out=np.zeros_like(roots), where=used)
    return (axes * roots) @ axes.T, (axes * inverses) @ axes.T
