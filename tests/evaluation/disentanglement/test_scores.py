"""Scores of codes whose disentanglement is known, and against independent computations."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score
from sklearn.svm import LinearSVC

from tfvae.evaluation import disentanglement as scores
from tfvae.evaluation.disentanglement import importance, predictability
from tfvae.evaluation.disentanglement.information import mig_per_factor
from tfvae.evaluation.swap.unpaired import random_rotation
from tfvae.groups import Groups
from tfvae.schema import UserError

SIZES = [3, 4, 5]
FEW = {"num_train": 600, "num_eval": 600}
# Name -> (function, score of codes that tell nothing).
SCORES = {
    "mig": (scores.mig, 0),
    "beta_vae": (lambda codes, factors: scores.beta_vae_score(codes, factors, **FEW), 1 / 3),
    "factor_vae": (lambda codes, factors: scores.factor_vae_score(codes, factors, **FEW), 1 / 3),
    "disentanglement": (
        lambda codes, factors: scores.dci(codes, factors).disentanglement,
        0,
    ),
    "completeness": (lambda codes, factors: scores.dci(codes, factors).completeness, 0),
}


@pytest.fixture(scope="module")
def factors():
    return np.random.default_rng(0).integers(0, SIZES, size=[1500, 3])


@pytest.fixture(scope="module")
def perfect(factors):
    """A dimension per factor, of variance 1."""
    return (factors - factors.mean(axis=0)) / factors.std(axis=0)


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(1).normal(size=[1500, 3])


@pytest.mark.parametrize("name", SCORES)
def test_perfect_permuted_rotated_and_useless_codes(name, factors, perfect, noise):
    score, floor = SCORES[name]
    best = score(perfect, factors)
    assert best > 0.99
    permuted = score(-2 * perfect[:, [2, 0, 1]], factors)
    assert permuted == pytest.approx(best, abs=0.01)
    half = np.sqrt(0.5)
    turn = np.array([[half, half, 0], [-half, half, 0], [0, 0, 1]])
    if name != "beta_vae":
        # A linear classifier of differences undoes a rotation in part, as its authors say.
        assert score(perfect @ turn, factors) < best - 0.1
    assert score(noise, factors) == pytest.approx(floor, abs=0.1)


def test_beta_vae_score_falls_where_dimensions_mix_all_factors(factors, perfect):
    mixed = np.tanh(3 * perfect @ random_rotation(np.random.default_rng(2), 3)[:, :1])
    assert scores.beta_vae_score(mixed, factors, **FEW) < 0.9


def test_mutual_information_is_that_of_scikit_learn(factors, noise):
    codes = noise + factors
    found = scores.mutual_information(codes, factors, bins=7)
    for dimension, factor in np.ndindex(*found.shape):
        column = codes[:, dimension]
        edges = np.linspace(column.min(), column.max(), 8)
        binned = np.minimum(np.searchsorted(edges, column, side="right"), 7)
        expected = mutual_info_score(binned, factors[:, factor])
        assert found[dimension, factor] == pytest.approx(expected, abs=1e-9)


def test_gap_and_modularity_of_known_information(factors):
    """Two dimensions that follow one factor: no gap for it; each is modular all the same."""
    doubled = factors[:, [0, 0, 1, 2]]
    np.testing.assert_allclose(mig_per_factor(doubled, factors), [0, 1, 1], atol=0.01)
    assert scores.modularity(doubled, factors) > 0.999
    # One dimension for the pair of the first two factors.
    joint = np.stack([factors[:, 0] * 4 + factors[:, 1], factors[:, 2]], axis=1)
    first, second = np.log(3), np.log(4)
    expected = (1 - (first / second) ** 2 / 2 + 1) / 2
    assert scores.modularity(joint, factors, bins=12) == pytest.approx(expected, abs=0.01)


def test_importances_are_weighed_as_in_the_paper():
    found = np.random.default_rng(0).gamma(0.5, size=[4, 3])
    rows = [1 - stats.entropy(row + 1e-11, base=3) for row in found]
    assert importance.disentanglement(found) == pytest.approx(
        np.average(rows, weights=found.sum(axis=1))
    )
    columns = [1 - stats.entropy(column + 1e-11, base=4) for column in found.T]
    assert importance.completeness(found) == pytest.approx(
        np.average(columns, weights=found.sum(axis=0))
    )


def test_informativeness_is_the_accuracy_on_other_rows(factors, perfect):
    shuffled = factors.copy()
    shuffled[1000:] = np.random.default_rng(1).permutation(shuffled[1000:])
    assert scores.dci(perfect, factors).informativeness == 1
    expected = np.mean(1 / np.array(SIZES))
    found = scores.dci(perfect, shuffled, num_train=1000).informativeness
    assert found == pytest.approx(expected, abs=0.05)


def test_pairs_share_the_factor_and_nothing_else(factors):
    rng = np.random.default_rng(0)
    groups = Groups(factors[:, 1], "factor 1")
    first, second = groups.pairs((400, 50), rng)
    assert np.array_equal(factors[first, 1], factors[second, 1])
    assert not (first == second).any()
    agree = (factors[first][..., [0, 2]] == factors[second][..., [0, 2]]).mean(axis=(0, 1))
    np.testing.assert_allclose(agree, [1 / 3, 1 / 5], atol=0.02)
    batches = groups.batches((400, 50), rng)
    assert (factors[batches, 1] == factors[batches[:, :1], 1]).all()
    for rows in (first, second, batches):
        counts = np.bincount(rows.ravel(), minlength=len(factors))
        assert counts.min() > 0 and counts.max() < 6 * counts.mean()


def test_partners_are_the_other_images_of_the_value_and_equally_likely():
    """Of values with 1, 2 and 3 images, the first has no pair."""
    groups = Groups(np.array([5, 7, 9, 9, 7, 9]), "scale")
    first, second = groups.pairs((60_000,), np.random.default_rng(0))
    counts = np.zeros([6, 6])
    np.add.at(counts, (first, second), 1 / len(first))
    expected = np.zeros([6, 6])
    expected[1, 4] = expected[4, 1] = 1 / 5
    for row, other in [(2, 3), (2, 5), (3, 2), (3, 5), (5, 2), (5, 3)]:
        expected[row, other] = 1 / 10
    np.testing.assert_allclose(counts, expected, atol=0.01)
    with pytest.raises(UserError, match="factor 3: no two of 4 images share a value"):
        Groups(np.arange(4), "factor 3")


@pytest.mark.parametrize("count", [200, 1000])
def test_few_images_and_rare_values_are_at_chance(count):
    """Noise says nothing of a factor with a few images per value, nor of any other."""
    rng = np.random.default_rng(0)
    factors = rng.integers(0, [2, 5, count // 8], size=[count, 3])
    noise = rng.normal(size=[count, 10])
    found = [scores.beta_vae_score(noise, factors, seed=seed) for seed in range(3)]
    assert np.mean(found) == pytest.approx(1 / 3, abs=0.1)
    found = [scores.factor_vae_score(noise, factors, seed=seed) for seed in range(3)]
    assert np.mean(found) == pytest.approx(1 / 3, abs=0.1)


def test_codes_of_one_value_and_values_that_no_fit_has_seen(factors):
    constant = np.ones([1500, 3])
    found = scores.dci(constant, factors)
    assert found.disentanglement == found.completeness == 0
    assert scores.mig(constant, factors) == 0
    rare = np.zeros([1500, 2], int)
    rare[1400:, 0] = 1
    rare[::2, 1] = 1
    codes = rare + np.random.default_rng(0).normal(size=rare.shape) / 10
    assert 0.8 < scores.dci(codes, rare).informativeness < 1
    assert np.isfinite(scores.sap(codes, rare))


def test_factor_vae_score_against_a_loop(factors, noise):
    codes = noise + 1.5 * (factors @ random_rotation(np.random.default_rng(3), 3))
    found = scores.factor_vae_score(codes, factors, num_train=5000, num_eval=5000)
    rng, variances = np.random.default_rng(4), codes.var(axis=0)
    votes = np.zeros([2, 3, 3])
    for half in votes:
        for _ in range(5000):
            factor = rng.integers(3)
            value = factors[rng.integers(len(factors)), factor]
            rows = rng.choice(np.flatnonzero(factors[:, factor] == value), 64)
            half[factor, np.argmin(codes[rows].var(axis=0) / variances)] += 1
    expected = sum(votes[1, votes[0, :, code].argmax(), code] for code in range(3)) / 5000
    assert found == pytest.approx(expected, abs=0.03)


def test_dimensions_that_collapsed_can_be_left_out(factors, perfect, noise):
    """A dimension of tiny independent noise is never the one that varies least."""
    codes = np.concatenate([perfect, 1e-4 * noise, np.zeros([1500, 1])], axis=1)
    assert scores.factor_vae_score(codes, factors, **FEW) > 0.99
    assert scores.factor_vae_score(codes, factors, smallest_scale=0.01, **FEW) > 0.99
    assert scores.factor_vae_score(codes, factors, smallest_scale=9.0, **FEW) == 0


def test_a_collapsed_dimension_that_follows_a_factor_counts_for_one_of_two_scores(factors, perfect):
    codes = perfect * [1.0, 1.0, 1e-3]
    found = scores.all_scores(codes, factors, num_batches=1200)
    assert found["factor_vae"] > 0.99
    assert found["factor_vae_active"] == pytest.approx(2 / 3, abs=0.05)
    # The factor without a dimension is never told; the score is the share of all batches.
    told, batches = scores.factor_vae_told(codes, factors, smallest_scale=0.1, **FEW)
    assert told[2] == 0 and (told[:2] > 0.98 * batches[:2]).all()
    total = scores.factor_vae_score(codes, factors, smallest_scale=0.1, **FEW)
    assert total == told.sum() / batches.sum() and batches.sum() == FEW["num_eval"]


def test_predictability_is_that_of_single_dimensions(factors, perfect, noise):
    codes = np.concatenate([perfect, noise], axis=1)
    found = predictability.sap_accuracies(codes, factors, num_train=1000)
    for dimension, factor in [(0, 0), (1, 2), (4, 1)]:
        machine = LinearSVC(C=0.01, class_weight="balanced", dual=False)
        machine.fit(codes[:1000, [dimension]], factors[:1000, factor])
        right = machine.predict(codes[1000:, [dimension]]) == factors[1000:, factor]
        assert found[dimension, factor] == pytest.approx(right.mean(), abs=0.01)
    largest = np.sort(found, axis=0)
    expected = (largest[-1] - largest[-2]).mean()
    assert scores.sap(codes, factors, num_train=1000) == pytest.approx(expected)
    assert scores.sap(noise, factors) < 0.1


def test_models_that_agree_up_to_order_and_sign(noise):
    turn = random_rotation(np.random.default_rng(5), 3)
    same, turned = -noise[:, [1, 2, 0]], noise @ turn
    for correlation, best in (("lasso", 0.9), ("spearman", 1)):
        found = scores.udr([noise, same, turned], correlation=correlation)
        pair = scores.udr([noise, same], correlation=correlation)
        np.testing.assert_allclose(pair, best, atol=0.1)
        # Each model's median is over its pairs: one that agrees, one that doesn't.
        assert found[2] < found[0] - 0.1 and found[0] == pytest.approx(found[1], abs=0.05)


def test_rank_correlation_is_that_of_scipy(noise):
    other = np.exp(noise @ random_rotation(np.random.default_rng(5), 3))
    expected = np.abs(stats.spearmanr(noise, other).statistic[:3, 3:])
    rows, columns = expected.max(axis=1) ** 2, expected.max(axis=0) ** 2
    expected = np.mean(
        [np.mean(rows / expected.sum(axis=1)), np.mean(columns / expected.sum(axis=0))]
    )
    np.testing.assert_allclose(
        scores.udr([noise, other], correlation="spearman"), expected, rtol=1e-9
    )


def test_unused_dimensions_do_not_count_for_agreement(noise):
    rng = np.random.default_rng(6)
    models = [np.concatenate([noise, rng.normal(size=[1500, 2])], axis=1) for _ in range(2)]
    rates = [np.array([1, 1, 1, 0.001, 0.001])] * 2
    assert scores.udr(models, rates).min() > 0.85 > scores.udr(models).max()
    assert scores.udr(models, [np.zeros(5), np.ones(5)]).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("codes", "factors", "message"),
    [
        (np.zeros([4, 2]), np.zeros([5, 2]), r"codes must be \[N, D\]"),
        (np.full([4, 2], np.nan), np.eye(4, 2), "NaN"),
        (np.zeros([4, 2]), np.full([4, 2], 0.5), "whole numbers"),
        (np.zeros([4, 2]), np.zeros([4, 2]), "factor 0 has one value alone"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(codes, factors, message):
    for score in (scores.mig, scores.dci, scores.sap, scores.factor_vae_score):
        with pytest.raises(UserError, match=message):
            score(codes, factors)


def test_a_single_factor_cannot_be_told_from_others(noise, factors):
    for score in (scores.beta_vae_score, scores.factor_vae_score):
        with pytest.raises(UserError, match="2 factors are needed, got 1"):
            score(noise, factors[:, :1])


def test_one_model_alone_has_nothing_to_agree_with(noise):
    with pytest.raises(UserError, match="two models or more"):
        scores.udr([noise])
