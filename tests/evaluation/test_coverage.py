"""How often the intervals of the metrics hold the true value, on simulated test sets.

python -m pytest -s tests/evaluation/test_coverage.py     # prints the table of docs/metrics
"""

import numpy as np
import pytest
from scipy import stats

from tfvae.evaluation.metrics.crosstalk import agreement
from tfvae.evaluation.metrics.traversal import information_interval
from tfvae.evaluation.statistics import (
    cosine_pairs,
    mean_interval,
    mean_recall_interval,
    proportion_interval,
    ratio_interval,
    wilson,
)

SETS = 1000
# Around 0.95, the simulation's own error (two standard deviations of 1,000 sets) included.
LOWEST, HIGHEST = 0.93 - 0.015, 0.97 + 0.015


def coverage(interval, truth, sets=SETS):
    """Share of `sets` simulated intervals that hold the truth."""
    rng = np.random.default_rng(0)
    found = [interval(rng) for _ in range(sets)]
    return float(np.mean([low <= truth <= high for low, high in found]))


def check(what, found, lowest=LOWEST, highest=HIGHEST):
    print(f"{what}: {found:.3f}")
    assert lowest <= found <= highest


@pytest.mark.parametrize("n", [100, 1000, 10_000])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.99, 0.999])
def test_proportion(p, n):
    """Exact, by the binomial distribution: averaged over 1 - p within a factor of two.

    At a single p the count of errors is a whole number and coverage jumps with p. With fewer than
    one expected error in all no method comes close to 0.95: it is 0.905, or next to 1.
    """
    counts = np.arange(int(n * (p - 0.3)), n + 1)
    bounds = np.array([wilson(count / n, n) for count in counts])
    factors = np.exp(np.linspace(-np.log(2) / 2, np.log(2) / 2, 41)) if p > 0.5 else [1.0]
    shares = []
    for error in (1 - p) * np.asarray(factors):
        held = (bounds[:, 0] <= 1 - error) & (1 - error <= bounds[:, 1])
        shares.append(stats.binom.pmf(counts, n, 1 - error) @ held)
    few = n * (1 - p) < 0.5
    check(f"proportion {p}, {n}", np.mean(shares), lowest=0.90 if few else 0.93, highest=0.97)


@pytest.mark.parametrize("n", [100, 1000])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.99, 0.999])
def test_proportion_of_images_with_several_entries(p, n):
    """1 to 40 entries of an image, which agree more often than those of different images."""

    def interval(rng):
        entries = rng.integers(1, 41, size=n)
        own = rng.beta(p * 19, (1 - p) * 19, size=n)
        return proportion_interval(rng.binomial(entries, own) / entries, entries)

    check(f"several entries {p}, {n}", coverage(interval, p))


@pytest.mark.parametrize("n", [100, 1000])
@pytest.mark.parametrize("p", [0.5, 0.9, 0.99])
def test_mean_recall_of_classes(p, n):
    """Ten classes, some of them easier."""
    recalls = p + (1 - p) * np.linspace(-1, 1, 10)

    def interval(rng):
        members = np.eye(10, dtype=bool)[rng.integers(10, size=n)]
        return mean_recall_interval(members & (rng.random(n)[:, None] < recalls), members)

    check(f"balanced accuracy, classes {p}, {n}", coverage(interval, recalls.mean()))


@pytest.mark.parametrize(("p", "n", "lowest"), [(0.9, 100, LOWEST), (0.99, 1000, LOWEST),
                                                (0.99, 100, 0.89)])  # fmt: skip
def test_mean_recall_of_attributes(p, n, lowest):
    """20 attributes, present and absent, of images that are easy or hard as a whole.

    With 100 images some groups have five members, and errors in them are too rare to be seen.
    """
    frequencies = np.linspace(0.05, 0.5, 20)

    def interval(rng):
        right = rng.random((n, 20)) < rng.beta(p * 19, (1 - p) * 19, size=(n, 1))
        label = rng.random((n, 20)) < frequencies
        members = np.concatenate([label, ~label], axis=1)
        return mean_recall_interval(np.tile(right, 2) & members, members)

    check(f"balanced accuracy, attributes {p}, {n}", coverage(interval, p), lowest)


@pytest.mark.parametrize("n", [100, 1000])
def test_mean_and_ratio_of_skewed_scores(n):
    check(f"mean {n}", coverage(lambda rng: mean_interval(rng.lognormal(0, 0.5, n)), np.exp(0.125)))

    def weighted(rng):
        weights = rng.integers(0, 5, size=n)
        return mean_interval(weights + rng.exponential(1, n), weights)

    # E[w^2] / E[w] + 1
    check(f"weighted mean {n}", coverage(weighted, 4.0))

    def ratio(rng):
        below = rng.gamma(4, 1, n)
        return ratio_interval(below * rng.lognormal(0, 0.3, n), below)

    check(f"ratio {n}", coverage(ratio, np.exp(0.045)))


def test_cosine_over_pairs():
    """Mean direction (1, 0, ... 0) times a, and noise in 20 dimensions."""
    rng = np.random.default_rng(1)
    many = rng.normal(size=(200_000, 20)) + 2 * np.eye(20)[0]
    units = many / np.linalg.norm(many, axis=1, keepdims=True)
    truth = np.sum(units.mean(axis=0) ** 2)

    def interval(rng):
        mean, terms = cosine_pairs(rng.normal(size=(100, 20)) + 2 * np.eye(20)[0])
        return mean_interval(terms)

    check("cosine 100", coverage(interval, truth))


def test_information_of_a_code():
    """Means of standard deviation 0 to 1 in ten dimensions, with random noise beside them."""
    spread = np.linspace(0, 1, 10)
    truth = 0.5 * np.log1p(spread**2 / (0.5**2 + 0.1**2)).sum()

    def interval(rng):
        mean = spread * rng.normal(size=(1000, 10))
        return information_interval(mean, rng.normal(0.5, 0.1, size=(1000, 10)))

    check("information 1000", coverage(interval, truth, sets=500))


def test_correlations_of_changes():
    """Changes of ten labels that two noisy measures see in 200 images."""
    rng = np.random.default_rng(1)
    true = rng.normal(size=(10, 10))
    other = 0.8 * true + 0.4 * rng.normal(size=(10, 10))
    off = ~np.eye(10, dtype=bool)
    truths = {
        "correlation": stats.pearsonr(true[off], other[off])[0],
        "gram_correlation": stats.pearsonr(true[off], other[off])[0],
    }
    for name, truth in truths.items():

        def interval(rng, name=name):
            # An image's changes differ from the mean by a common factor and by noise.
            share = rng.gamma(4, 0.25, size=(200, 1, 1))
            predicted = share * true + 0.3 * rng.normal(size=(200, 10, 10))
            measured = share * other + 0.3 * rng.normal(size=(200, 10, 10))
            return agreement(true, predicted, measured)[1][name]

        check(f"{name} 200", coverage(interval, truth, sets=500))
