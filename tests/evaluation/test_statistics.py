"""Intervals cover, and closed forms equal brute force."""

import numpy as np
import pytest
from scipy import stats

from tfvae.evaluation import statistics


def test_interval_has_the_normal_width():
    values = np.random.default_rng(1).normal(3.0, 2.0, size=2000)
    low, high = statistics.mean_interval(values)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(2000), rel=0.01)


@pytest.mark.parametrize("values", [[0.5], [0.25, 0.25, 0.25], [0.1] * 10, [0.0] * 10])
def test_degenerate_data_give_the_mean_twice(values):
    assert statistics.mean_interval(np.array(values)) == (np.mean(values), np.mean(values))


def test_symmetric_data_have_the_t_interval():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    expected = stats.t.interval(0.95, 4, 3.0, stats.sem(values))
    assert statistics.mean_interval(values) == pytest.approx(expected)


def test_skewed_data_have_halls_interval():
    """Its ends are where Hall's transform of the t statistic has its quantiles (1992, eq. 2.4)."""
    values = np.random.default_rng(0).exponential(size=20)
    skewness, root = stats.skew(values), np.sqrt(20)
    found = []
    for end in statistics.mean_interval(values):
        t = (values.mean() - end) / stats.sem(values)
        series = t + skewness * t**2 / (3 * root) + skewness**2 * t**3 / (27 * 20)
        found.append(series + skewness / (6 * root))
    assert found == pytest.approx([stats.t.ppf(0.975, 19), stats.t.ppf(0.025, 19)])


def test_weights_count_images():
    values = np.array([0.0, 1.0, 5.0, np.nan])
    low, high = statistics.mean_interval(values, np.array([1, 3, 0, 0]))
    assert low <= 0.75 <= high
    with pytest.raises(ValueError, match="no image"):
        statistics.mean_interval(values, np.zeros(4))
    many, few = np.random.default_rng(0).exponential(size=(2, 60))
    weights = np.repeat([3.0, 1.0], 60)
    weighted = statistics.mean_interval(np.concatenate([many, few]), weights)
    assert weighted == pytest.approx(
        statistics.mean_interval(np.concatenate([many, few]), 10 * weights)
    )


def test_row_seeds_differ():
    seeds = np.concatenate([statistics.row_seeds(seed, 1000) for seed in range(3)])
    assert seeds.dtype == np.int64 and len(np.unique(seeds)) == 3000


def test_ratio_interval_covers_the_ratio():
    rng = np.random.default_rng(0)
    below = rng.normal(2, 0.5, 400)
    above = 0.3 * below + rng.normal(0, 0.1, 400)
    low, high = statistics.ratio_interval(above, below)
    assert low < 0.3 < high < 0.32
    assert statistics.ratio_interval(below, below) == (1, 1)
