"""Intervals and closed forms, against SciPy and brute force."""

import itertools

import numpy as np
import pytest
import scipy.stats

from tfvae.evaluation import statistics


def test_interval_of_a_mean_is_student_s():
    values = np.random.default_rng(1).normal(3.0, 2.0, size=20)
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval()
    assert statistics.mean_interval(values) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[0.5], [0.25, 0.25, 0.25], [0.0] * 10])
def test_equal_values_give_the_mean_twice(values):
    assert statistics.mean_interval(np.array(values)) == (values[0], values[0])


@pytest.mark.parametrize("interval", [statistics.mean_interval, statistics.proportion_interval])
def test_images_without_weight_have_no_part(interval):
    values, weights = np.array([0.0, 1.0, 1.0, np.nan]), np.array([1, 3, 2, 0])
    assert interval(values, weights) == interval(values[:3], weights[:3])
    with pytest.raises(ValueError, match="no image"):
        interval(values, np.zeros(4))


@pytest.mark.parametrize("count", [0, 1, 5, 359, 360])
def test_interval_of_a_proportion_is_wilson_s(count):
    hits = np.arange(360) < count
    expected = scipy.stats.binomtest(count, 360).proportion_ci(method="wilson")
    assert statistics.proportion_interval(hits) == pytest.approx(expected)
    # The recall of a single group with all images is a proportion.
    one = statistics.mean_recall_interval(hits[:, None], np.ones([360, 1], bool))
    assert one == pytest.approx(expected, abs=2e-4)


def test_entries_of_an_image_that_agree_count_once():
    hits = np.random.default_rng(0).random(500) < 0.9
    once = statistics.proportion_interval(hits)
    assert statistics.proportion_interval(hits, np.full(500, 40)) == once
    assert statistics.proportion_interval(np.ones(500), np.full(500, 40)) == (
        statistics.proportion_interval(np.ones(500))
    )


def test_groups_without_members_have_no_part():
    members = np.eye(3, dtype=bool)[np.arange(60) % 2]
    hits = members & (np.arange(60) < 50)[:, None]
    found = statistics.mean_recall_interval(hits, members)
    assert found == statistics.mean_recall_interval(hits[:, :2], members[:, :2])
    assert found[0] < 5 / 6 < found[1]


def test_cosine_equals_brute_force_over_pairs():
    images = np.random.default_rng(2).normal(size=(9, 4, 3, 1))
    flat = images.reshape(9, -1)
    units = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    pairs = [units[i] @ units[j] for i, j in itertools.combinations(range(9), 2)]
    mean, terms = statistics.cosine_pairs(images)
    assert mean == pytest.approx(np.mean(pairs))
    assert terms.mean() == pytest.approx(mean)


def test_cosine_of_copies_is_one_and_of_orthogonal_images_zero():
    copies = np.repeat(np.random.default_rng(0).uniform(size=(1, 5, 5, 1)), 6, axis=0)
    assert statistics.cosine_pairs(copies)[0] == pytest.approx(1)
    assert statistics.cosine_pairs(np.eye(6))[0] == pytest.approx(0, abs=1e-12)
    # A black image has no direction: cosine 0 with all others, not NaN.
    assert statistics.cosine_pairs(np.array([[0.0, 0], [1, 0], [1, 0]]))[0] == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="two images, got 1"):
        statistics.cosine_pairs(np.ones((1, 2)))


def test_cosine_terms_have_the_spread_of_the_statistic():
    rng = np.random.default_rng(0)
    draws = [statistics.cosine_pairs(rng.normal(0.5, 1, size=(60, 5))) for _ in range(300)]
    spread = np.std([mean for mean, _ in draws])
    linear = np.mean([terms.std() / np.sqrt(60) for _, terms in draws])
    assert linear == pytest.approx(spread, rel=0.2)


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
    weights = np.arange(400) % 3
    repeated = np.repeat(np.arange(400), weights)
    low, high = statistics.ratio_interval(above, below, weights)
    assert (low + high) / 2 == pytest.approx(above[repeated].sum() / below[repeated].sum())
