"""Maximum mean discrepancy between two samples (Gretton et al. 2012), and its kernels.

A kernel maps squared distances [...], at least 0, and a bandwidth s > 0 in units of the code to
values [...] in (0, 1], with k(z, z) = 1.
"""

import math
from collections.abc import Callable
from typing import Literal, get_args

import tensorflow as tf

KernelName = Literal["gaussian", "mixture", "imq"]
Kernel = Callable[[tf.Tensor, float], tf.Tensor]

# Bandwidths of the Gaussians in `mixture`, in units of its own bandwidth.
MIXTURE_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)


def gaussian(square: tf.Tensor, bandwidth: float) -> tf.Tensor:
    """exp(-|z - z'|^2 / (2 s^2)).

    >>> print(gaussian(tf.constant([0.0, 2.0]), bandwidth=1.0).numpy().round(3))
    [1.    0.368]
    """
    return tf.exp(-0.5 * square / bandwidth**2)


def mixture(square: tf.Tensor, bandwidth: float) -> tf.Tensor:
    """Mean of the Gaussian kernels of bandwidths `MIXTURE_FACTORS` s.

    >>> print(mixture(tf.constant([0.0, 2.0]), bandwidth=1.0).numpy().round(3))
    [1.    0.421]
    """
    kernels = [gaussian(square, factor * bandwidth) for factor in MIXTURE_FACTORS]
    return tf.add_n(kernels) / len(kernels)


def imq(square: tf.Tensor, bandwidth: float) -> tf.Tensor:
    """Inverse multiquadratic C / (C + |z - z'|^2) with C = 2 s^2.

    Tolstikhin et al. (2018), section 4; their C = 2 D for a prior N(0, I) is s = sqrt(D).

    >>> imq(tf.constant([0.0, 2.0]), bandwidth=1.0).numpy().tolist()
    [1.0, 0.5]
    """
    return 1.0 / (1.0 + 0.5 * square / bandwidth**2)


KERNELS = {"gaussian": gaussian, "mixture": mixture, "imq": imq}
assert set(KERNELS) == set(get_args(KernelName))


def default_bandwidth(dimension: int) -> float:
    """s = sqrt(D): 2 s^2 is the mean squared distance between two draws of N(0, I).

    >>> default_bandwidth(4)
    2.0
    """
    return math.sqrt(dimension)


def squared_mmd(codes: tf.Tensor, others: tf.Tensor, kernel: Kernel, bandwidth: float) -> tf.Tensor:
    """Unbiased estimate of MMD^2 between the distributions of two independent samples.

    Gretton et al. (2012), eq. 3: the mean of k over pairs of different rows of `codes`, plus the
    same mean over `others`, minus twice the mean of k over all pairs of one row from each. Where
    the two distributions are equal, the estimate is negative about as often as positive.

    Args:
        codes: [M, D].
        others: [N, D].
        kernel: One of `KERNELS`' functions.
        bandwidth: s of the kernel, in units of the code.
    Returns:
        Scalar, float32; 0, with no gradient, where a sample has fewer than two rows: the estimate
        needs two.

    Two samples, each of equal rows, far from each other (1 + 1 - 2 * 0):

    >>> float(squared_mmd(tf.zeros([3, 2]), tf.fill([4, 2], 100.0), gaussian, bandwidth=1.0))
    2.0
    """
    codes, others = tf.cast(codes, tf.float32), tf.cast(others, tf.float32)
    enough = tf.minimum(tf.shape(codes)[0], tf.shape(others)[0]) > 1
    cross = kernel(square_distances(codes, others), bandwidth)
    estimate = (
        _mean_of_different(codes, kernel, bandwidth)
        + _mean_of_different(others, kernel, bandwidth)
        - 2.0 * tf.math.divide_no_nan(tf.reduce_sum(cross), tf.cast(tf.size(cross), tf.float32))
    )
    return tf.where(enough, estimate, 0.0)


def square_distances(codes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """|z - z'|^2 of rows [M, D] and [N, D]: [M, N].

    It is computed from differences: |z|^2 + |z'|^2 - 2 z z' would lose small distances to rounding.

    >>> square_distances(tf.zeros([1, 2]), tf.constant([[3.0, 4.0], [0.0, 1.0]])).numpy().tolist()
    [[25.0, 1.0]]
    """
    return tf.reduce_sum(tf.math.squared_difference(codes[:, tf.newaxis], others), axis=-1)


def _mean_of_different(codes: tf.Tensor, kernel: Kernel, bandwidth: float) -> tf.Tensor:
    """Mean of k over pairs of different rows; 0 for a single row."""
    values = kernel(square_distances(codes, codes), bandwidth)
    count = tf.cast(tf.shape(codes)[0], tf.float32)
    off_diagonal = tf.linalg.set_diag(values, tf.zeros_like(tf.linalg.diag_part(values)))
    return tf.math.divide_no_nan(tf.reduce_sum(off_diagonal), count * (count - 1.0))
