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
