"""Intervals hold the true value as often as they say.

Coverage is exact for plain proportions: a sum over the binomial distribution. The other cases draw
data whose score is known. A coverage between 0.93 and 0.97 is nominal; where a handful of errors
or fewer is expected among all images it may be higher, never lower. `pytest -rP` prints them all.
"""

import numpy as np
import pytest
from scipy import stats

from tfvae.evaluation.code_scores import channel_information, information_terms
from tfvae.evaluation.image_sets import (
    cosine_pairs,
    extrapolated_frechet_distance,
    inception_score,
    kernel_distance,
)
from tfvae.evaluation.statistics import (
    correlation_interval,
    linear_interval,
    mean_interval,
    proportion_interval,
    ratio_interval,
    samples_interval,
)

# (images, proportion) -> exact coverage of the mid-P interval.
EXACT = {
    (100, 0.5): 0.943, (100, 0.9): 0.956, (100, 0.99): 0.982, (100, 0.999): 0.995,
    (1000, 0.5): 0.946, (1000, 0.9): 0.949, (1000, 0.99): 0.945, (1000, 0.999): 0.981,
    (10000, 0.5): 0.951, (10000, 0.9): 0.951, (10000, 0.99): 0.950, (10000, 0.999): 0.944,
}  # fmt: skip
# Here no interval reaches 0.93 to 0.97: of its two nearest sets of outcomes one is below, the other
# above.
DISCRETE = {
    (100, 0.99): (0.921, 0.982),
    (100, 0.999): (0.905, 0.995),
    (1000, 0.999): (0.920, 0.981),
}


def coverage(draw, truth, repeats, seed=0):
    """Share of draws whose interval holds the truth; the value itself is always inside."""
    rng, held = np.random.default_rng(seed), 0
    for _ in range(repeats):
        value, (low, high) = draw(rng)
        assert low - 1e-12 <= value <= high + 1e-12
        held += low <= truth <= high
    print(f"coverage {held / repeats:.3f}")
    return held / repeats


def errors_of(count, right):
    """One answer per image, as counts of right ones."""
    return proportion_interval(np.arange(count) < right)


@pytest.mark.parametrize(("count", "proportion"), EXACT)
def test_exact_coverage_of_proportions(count, proportion):
    outcomes = np.arange(count + 1)
    chances = stats.binom.pmf(outcomes, count, proportion)
    # The interval's ends grow with the outcome: those that hold the proportion are a range.
    below = _first(count, lambda right: errors_of(count, right)[1] >= proportion)
    above = _first(count, lambda right: errors_of(count, right)[0] > proportion)
    covered = chances[below:above].sum()
    assert covered == pytest.approx(EXACT[count, proportion], abs=6e-4)
    if (count, proportion) not in DISCRETE:
        assert 0.93 <= covered <= 0.97
        return
    # The set that leaves out one outcome more: too small.
    less = max(chances[below + 1 : above].sum(), chances[below : above - 1].sum())
    assert (less, covered) == pytest.approx(DISCRETE[count, proportion], abs=6e-4)
    assert less < 0.93 and covered > 0.97


def _first(count, holds):
    """The smallest outcome from which on a condition holds; bisection."""
    low, high = 0, count + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if middle <= count and holds(middle) else (middle + 1, high)
    return low


def test_a_plain_proportion_has_the_mid_p_interval():
    low, high = errors_of(20, 15)
    upper = stats.binom.cdf(14, 20, high) + stats.binom.pmf(15, 20, high) / 2
    lower = stats.binom.sf(15, 20, low) + stats.binom.pmf(15, 20, low) / 2
    assert (lower, upper) == pytest.approx((0.025, 0.025))
    assert errors_of(20, 5) == pytest.approx((1 - high, 1 - low))
    # All right: 0.05 = low^20.
    assert errors_of(20, 20) == (pytest.approx(0.05 ** (1 / 20)), 1)


def test_answers_of_one_image_count_once_if_they_go_together():
    right = np.arange(200) < 180
    together = proportion_interval(right, np.full(200, 40))
    assert together == pytest.approx(proportion_interval(right))
    rng = np.random.default_rng(0)
    apart = rng.permutation(np.repeat(right, 40)).reshape(200, 40).mean(axis=1)
    low, high = proportion_interval(apart, np.full(200, 40))
    many = np.ptp(proportion_interval(np.repeat(right, 40)))
    assert many <= high - low <= 1.3 * many


def test_shares_of_images_without_answers_do_not_matter():
    shares, counts = np.array([1.0, 0.5, np.nan]), np.array([4, 2, 0])
    low, high = proportion_interval(shares, counts)
    assert (low, high) == proportion_interval(shares[:2], counts[:2])
    assert low < 5 / 6 < high
    with pytest.raises(ValueError, match="no image"):
        proportion_interval(shares, np.zeros(3))


