"""Alignments recover maps that are known, and keep what they promise to keep."""

import numpy as np
import pytest

from tfvae.evaluation.swap import ALIGNMENTS, make_alignment
from tfvae.evaluation.swap.labelled import label_distance
from tfvae.evaluation.swap.unpaired import (
    fourth_cumulant,
    nonnormality,
    random_rotation,
    third_cumulant,
)
from tfvae.schema import UsageError, UserError

DIM = 5


def of_anchors(*kinds):
    return [name for name in ALIGNMENTS if ALIGNMENTS.load(name).anchors in kinds]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def turn(rng):
    return random_rotation(rng, DIM)


def labelled_codes(rng, count):
    """Codes that three attributes move, each in a direction of its own, and the attributes."""
    label = rng.integers(0, 2, (count, 3)).astype(float)
    directions = 3 * np.eye(3, DIM)
    return label @ directions + rng.normal(size=(count, DIM)), label


@pytest.mark.parametrize("name", ["affine", "linear"])
@pytest.mark.parametrize("standardise", [False, True])
def test_least_squares_recovers_a_rotation_a_scale_and_a_shift(name, standardise, rng, turn):
    source = rng.normal(size=(60, DIM))
    shift = 0.0 if name == "linear" else 4.0
    target = 3 * source @ turn + shift
    others = rng.normal(size=(20, DIM))
    mapped = make_alignment(name, standardise=standardise).fit(source, target)(others)
    np.testing.assert_allclose(mapped, 3 * others @ turn + shift, atol=2e-3)


@pytest.mark.parametrize("name", ["ortho", "l_ortho"])
def test_orthogonal_maps_recover_a_rotation_and_a_shift(name, rng, turn):
    source, others = rng.normal(size=(60, DIM)), rng.normal(size=(20, DIM))
    mapped = make_alignment(name).fit(source, source @ turn + 4)(others)
    np.testing.assert_allclose(mapped, others @ turn + 4, atol=1e-4)


@pytest.mark.parametrize("name", ["ortho", "l_ortho", "gromov_wasserstein"])
def test_orthogonal_maps_never_change_distances(name, rng):
    """Even where the target is anything but a rotation of the source."""
    source, target = rng.normal(size=(40, DIM)), rng.gamma(1.0, size=(40, DIM)) * [1, 2, 3, 4, 5]
    mapped = make_alignment(name).fit(source, target)(source)

    def distances(codes):
        return np.linalg.norm(codes[:, None] - codes, axis=2)

    np.testing.assert_allclose(distances(mapped), distances(source), atol=1e-4)


@pytest.mark.parametrize("name", ["moments", "optimal_transport"])
def test_moments_of_the_target_are_met(name, rng, turn):
    source, target = rng.normal(size=(300, DIM)), rng.normal(size=(200, DIM)) * [1, 2, 3, 4, 5] + 7
    mapped = make_alignment(name).fit(source @ turn, target)(source @ turn)
    np.testing.assert_allclose(mapped.mean(axis=0), target.mean(axis=0), atol=1e-3)
    expected = np.cov(target, rowvar=False, bias=True)
    np.testing.assert_allclose(np.cov(mapped, rowvar=False, bias=True), expected, atol=1e-2)


def test_cumulants_find_a_rotation_without_any_pair(rng, turn):
    """Two samples of one distribution, in clusters, with no code in common."""
    centres = rng.normal(size=(8, DIM))
    source, target = centres[rng.integers(8, size=(2, 2000))] + rng.normal(size=(2, 2000, DIM)) / 3
    mapped = make_alignment("cumulants").fit(source, target @ turn)(source)
    error = np.square(mapped - source @ turn).mean() / np.square(source).mean()
    assert error < 0.02
    # What cannot be found: of Gaussian codes all rotations look alike.
    normal = rng.normal(size=(2, 1000, DIM))
    mapped = make_alignment("cumulants", starts=10).fit(normal[0], normal[1] @ turn)(normal[0])
    assert np.square(mapped - normal[0] @ turn).mean() > 0.2


