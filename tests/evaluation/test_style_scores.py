"""Properties of strokes and of features against strokes and pairs that are known."""

import numpy as np
import pytest
from scipy import ndimage, stats

from tfvae.evaluation.statistics import linear_interval
from tfvae.evaluation.style_scores import (
    correlation_within,
    cosines,
    finds_its_own,
    label_regions,
    stroke_properties,
)


def bar(thickness, height=60, slant=0.0, side=100):
    """An upright stroke on a fine grid, sheared to the right at its top."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    inside = (np.abs(x + slant * y) < thickness / 2) & (np.abs(y) < height / 2)
    return inside[np.newaxis, :, :, np.newaxis].astype(np.float32)


def test_strokes_of_known_shape():
    found = stroke_properties(bar(10, slant=0.4))
    assert found["slant"][0] == pytest.approx(0.4, abs=0.02)
    assert found["height"][0] == pytest.approx(60 / np.sqrt(12), rel=0.02)
    assert found["width"][0] == pytest.approx(10 / np.sqrt(12), rel=0.05)
    # 2 A / P of a rectangle
    upright = stroke_properties(bar(10))["thickness"][0]
    assert upright == pytest.approx(2 * 600 / (2 * 70), rel=0.02)


@pytest.mark.parametrize("changed", ["shifted", "dimmed", "blurred"])
def test_what_is_no_style_of_a_stroke_leaves_it_alone(changed):
    # The steps of a sharp slanted edge are longer than the edge, and blur takes them off.
    image = bar(10, slant=0.0 if changed == "blurred" else 0.3)
    other = {
        "shifted": np.roll(image, 7, axis=2),
        "dimmed": image / 2,
        "blurred": ndimage.gaussian_filter(image, (0, 2, 2, 0)),
    }[changed]
    names = ("slant", "thickness") if changed == "blurred" else stroke_properties(image)
    for name in names:
        value = stroke_properties(image)[name][0]
        expected = pytest.approx(value, rel=0.1 if changed == "blurred" else 1e-5, abs=1e-9)
        assert stroke_properties(other)[name][0] == expected, name


def test_an_empty_image_has_finite_properties():
    assert all(np.isfinite(v).all() for v in stroke_properties(np.zeros([1, 8, 8, 1])).values())


def test_correlation_within_groups_ignores_what_the_groups_differ_by():
    rng = np.random.default_rng(0)
    groups = rng.integers(5, size=2000)
    before, noise = rng.normal(size=(2, 2000))
    after = 0.6 * before + 0.8 * noise
    apart, together = 10.0 * groups, -7.0 * groups
    value, _ = correlation_within(before + apart, after + together, groups)
    assert value == pytest.approx(0.6, abs=0.05)
    unrelated, _ = correlation_within(before + apart, noise + apart, groups)
    assert abs(unrelated) < 0.1 < stats.pearsonr(before + apart, noise + apart)[0]
    assert correlation_within(np.ones(5), np.arange(5.0), np.zeros(5, int))[0] == 0


def test_coverage_of_a_correlation_within_groups():
    rng, held, truth = np.random.default_rng(0), 0, 0.6
    for _ in range(600):
        groups = rng.integers(4, size=200)
        before, noise = rng.normal(size=(2, 200))
        value, terms = correlation_within(before + groups, 0.6 * before + 0.8 * noise, groups)
        low, high = linear_interval(value, terms)
        held += low <= truth <= high
    assert 0.92 <= held / 600 <= 0.97


def test_cosines_seen_from_the_mean_are_zero_for_unrelated_rows():
    rows = np.random.default_rng(0).normal(5.0, 1.0, size=(500, 50))
    centre = rows.mean(axis=0)
    assert cosines(rows, rows, centre) == pytest.approx(np.ones(500))
    assert cosines(rows, np.roll(rows, 1, axis=0), centre).mean() == pytest.approx(0, abs=0.03)
    assert cosines(rows, rows - 5, np.zeros(50)).mean() < 0.5


def test_rows_that_are_all_equal_have_no_cosine():
    rows = np.full([50, 3], 0.1, np.float32)
    assert not cosines(rows, rows, rows.mean(axis=0, dtype=np.float64)).any()


def test_the_own_original_is_found_by_chance_among_equals():
    originals = np.random.default_rng(0).normal(size=(100, 3))
    own = np.arange(100)
    assert finds_its_own(originals + 1e-6, originals, own).all()
    assert finds_its_own(np.zeros([100, 3]), originals, own).mean() == 0.01
    assert finds_its_own(originals, np.ones_like(originals), own) == pytest.approx(0.01)


def test_the_region_of_a_label_is_where_it_shows_bright_or_dark():
    rng = np.random.default_rng(0)
    images, labels = rng.uniform(size=(400, 6, 6, 3)), rng.integers(0, 2, size=(400, 2))
    images[:, :3] += labels[:, 0, None, None, None]
    images[:, :, 4:] -= labels[:, 1, None, None, None]
    regions = label_regions(images, labels, np.ones([400, 2]))
    assert regions[0, :3].all() and not regions[0, 3:].any()
    assert regions[1, :, 4:].all() and regions[1].sum() == 18
