"""Scores of sets of images against loops, closed forms and sets that are known to differ."""

import itertools

import numpy as np
import pytest
import scipy.linalg

from tfvae.evaluation.image_sets import (
    cosine_pairs,
    extrapolated_frechet_distance,
    frechet_distance,
    inception_score,
    kernel_distance,
    precision_and_recall,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_kernel_distance_against_a_loop(rng):
    first, second = rng.normal(size=(6, 3)), rng.normal(size=(4, 3))

    def kernel(x, y):
        return (x @ y / 3 + 1) ** 3

    def within(codes):
        rows = range(len(codes))
        return np.mean([kernel(codes[i], codes[j]) for i in rows for j in rows if i != j])

    across = np.mean([kernel(a, b) for a in first for b in second])
    value, of_first, of_second = kernel_distance(first, second)
    assert value == pytest.approx(within(first) + within(second) - 2 * across)
    # Each row is in two terms of the statistic.
    assert of_first.mean() + of_second.mean() == pytest.approx(2 * value)


def test_frechet_distance_against_the_root_of_a_product(rng):
    """Heusel et al. take tr (C C')^1/2 of a matrix that isn't symmetric."""
    first, second = rng.normal(size=(50, 4)), rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4))
    of_first, of_second = np.cov(first.T, bias=True), np.cov(second.T, bias=True)
    shift = first.mean(axis=0) - second.mean(axis=0)
    root = scipy.linalg.sqrtm(of_first @ of_second).real
    expected = shift @ shift + np.trace(of_first + of_second - 2 * root)
    assert frechet_distance(first, second)[0] == pytest.approx(expected)


def test_frechet_distance_of_shifted_and_scaled_gaussians(rng):
    features = rng.normal(size=(300, 3))
    assert frechet_distance(features, features)[0] == pytest.approx(0, abs=1e-9)
    assert frechet_distance(features, features + [1, 2, 2])[0] == pytest.approx(9)
    deviations = features.std(axis=0)
    centred = features - features.mean(axis=0)
    expected = np.square(deviations).sum()  # the root of the covariance grows from C^1/2 to 2 C^1/2
    assert frechet_distance(centred, 2 * centred)[0] == pytest.approx(expected, rel=1e-6)


def test_terms_are_the_derivative_by_the_weight_of_a_row(rng):
    """A row that is there a second time moves the score by its term over N + 1."""
    first, second = rng.normal(size=(4000, 3)), rng.normal(1, 2, size=(4000, 3))
    value, of_first, of_second = frechet_distance(first, second)
    for row in (0, 1):
        more = np.concatenate([first, first[row : row + 1]])
        moved = frechet_distance(more, second)[0] - value
        assert moved * len(more) == pytest.approx(of_first[row] - of_first.mean(), abs=0.02)
        more = np.concatenate([second, second[row : row + 1]])
        moved = frechet_distance(first, more)[0] - value
        assert moved * len(more) == pytest.approx(of_second[row] - of_second.mean(), abs=0.02)


def test_extrapolation_takes_off_nearly_all_of_the_bias(rng):
    pairs = [rng.normal(size=(2, 250, 20)) for _ in range(40)]
    plain = np.mean([frechet_distance(*pair)[0] for pair in pairs])
    extrapolated = np.mean([extrapolated_frechet_distance(*pair)[0] for pair in pairs])
    assert plain > 0.7 and abs(extrapolated) < 0.05 * plain
    with pytest.raises(ValueError, match="too few"):
        extrapolated_frechet_distance(*rng.normal(size=(2, 40, 20)))


def test_half_of_the_modes_missing_lowers_recall_alone(rng):
    modes = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])

    def draw(count, modes):
        return modes[rng.integers(len(modes), size=count)] + rng.normal(size=(count, 2))

    precision, recall = precision_and_recall(draw(1000, modes), draw(1000, modes[:2]))
    assert precision.mean() > 0.95 and recall.mean() == pytest.approx(0.5, abs=0.06)
    # The other way round, half of what is generated is nowhere near a real one.
    precision, recall = precision_and_recall(draw(1000, modes[:2]), draw(1000, modes))
    assert precision.mean() == pytest.approx(0.5, abs=0.06) and recall.mean() > 0.95


