"""Distances of samples against loops, closed forms and simulation."""

import numpy as np
import pytest

from tfvae.evaluation.statistics import linear_interval
from tfvae.evaluation.swap.distances import (
    gaussian_mmd,
    gaussian_wasserstein,
    kernel_distance,
    linear_cka,
)
from tfvae.evaluation.swap.unpaired import random_rotation

KERNELS = {
    kernel_distance: lambda x, y: (x @ y / len(x) + 1) ** 3,
    gaussian_mmd: lambda x, y: np.exp(-np.square(x - y).sum() / (2 * len(x))),
}


@pytest.mark.parametrize("distance", KERNELS)
def test_mmd_against_a_loop(distance):
    first, second = np.random.default_rng(0).normal(size=(2, 6, 3))
    kernel = KERNELS[distance]
    rows = range(6)
    within = sum(
        kernel(codes[i], codes[j]) for codes in (first, second) for i in rows for j in rows
        if i != j
    )  # fmt: skip
    across = sum(kernel(a, b) for a in first for b in second)
    value, terms = distance(first, second)
    assert value == pytest.approx(within / 30 - 2 * across / 36)
    assert terms.shape == (6,)


def test_mmd_of_one_distribution_is_zero_on_average_and_its_interval_holds_it():
    """Far from zero, where the statistic is normal, the interval covers as it should."""
    rng = np.random.default_rng(0)
    same = [gaussian_mmd(*rng.normal(size=(2, 40, 2)))[0] for _ in range(400)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 20
    # E k(x, y) of normal samples with means apart by m, D = 1: exp(-m^2 / 6) / sqrt(3).
    truth = 2 * (1 - np.exp(-4 / 6)) / np.sqrt(3)
    hits = 0
    for _ in range(400):
        value, terms = gaussian_mmd(rng.normal(size=(100, 1)), rng.normal(2, size=(100, 1)))
        low, high = linear_interval(value, terms)
        hits += low <= truth <= high
    assert 0.92 < hits / 400 < 0.98


def test_mmd_needs_two_equal_samples():
    with pytest.raises(ValueError, match="equal shapes"):
        gaussian_mmd(np.zeros([3, 2]), np.zeros([4, 2]))


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