def test_nonnormality_against_the_cumulants_themselves(rng):
    """Of independent columns, only the cumulants of one column with itself aren't 0."""
    white = np.sqrt(3) * rng.uniform(-1, 1, size=(3000, 3))
    white[:, 0] = rng.gamma(1.0, size=3000) - 1
    white[:, 1] = rng.normal(size=3000)
    # A gamma variable of shape 1 has k3 = 2 and k4 = 6, a uniform one k4 = -6/5.
    expected = np.diag([4 / 6 + 36 / 24, 0, 1.44 / 24])
    turn = random_rotation(rng, 3)
    np.testing.assert_allclose(nonnormality(white @ turn), turn.T @ nonnormality(white) @ turn)
    third, fourth = third_cumulant(white), fourth_cumulant(white)
    tensors = np.einsum("iab,jab->ij", third, third) / 6
    tensors += np.einsum("iabc,jabc->ij", fourth, fourth) / 24
    np.testing.assert_allclose(nonnormality(white), expected, atol=0.3)
    np.testing.assert_allclose(nonnormality(white), tensors, atol=0.2)


def test_cumulants_find_the_telling_axes_among_many_of_equal_variance(rng):
    """Clusters in 5 of 30 dimensions, hidden by a rotation; the principal axes say nothing."""
    centres = rng.normal(size=(8, DIM))
    clusters = centres[rng.integers(8, size=(2, 3000))] + rng.normal(size=(2, 3000, DIM)) / 3
    clusters /= clusters.std(axis=(0, 1))
    codes = np.concatenate([clusters, rng.normal(size=(2, 3000, 25))], axis=2)
    turn = random_rotation(rng, 30)
    alignment = make_alignment("cumulants", components=DIM).fit(codes[0], codes[1] @ turn)
    mapped = alignment(codes[0]) @ turn.T
    error = np.square(mapped[:, :DIM] - codes[0][:, :DIM]).mean()
    assert error < 0.1 and np.square(mapped[:, DIM:]).mean() < 0.05


@pytest.mark.parametrize("name", of_anchors("labels"))
def test_labels_alone_tell_the_directions_that_they_move(name, rng, turn):
    source, first = labelled_codes(rng, 900)
    target, second = labelled_codes(rng, 800)
    second[rng.uniform(size=second.shape) < 0.2] = np.nan
    mapped = make_alignment(name).fit(source, target @ turn + 1, (first, second))(source)
    back = (mapped - 1) @ turn.T
    agree = [np.corrcoef(back[:, label], source[:, label])[0, 1] for label in range(3)]
    assert min(agree) > 0.95


@pytest.mark.parametrize("name", of_anchors("labels"))
def test_classes_may_be_more_frequent_on_one_side(name, rng):
    """Equal codes of equal classes: the identity is right, whatever the frequencies. Directions
    that no label moves are left as they are, and rounding decides on none of them."""

    def drawn(frequencies):
        classes = rng.choice(3, 1500, p=frequencies)
        return 4 * np.eye(3, DIM)[classes] + rng.normal(size=(1500, DIM)), np.eye(3)[classes]

    (source, first), (target, second) = drawn([0.8, 0.1, 0.1]), drawn([0.1, 0.1, 0.8])
    mapped = make_alignment(name).fit(source, target, (first, second))(source)
    assert np.square(mapped - source).mean() < 0.2
    other = make_alignment(name).fit(source + 1e-9 * source[::-1], target, (first, second))(source)
    np.testing.assert_allclose(other, mapped, atol=1e-4)


def test_fewer_pairs_than_dimensions_leave_the_other_directions_as_they_are(rng):
    pairs = rng.normal(size=(3, DIM))
    mapped = make_alignment("ortho").fit(pairs, pairs)(np.eye(DIM))
    np.testing.assert_allclose(mapped, np.eye(DIM), atol=1e-4)