def test_precision_and_recall_against_a_loop(rng):
    real, generated = rng.normal(size=(30, 2)), rng.normal(1, size=(20, 2))

    def covered(points, centres):
        found = []
        for point in points:
            inside = False
            for index, centre in enumerate(centres):
                others = np.delete(centres, index, axis=0)
                radius = np.sort(np.linalg.norm(others - centre, axis=1))[2]
                inside |= bool(np.linalg.norm(point - centre) <= radius)
            found.append(inside)
        return found

    precision, recall = precision_and_recall(real, generated)
    assert precision.tolist() == covered(generated, real)
    assert recall.tolist() == covered(real, generated)
    with pytest.raises(ValueError, match="too small for 3 neighbours"):
        precision_and_recall(real[:3], generated)


def test_equal_sets_cover_each_other(rng):
    features = rng.normal(size=(1500, 5))  # more than a chunk
    precision, recall = precision_and_recall(features, features)
    assert precision.all() and recall.all()


def test_inception_score_at_its_ends():
    certain = np.eye(10)[np.arange(5000) % 10]
    assert np.exp(inception_score(certain)[0]) == pytest.approx(10, rel=1e-6)
    assert np.exp(inception_score(certain[:10])[0]) == pytest.approx(10, rel=1e-6)
    assert inception_score(np.full((50, 10), 0.1))[0] == pytest.approx(0)
    assert inception_score(np.eye(10)[np.zeros(50, int)])[0] == pytest.approx(0)


def test_inception_score_of_few_images_is_hardly_too_small(rng):
    """The plain mean of 60 images is 0.1 too small for 10 classes."""
    classes = rng.integers(10, size=(300, 60))
    scores = [inception_score(0.9 * np.eye(10)[drawn] + 0.01)[0] for drawn in classes]
    plain = [inception_score(0.9 * np.eye(10)[drawn] + 0.01)[1].mean() for drawn in classes]
    truth = 0.91 * np.log(9.1) + 9 * 0.01 * np.log(0.1)
    assert np.mean(plain) < truth - 0.05 and np.mean(scores) == pytest.approx(truth, abs=0.01)


def test_samples_of_other_shapes_are_refused():
    for first, second in (((3, 2), (4, 3)), ((1, 2), (4, 2)), ((3,), (3,))):
        with pytest.raises(ValueError, match="at least 2 rows"):
            kernel_distance(np.zeros(first), np.zeros(second))


def test_cosine_equals_brute_force_over_pairs():
    images = np.random.default_rng(2).normal(size=(9, 4, 3, 1))
    flat = images.reshape(9, -1)
    units = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    pairs = [units[i] @ units[j] for i, j in itertools.combinations(range(9), 2)]
    mean, terms = cosine_pairs(images)
    assert mean == pytest.approx(np.mean(pairs))
    assert terms.mean() == pytest.approx(mean)


def test_cosine_of_copies_is_one_and_of_orthogonal_images_zero():
    copies = np.repeat(np.random.default_rng(0).uniform(size=(1, 5, 5, 1)), 6, axis=0)
    assert cosine_pairs(copies)[0] == pytest.approx(1)
    assert cosine_pairs(np.eye(6))[0] == pytest.approx(0, abs=1e-12)
    # A black image has no direction: cosine 0 with all others, not NaN.
    assert cosine_pairs(np.array([[0.0, 0], [1, 0], [1, 0]]))[0] == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="two images, got 1"):
        cosine_pairs(np.ones((1, 2)))


def test_cosine_terms_have_the_spread_of_the_statistic():
    rng = np.random.default_rng(0)
    draws = [cosine_pairs(rng.normal(0.5, 1, size=(60, 5))) for _ in range(300)]
    spread = np.std([mean for mean, _ in draws])
    linear = np.mean([terms.std() / np.sqrt(60) for _, terms in draws])
    assert linear == pytest.approx(spread, rel=0.2)
