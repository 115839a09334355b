"""Maximum mean discrepancy between two samples (Gretton et al. 2012), and its kernels.

A kernel maps squared distances [...], at least 0, and a bandwidth s > 0 in units of the code to
values [...] in (0, 1], with k(z, z) = 1.
"""

import math
from typing import Literal, get_args

import tensorflow as tf

KernelName = Literal["gaussian", "mixture", "imq"]

# Of the Gaussians in `mixture`, in units of the bandwidth.
MIXTURE_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)


def gaussian(square, bandwidth):
    """exp(-|z - z'|^2 / (2 s^2))."""
    return tf.exp(-0.5 * square / bandwidth**2)


def mixture(square, bandwidth):
    """Mean of the Gaussian kernels of bandwidths `MIXTURE_FACTORS` s."""
    kernels = [gaussian(square, factor * bandwidth) for factor in MIXTURE_FACTORS]
    return tf.add_n(kernels) / len(kernels)


def imq(square, bandwidth):
    """Inverse multiquadratic C / (C + |z - z'|^2) with C = 2 s^2.

    Tolstikhin et al. (2018), section 4; their C = 2 D for a prior N(0, I) is s = sqrt(D).
    """
    return 1.0 / (1.0 + 0.5 * square / bandwidth**2)


KERNELS = {"gaussian": gaussian, "mixture": mixture, "imq": imq}
assert set(KERNELS) == set(get_args(KernelName))


def default_bandwidth(dimension):
    """s = sqrt(D): 2 s^2 is the mean squared distance between two draws of N(0, I)."""
    return math.sqrt(dimension)


def squared_mmd(codes, others, kernel, bandwidth):
    """Unbiased estimate of MMD^2 between the distributions of two independent samples.

    Gretton et al. (2012), eq. 3: mean of k over the pairs of different codes, plus that over the
    pairs of different others, minus twice the mean over all pairs of a code and another. It is
    negative about as often as not where the distributions are equal.

    Args:
        codes: [M, D].
        others: [N, D].
        kernel: One of `KERNELS`' functions.
        bandwidth: s of the kernel, in units of the code.
    Returns:
        Scalar, float32; 0, with no gradient, where a sample has fewer than two rows: the estimate
        needs two.
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


def square_distances(codes, others):
    """|z - z'|^2 of rows [M, D] and [N, D]: [M, N].

    From differences: |z|^2 + |z'|^2 - 2 z z' would lose the small ones to rounding.
    """
    return tf.reduce_sum(tf.math.squared_difference(codes[:, tf.newaxis], others), axis=-1)


def _mean_of_different(codes, kernel, bandwidth):
    """Mean of k over pairs of different rows; 0 where there is none."""
    values = kernel(square_distances(codes, codes), bandwidth)
    count = tf.cast(tf.shape(codes)[0], tf.float32)
    off_diagonal = tf.linalg.set_diag(values, tf.zeros_like(tf.linalg.diag_part(values)))
    return tf.math.divide_no_nan(tf.reduce_sum(off_diagonal), count * (count - 1.0))