@pytest.mark.parametrize("name", list(ALIGNMENTS))
@pytest.mark.parametrize("sizes", [(3, DIM), (DIM, 3)])
def test_codes_of_unequal_size_are_padded(name, sizes, rng):
    source, target = (rng.gamma(1.0, size=(80, size)) for size in sizes)
    label = rng.integers(0, 2, (80, 2)).astype(float)
    mapped = make_alignment(name).fit(source, target, (label, label))(source[:7])
    assert mapped.shape == (7, sizes[1]) and mapped.dtype == np.float32
    assert np.isfinite(mapped).all()


@pytest.mark.parametrize("name", [name for name in ALIGNMENTS if name not in ("none", "linear")])
def test_a_shift_of_the_target_shifts_the_mapped_codes(name, rng):
    source, target = rng.gamma(1.0, size=(2, 90, 3))
    label = rng.integers(0, 2, (90, 2)).astype(float)
    plain, shifted = (
        make_alignment(name).fit(source, target + shift, (label, label))(source)
        for shift in (0.0, 10.0)
    )
    np.testing.assert_allclose(shifted, plain + 10, atol=5e-3)


def test_least_squares_of_about_as_many_pairs_as_dimensions_are_penalised(rng):
    """Without a penalty it would fit the noise of the pairs."""
    source = rng.normal(size=(22, 20))
    target = source + rng.normal(size=source.shape)
    others = rng.normal(size=(500, 20))
    error = np.square(make_alignment("linear").fit(source, target)(others) - others).mean()
    plain = others @ np.linalg.lstsq(source, target)[0]
    assert error < 1.2 and error < np.square(plain - others).mean() / 2


def test_label_distance_against_a_loop(rng):
    first, second = rng.integers(0, 2, (2, 6, 4)).astype(float)
    first[rng.uniform(size=first.shape) < 0.3] = np.nan
    first[0] = np.nan
    for row, left in enumerate(first):
        for column, right in enumerate(second):
            both = ~np.isnan(left)
            expected = np.mean(left[both] != right[both]) if both.any() else 0.5
            assert label_distance(first, second)[row, column] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "source", "target", "labels", "message"),
    [
        ("ortho", np.zeros([4, 2]), np.zeros([5, 2]), None, "as many source codes as target codes"),
        ("none", np.zeros([4]), np.zeros([5, 2]), None, r"source codes must be \[N, D\]"),
        ("none", np.zeros([4, 2]), np.zeros([1, 2]), None, r"target codes must be \[N, D\]"),
        ("none", np.full([4, 2], np.nan), np.zeros([5, 2]), None, "NaN or infinite"),
        ("class_means", np.zeros([4, 2]), np.zeros([5, 2]), None, "needs the labels"),
        ("class_means", np.zeros([4, 2]), np.zeros([5, 2]), (np.zeros([4, 1]), np.zeros([5, 2])),
         r"labels must be \[4, L\]"),
    ],
)  # fmt: skip
def test_codes_that_do_not_fit_are_refused(name, source, target, labels, message):
    with pytest.raises(UserError, match=message):
        make_alignment(name).fit(source, target, labels)


def test_other_codes_than_those_of_the_fit_are_refused():
    alignment = make_alignment("none").fit(np.zeros([4, 2]), np.zeros([4, 2]))
    with pytest.raises(UserError, match=r"fitted to codes \[N, 2\], got \[3, 4\]"):
        alignment(np.zeros([3, 4]))


def test_unknown_names_and_options_are_refused():
    with pytest.raises(UsageError, match="unknown alignment 'orto'; did you mean 'ortho'"):
        make_alignment("orto")
    with pytest.raises(UsageError, match="unknown option 'standardize'"):
        make_alignment("ortho", standardize=True)
