"""Distances of samples against loops, closed forms and simulation."""

import numpy as np
import pytest

from tfvae.evaluation.swap.distances import gaussian_wasserstein, kernel_distance, linear_cka
from tfvae.evaluation.swap.unpaired import random_rotation


def test_kernel_distance_against_a_loop():
    """Its interval: tests/evaluation/test_intervals.py."""
    first, second = np.random.default_rng(0).normal(size=(2, 6, 3))

    def kernel(x, y):
        return (x @ y / 3 + 1) ** 3

    rows = range(6)
    within = sum(
        kernel(codes[i], codes[j]) for codes in (first, second) for i in rows for j in rows
        if i != j
    )  # fmt: skip
    across = sum(kernel(a, b) for a in first for b in second)
    value, terms = kernel_distance(first, second)
    assert value == pytest.approx(within / 30 - 2 * across / 36)
    # Each image's share in the error: their mean is twice the statistic's, by its two samples.
    assert terms.mean() == pytest.approx(2 * value)


def test_kernel_distance_needs_two_equal_samples():
    with pytest.raises(ValueError, match="equal shapes"):
        kernel_distance(np.zeros([3, 2]), np.zeros([4, 2]))


def test_wasserstein_distance_of_gaussians_in_one_dimension():
    """(m - m')^2 + (s - s')^2"""
    first, second = np.random.default_rng(0).normal(size=(2, 50, 1))
    expected = (first.mean() - second.mean()) ** 2 + (first.std() - second.std()) ** 2
    assert gaussian_wasserstein(first, second) == pytest.approx(expected)
    padded = np.hstack([first, np.zeros([50, 2])])
    assert gaussian_wasserstein(padded, second) == pytest.approx(expected)


def test_cka_is_blind_to_rotation_shift_and_scale_alone():
    rng = np.random.default_rng(0)
    codes, other = rng.normal(size=(2, 500, 4))
    turned = 3 * codes @ random_rotation(rng, 4) + 5
    assert linear_cka(codes, turned) == pytest.approx(1)
    assert linear_cka(codes, codes * [1, 1, 1, 10]) < 0.9
    assert linear_cka(codes, other) < 0.05
    with pytest.raises(ValueError, match="equal sizes"):
        linear_cka(codes, codes[:10])
