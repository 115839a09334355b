"""Searches find what is known to be best, and choose as they say."""

import time
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.evaluation.image_sets import cosine_pairs
from tfvae.generators import GENERATORS
from tfvae.generators.mixture import component_accuracy_of, fitted_mixture
from tfvae.generators.problem import Score, mean_cosine
from tfvae.generators.samplers import GaussianMixtures
from tfvae.generators.search import Candidate, Search
from tfvae.generators.simple import COUNTS, THETAS, diagonal
from tfvae.probability import mmd
from tfvae.schema import UsageError, UserError


def test_cosine_is_that_of_the_metric():
    images = np.random.default_rng(0).random((7, 4, 5, 1))
    assert float(mean_cosine(tf.constant(images))) == pytest.approx(cosine_pairs(images)[0])


def test_score_of_a_known_generator(problem):
    """theta = 0 draws the mean alone; at 1 the class is wrong where N(1, 1) is below 0."""
    sampler = diagonal(problem)
    sampler.theta.assign([[0.0]])
    still = problem.score(sampler)
    assert still.cosine == pytest.approx(1, abs=1e-5) and still.accuracy == 1
    sampler.theta.assign([[1.0]])
    wrong = 0.1587
    noise = 4 * np.sqrt(wrong * (1 - wrong) / 1000)
    assert problem.score(sampler).accuracy == pytest.approx(1 - wrong, abs=noise + 0.02)


def test_scores_repeat_and_differ_by_number(problem):
    sampler = diagonal(problem)
    assert problem.score(sampler, 1) == problem.score(sampler, 1)
    assert problem.score(sampler, 1) != problem.score(sampler, 2)


def test_simple_tries_the_whole_grid(problem):
    search = GENERATORS.load("simple")(problem)
    tried = {(each.settings["theta"], each.settings["n"]) for each in search.candidates}
    assert tried == {(theta, count) for theta in THETAS for count in COUNTS}
    for each in search.candidates:
        theta = each.settings["theta"] / np.sqrt(each.settings["n"])
        np.testing.assert_allclose(as_it_was(search, each).theta.numpy(), [[theta]], rtol=1e-6)


def test_a_value_given_twice_is_tried_once(problem):
    search = GENERATORS.load("simple")(problem, thetas=(0.2, 0.8, 0.2), counts=(1, 1))
    assert sorted(each.settings["theta"] for each in search.candidates) == [0.2, 0.8]


def test_an_error_in_the_grid_is_told_as_it_is(problem, monkeypatch):
    def fail(*_):
        raise MemoryError("no room for images")

    monkeypatch.setattr(problem, "score", fail)
    with pytest.raises(MemoryError, match="no room"):
        GENERATORS.load("simple")(problem)


def test_a_grid_without_finite_scores_diverged(problem, monkeypatch):
    monkeypatch.setattr(problem, "score", lambda *_: Score(float("nan"), 0.1))
    search = GENERATORS.load("simple")(problem)
    assert len(search.candidates) == len(THETAS) * len(COUNTS)
    with pytest.raises(UserError, match="diverged"):
        search.best()


