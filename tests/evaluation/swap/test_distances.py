"""Distances of samples against loops, closed forms and simulation."""

import numpy as np
import pytest

from tfvae.evaluation.swap.distances import gaussian_wasserstein, linear_cka
from tfvae.evaluation.swap.unpaired import random_rotation


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
