"""Scores of codes, from the moments of their posteriors: arrays in, numbers out."""

import numpy as np


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