def test_mean_of_draws_is_one_draw_of_less_spread(problem):
    """Eq. 3, drawn as it is written, beside the sampler of the grid."""
    rng = np.random.default_rng(0)
    search = GENERATORS.load("simple")(problem, thetas=(0.8,), counts=(5,))
    label = tf.constant(np.tile([[0.0, 1.0]], (50_000, 1)), tf.float32)
    noise = tf.constant(rng.standard_normal((50_000, 3)), tf.float32)
    drawn = search.sampler({"label": label, "noise": noise}).numpy()
    written = rng.normal(problem.means[1], 0.8 * problem.stddevs[1], (50_000, 5, 2)).mean(axis=1)
    np.testing.assert_allclose(drawn.mean(axis=0), written.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(drawn.std(axis=0), written.std(axis=0), rtol=0.02)


@pytest.mark.parametrize("name", ["medium1", "medium2"])
def test_gradients_find_the_dimension_that_is_free(problem, name):
    search = GENERATORS.load(name)(problem, steps=150, learning_rate=0.05)
    theta = search.chosen(min_accuracy=0.99)[0].theta.numpy()
    assert theta.shape == ((1, 2) if name == "medium1" else (2, 2))
    assert (theta[:, 1] > 0.8).all() and (theta[:, 0] < 0.6).all()


def test_medium_is_better_than_simple(problem):
    cosines = [
        GENERATORS.load(name)(problem).best(min_accuracy=0.99).score.cosine
        for name in ("simple", "medium2")
    ]
    assert cosines[1] < cosines[0] - 0.05


def test_full_covariance_has_the_covariance_of_the_codes(problem):
    search = GENERATORS.load("full_covariance")(problem, thetas=(1.0,))
    factor = search.sampler.factors.numpy()[0, 0]
    np.testing.assert_allclose(factor @ factor.T, np.cov(problem.of_class(0).T, ddof=0), atol=1e-4)


def test_component_accuracy_is_that_of_its_draws(problem):
    means = np.array([[[-3.0, 0], [3.0, 0]], [[3.0, 0], [-3.0, 0]]])
    factors = np.broadcast_to(0.1 * np.eye(2), (2, 2, 2, 2))
    sampler = GaussianMixtures.of(np.full((2, 2), 0.5), means, factors)
    np.testing.assert_array_equal(component_accuracy_of(problem, sampler, 10)(), [[1, 0], [1, 0]])


def test_mixture_leaves_out_what_decodes_to_another_class(problem):
    search = GENERATORS.load("mixture")(problem, components=8, thetas=(0.5,), kept=(0.0, 0.95))
    everything, kept = search.candidates
    assert kept.settings["components"] < everything.settings["components"]
    assert kept.score.accuracy > everything.score.accuracy
    weights = as_it_was(search, kept).component_weights.numpy()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_the_fit_of_a_mixture_counts_as_search(problem, monkeypatch):
    clock = [0.0]

    def slow(*arguments):
        clock[0] += 100
        return fitted_mixture(*arguments)

    monkeypatch.setattr("tfvae.generators.mixture.fitted_mixture", slow)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    search = GENERATORS.load("mixture")(problem, components=2, thetas=(0.5,), kept=(0.0,))
    assert search.candidates[0].seconds == 100


def test_mixture_of_few_codes_has_few_components(problem):
    problem.codes, problem.classes = problem.codes[::200], problem.classes[::200]
    assert fitted_mixture(problem, 50).component_weights.shape == (2, 1)


def test_mixture_of_large_codes_fits():
    # As many images as the rule allows per component, and a spread beside which the ridge is small.
    rng = np.random.default_rng(0)
    codes = 10 * rng.standard_normal((600, 20)).astype(np.float32)
    toy = types.SimpleNamespace(
        num_labels=1, seed=0, classes=np.zeros(600, int), of_class=lambda row: codes
    )
    sampler = fitted_mixture(toy, 50)
    assert sampler.means.shape == (1, 50, 20) and np.isfinite(sampler.factors.numpy()).all()


def test_network_is_the_same_by_the_same_seed(problem):
    def best():
        # Whatever was drawn before.
        tf.random.uniform([3])
        keras.initializers.GlorotUniform()([4, 4])
        found = GENERATORS.load("network")(problem, steps=5, units=8)
        return found.candidates[-1].score

    assert best() == best()


def test_network_keeps_to_the_codes(problem):
    search = GENERATORS.load("network")(problem, steps=300, units=32)
    best = search.best(min_accuracy=0.95)
    assert best.score.accuracy >= 0.95
    assert best.score.cosine < task_cosine(problem, 0.3)


def test_the_codes_of_network_are_held_to_those_of_the_encoder(problem):
    """The toy's second dimension is free: nothing else keeps it from running away."""

    def discrepancy(**settings):
        search = GENERATORS.load("network")(problem, steps=300, units=32, **settings)
        label = tf.one_hot(tf.repeat([0], 500), 2)
        drawn = as_it_was(search, search.candidates[-1])(
            {"label": label, "noise": tf.random.stateless_normal([500, 2], [0, 1])}
        )
        return float(mmd.squared_mmd(drawn, problem.of_class(0)[:500], mmd.mixture, 2**0.5))

    assert discrepancy() < 0.5 * discrepancy(match_weight=0.0)


def task_cosine(problem, theta):
    sampler = diagonal(problem)
    sampler.theta.assign([[theta]])
    return problem.score(sampler).cosine


def as_it_was(search, candidate):
    search.sampler.set_weights(candidate.weights)
    return search.sampler


def candidate(cosine, accuracy):
    return Candidate([], Score(cosine, accuracy), {}, 0.0)


def test_what_is_chosen():
    accurate, varied, between = candidate(0.9, 1.0), candidate(0.5, 0.8), candidate(0.7, 0.95)
    search = Search(None, [accurate, varied, between])
    assert search.best() is varied
    assert search.best(min_accuracy=0.9) is between
    assert search.best(min_accuracy=0.99) is accurate
    assert Search(None, [varied, between]).best(min_accuracy=0.99) is between


def test_what_is_not_finite_is_never_chosen():
    search = Search(None, [candidate(float("nan"), 0.1), candidate(0.9, 0.5)])
    assert search.best().score.cosine == 0.9
    with pytest.raises(UserError, match="diverged"):
        Search(None, [candidate(float("nan"), 0.1)]).best()


def test_an_accuracy_is_a_count_over_the_draws(problem):
    # 0.9 of the draws is the 0.9 that a user asks for, not a float32 beside it.
    sampler = diagonal(problem)
    sampler.theta.assign([[0.7]])
    accuracy, count = problem.score(sampler).accuracy, problem.num_labels * problem.num_draws
    assert accuracy == round(accuracy * count) / count and 0.5 < accuracy < 1


def test_best_so_far_never_gets_worse():
    search = Search(None, [candidate(0.9, 1.0), candidate(0.5, 0.8), candidate(0.7, 0.95)])
    assert [row["best cosine"] for row in search.best_so_far(0.9)] == [0.9, 0.9, 0.7]


@pytest.mark.parametrize(
    "name, settings",
    [
        ("simple", {"theta": "1"}),
        ("simple", {"thetas": "-1"}),
        ("simple", {"counts": "0"}),
        ("medium1", {"steps": "0"}),
        ("mixture", {"components": "none"}),
        ("network", {"draws": "1"}),
    ],
)
def test_bad_settings(name, settings):
    with pytest.raises(UsageError, match=f"generator {name}"):
        GENERATORS.check_options(name, settings)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_option_has_its_sentence(name):
    assert all(option.help for option in GENERATORS.options(name))