def attributes(count, right, together, unknown=0.3):
    """40 attributes per image; the chance of a right answer varies between images as a beta
    variable whose intraclass correlation is `together`."""

    def draw(rng):
        size = 1 / together - 1
        chance = rng.beta(right * size, (1 - right) * size, (count, 1))
        known = rng.random((count, 40)) >= unknown
        shares = ((rng.random((count, 40)) < chance) & known).sum(axis=1) / known.sum(axis=1)
        counts = known.sum(axis=1)
        return np.average(shares, weights=counts), proportion_interval(shares, counts)

    return draw


@pytest.mark.parametrize("together", [1e-6, 0.1, 0.5])
@pytest.mark.parametrize(("right", "most"), [(0.5, 0.98), (0.9, 0.98), (0.99, 0.99), (0.999, 1)])
def test_coverage_of_proportions_in_clusters(right, most, together):
    assert 0.93 <= coverage(attributes(100, right, together), right, 400) <= most


def recalls(count, right, ratio):
    """Ten classes, each `ratio` times as frequent as the one before it; recalls near `right`."""
    sizes = ratio ** np.arange(10.0)
    sizes = np.maximum(2, np.round(sizes / sizes.sum() * count)).astype(int)
    members = np.eye(10, dtype=bool)[np.repeat(np.arange(10), sizes)]
    chances = 1 - (1 - right) * np.linspace(0.5, 1.5, 10)

    def draw(rng):
        hits = members & (rng.random(members.shape) < chances)
        return (hits.sum(axis=0) / members.sum(axis=0)).mean(), proportion_interval(hits, members)

    return draw


@pytest.mark.parametrize(("count", "ratio"), [(100, 1), (100, 0.75), (1000, 0.75)])
@pytest.mark.parametrize(("right", "most"), [(0.6, 0.99), (0.9, 0.98), (0.99, 1), (0.999, 1)])
def test_coverage_of_the_mean_of_recalls(count, ratio, right, most):
    assert 0.925 <= coverage(recalls(count, right, ratio), right, 400) <= most


SCORES = {
    "normal": stats.norm(),
    "squared errors": stats.lognorm(0.7),
    "similarities": stats.beta(20, 1),
    "transfers that mostly succeed": stats.beta(4, 0.4),
    "mostly almost 0": stats.beta(0.1, 5),
}


@pytest.mark.parametrize("name", SCORES)
def test_coverage_of_means(name):
    def draw(rng):
        values = SCORES[name].rvs(100, random_state=rng)
        return values.mean(), mean_interval(values)

    assert 0.93 <= coverage(draw, SCORES[name].mean(), 2000) <= 0.97


# The last: 100 images hold about one of the errors that the mean consists of.
@pytest.mark.parametrize(
    ("count", "errors", "least", "most"),
    [(100, 0.1, 0.93, 0.97), (1000, 0.01, 0.93, 0.97), (100, 0.01, 0.82, 0.9)],
)
def test_coverage_of_a_log_loss(count, errors, least, most):
    def losses(rng, count):
        chance = np.clip(rng.beta(1 - errors, errors, count), 1e-7, 1 - 1e-7)
        return -np.log(np.where(rng.random(count) < chance, chance, 1 - chance))

    def draw(rng):
        values = losses(rng, count)
        return values.mean(), mean_interval(values)

    truth = losses(np.random.default_rng(1), 2_000_000).mean()
    assert least <= coverage(draw, truth, 2000) <= most


def test_coverage_of_weighted_means_and_ratios():
    def weighted(rng):
        weights, values = rng.binomial(10, 0.3, 100), 0.9 * rng.beta(8, 0.5, 100)
        return np.average(values, weights=weights), mean_interval(values, weights)

    def ratio(rng):
        below = rng.lognormal(0, 0.5, 100)
        above = 0.3 * below + rng.exponential(0.2, 100)
        return above.sum() / below.sum(), ratio_interval(above, below)

    assert 0.93 <= coverage(weighted, 0.9 * 8 / 8.5, 2000) <= 0.97
    assert 0.93 <= coverage(ratio, 0.3 + 0.2 / np.exp(0.125), 2000) <= 0.97


def drawn_images(rng, count):
    """Pixels that vary together, none below 0."""
    factors = np.random.default_rng(9).normal(size=(3, 50))
    centre = np.random.default_rng(8).random(50)
    return np.maximum(centre + 0.3 * rng.normal(size=(count, 3)) @ factors, 0)


def test_coverage_of_the_cosine_of_pairs():
    def draw(rng):
        mean, terms = cosine_pairs(drawn_images(rng, 100))
        return mean, linear_interval(mean, terms)

    truth, _ = cosine_pairs(drawn_images(np.random.default_rng(1), 50_000))
    assert 0.93 <= coverage(draw, truth, 1500) <= 0.97


def drawn_codes(rng, count):
    """Means and standard deviations of posteriors of six dimensions, four of them in use."""
    centres = np.random.default_rng(1).normal(size=(10, 6))
    mean = 0.7 * centres[rng.integers(10, size=count)] + 0.5 * rng.normal(size=(count, 6))
    return mean * [1, 1, 1, 1, 0, 0], 0.3 * rng.lognormal(0, 0.2, (count, 6))


def test_coverage_of_the_information_in_a_code():
    def draw(rng):
        codes = drawn_codes(rng, 200)
        information = float(channel_information(*codes).sum())
        return information, linear_interval(information, information_terms(*codes).sum(axis=1))

    truth = channel_information(*drawn_codes(np.random.default_rng(2), 200_000)).sum()
    assert 0.93 <= coverage(draw, truth, 1500) <= 0.97


def test_linear_terms_of_information_are_its_derivatives():
    mean, stddev = drawn_codes(np.random.default_rng(0), 50)
    counts = np.ones(50)
    counts[7] += 1e-4
    chosen = counts / counts.sum()
    variance = chosen @ mean**2 - (chosen @ mean) ** 2
    moved = 0.5 * np.log1p(variance / (chosen @ stddev**2))
    change = (moved - channel_information(mean, stddev)) / 1e-4 * 50
    assert change == pytest.approx(information_terms(mean, stddev)[7], rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_correlations_of_noisy_means(noise):
    """Plain percentiles hold that of the means without noise in 71 % and in none of the draws."""
    pairs = np.random.default_rng(3).normal(size=(2, 90))
    pairs[1] = 0.9 * pairs[0] + 0.4 * pairs[1]
    truth = np.corrcoef(pairs)[0, 1]

    def draw(rng):
        noisy = pairs[:, None] + rng.normal(0, noise, (2, 100, 90))
        counts = rng.multinomial(100, np.full(100, 0.01), 200) / 100
        value = stats.pearsonr(*noisy.mean(axis=1))[0]
        return value, correlation_interval(value, stats.pearsonr(*(counts @ noisy), axis=1)[0])

    assert 0.93 <= coverage(draw, truth, 100) <= 0.98
    assert correlation_interval(1.0, np.ones(10)) == (1, 1)
    assert correlation_interval(0.0, np.linspace(-0.1, 0.1, 101)) == pytest.approx((-0.095, 0.095))


@pytest.mark.parametrize(("shift", "most"), [(0.3, 0.97), (0.0, 1.0)])
def test_coverage_of_a_kernel_distance(shift, most):
    """At distance 0 the statistic is degenerate, and its interval too wide."""
    dim = 32

    def draw(rng):
        distance = kernel_distance(rng.normal(size=(200, dim)), rng.normal(shift, size=(150, dim)))
        return distance[0], samples_interval(*distance)

    # E (x.y / D + 1)^3 for x, y of N(0, I) and N(m, I), from the moments of x.y; square = |m|^2.
    square = dim * shift**2
    both = 3 * square / dim + 3 * (square**2 + 2 * square + dim) / dim**2
    both += (square**3 + 3 * square * (2 * square + dim) + 6 * square) / dim**3
    across = 3 * (square + dim) / dim**2
    assert 0.93 <= coverage(draw, 3 / dim + both - 2 * across, 400) <= most


def test_coverage_of_a_frechet_distance():
    """Of N(0, I) and N(0.3, 1.5^2 I): shifted and scaled."""
    dim, shift, scale = 10, 0.3, 1.5

    def draw(rng):
        first, second = rng.normal(size=(400, dim)), rng.normal(shift, scale, size=(300, dim))
        distance = extrapolated_frechet_distance(first, second)
        return distance[0], samples_interval(*distance)

    assert 0.92 <= coverage(draw, dim * (shift**2 + (scale - 1) ** 2), 400) <= 0.97


def test_coverage_of_an_inception_score():
    """Five classes, each recognised with probability 0.6 to 1."""
    classes, certain = 5, (0.6, 1.0)

    def probabilities(rng, count):
        """p(y|x) is `share` for a random class, and the rest for the others alike."""
        share = rng.uniform(*certain, size=(count, 1))
        one_hot = np.eye(classes)[rng.integers(classes, size=count)]
        return one_hot * share + (1 - one_hot) * (1 - share) / (classes - 1)

    def draw(rng):
        value, terms = inception_score(probabilities(rng, 200))
        return value, linear_interval(value, terms)

    # The mean over classes is uniform, so the score is ln 5 less the mean entropy.
    given = probabilities(np.random.default_rng(1), 1_000_000)
    truth = np.log(classes) - stats.entropy(given, axis=1).mean()
    assert 0.93 <= coverage(draw, truth, 1000) <= 0.97
