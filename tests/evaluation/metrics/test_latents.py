"""Codes whose use, sparsity and labels are known."""

import types

import numpy as np
import pytest
from scipy import stats

from tests.evaluation.toys import toy_dataset
from tfvae.evaluation.code_scores import correlation, correlation_interval, kl_from_normal
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.latents import latents
from tfvae.schema import BINARY

IMAGE_ROWS = np.random.default_rng(5).normal(size=[144, 6])


def measured(data, encode, signatures=(), **options):
    """`latents` of an export whose signature `encode` is a function of the images, and which has
    further signatures {name: function}."""
    functions = {"encode": encode, **dict(signatures)}

    def call(signature, image, label=None):
        return functions[signature](image)

    inputs = {name: {"inputs": ["image"]} for name in functions}
    export = types.SimpleNamespace(run="known", call=call, signatures=inputs)
    return latents(Context([Subject(export, data)]), **options)


def noise(image, dimensions=6):
    """Codes that depend on the image, and say nothing about its label, which is its first row."""
    content = image.reshape(len(image), -1).copy()
    content[:, :12] = 0
    content -= 0.5 * (content > 0)
    mean = np.sin(40 * content @ IMAGE_ROWS[:, :dimensions])
    return {"mean": mean, "stddev": np.full_like(mean, 0.5)}


def test_dimensions_that_are_used_alike_and_one_that_is_not():
    def encode(image):
        mean = noise(image)["mean"]
        mean[:, 2] = 0.001
        stddev = np.full_like(mean, 0.1)
        stddev[:, 2] = 1.0
        return {"mean": mean, "stddev": stddev}

    found = measured(toy_dataset(BINARY), encode)
    assert found.values["active_units"] == found.values["units_per_image"] == 5
    assert found.values["exact_zeros"] == 0 and found.values["latent_dim"] == 6
    assert [row["dimension"] for row in found.tables["Dimensions"]][-1] == 2
    assert found.tables["Dimensions"][-1]["images that use it"] == 0
    assert set(found.figures) == {"moments", "labels"}


def test_sparse_codes():
    """Each image uses one dimension, always with the same sign."""

    def encode(image):
        chosen = (1000 * image[:, 5, 5, 0]).astype(int)
        mean = 3.0 * np.eye(6)[chosen % 6]
        return {"mean": mean, "stddev": np.where(mean == 0, 0.0, 0.1)}

    def in_use(image):
        return {"probability": (encode(image)["mean"] != 0).astype(np.float32)}

    def hidden(image):
        zeros = np.tile([0.25, 0.75], [len(image), 1])
        return {"hoyer": zeros / 2, "zeros": zeros}

    further = {"in_use": in_use, "hidden_sparsity": hidden}
    found = measured(toy_dataset(None), encode, further)
    assert found.values["units_per_image"] == 1
    assert found.values["exact_zeros"] == pytest.approx(5 / 6)
    assert found.values["hoyer"] == pytest.approx(1, abs=1e-6)
    assert found.values["hidden_zeros"] == 0.5 and found.values["hidden_hoyer"] == 0.25
    assert [row["zeros"] for row in found.tables["Hidden layers"]] == [0.25, 0.75]
    # The scale of a dimension says nothing about sparsity.
    scaled = measured(
        toy_dataset(None),
        lambda image: {n: v * [1, 2, 3, 4, 5, 0.2] for n, v in encode(image).items()},
        further,
    )
    assert scaled.values["hoyer"] == pytest.approx(found.values["hoyer"])


def test_the_dimension_that_follows_a_label_is_found():
    def encode(image):
        codes = noise(image)
        codes["mean"][:, 4] = 0.1 * codes["mean"][:, 4] - 2 * image[:, 0, 1, 0]
        return codes

    first = measured(toy_dataset(BINARY), encode).tables["Labels"][0]
    assert (first["label"], first["dimension"]) == ("label1", 4)
    assert first["from"] < first["correlation"] < first["to"] < -0.98
    assert abs(first["its correlation"]) < 0.4
    assert first["all dimensions"] > 0.98


def test_a_label_that_is_spread_over_dimensions_is_told_from_one_that_is_not():
    def encode(image):
        codes = noise(image)
        codes["mean"][:, 1] = codes["mean"][:, 0] + image[:, 0, 3, 0]
        return codes

    rows = {row["label"]: row for row in measured(toy_dataset(BINARY), encode).tables["Labels"]}
    assert rows["label3"]["all dimensions"] > 0.99 > 0.8 > rows["label3"]["correlation"]


def test_codes_that_say_nothing_are_not_found_to_follow_labels():
    """Had the dimension been chosen on the images that it is scored on, the largest of six
    correlations would leave out 0 for more than a fifth of the labels."""
    rows = []
    for seed in range(30):
        data = toy_dataset(BINARY, counts=(10, 300, 300))
        rng = np.random.default_rng(seed)

        def encode(image, rng=rng):
            mean = rng.normal(size=[len(image), 6])
            return {"mean": mean, "stddev": np.ones_like(mean)}

        rows += measured(data, encode).tables["Labels"]
    assert len(rows) == 300
    apart = sum(row["from"] > 0 or row["to"] < 0 for row in rows)
    assert stats.binomtest(apart, len(rows), 0.05).pvalue > 0.001


def test_labels_that_are_hardly_known_are_left_out():
    data = toy_dataset(BINARY, unknown=0.87)
    fewest = np.full(10, 1000)
    for split in ("validation", "test"):
        arrays = data.arrays(split)
        on = (arrays["label"] * arrays["observed"]).sum(axis=0)
        fewest = np.minimum(fewest, np.minimum(on, arrays["observed"].sum(axis=0) - on))
    found = {row["label"] for row in measured(data, noise).tables["Labels"]}
    assert found == {f"label{number}" for number in np.flatnonzero(fewest >= 5)}
    assert 0 < len(found) < 10


def test_correlation_is_that_of_the_known_labels():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, size=[200, 3])
    codes = rng.normal(size=[200, 2]) + 5 + labels[:, :2]
    known = rng.uniform(size=labels.shape) < 0.6
    found = correlation(codes, np.where(known, labels, 0), known)
    for dimension, label in np.ndindex(2, 3):
        rows = known[:, label]
        expected = stats.pearsonr(codes[rows, dimension], labels[rows, label])
        assert found[dimension, label] == pytest.approx(expected.statistic)


def test_correlation_of_codes_that_hardly_vary():
    label = np.arange(50)[:, None] % 2
    for offset, scale in ((100, 1e-4), (0.5, 1e-6), (10, 1e-6)):
        found = correlation(offset + scale * label, label, np.ones([50, 1], bool))
        assert found[0, 0] == pytest.approx(1, abs=1e-6) and found[0, 0] <= 1


@pytest.mark.parametrize(("share", "strength"), [(0.5, 0.5), (0.15, 0.5), (0.02, 0.7)])
def test_interval_of_a_correlation_covers_it(share, strength):
    """Fisher's covers 55 % for a label that 2 % of the images have."""
    rng, covered = np.random.default_rng(0), []
    # The code is normal given the label, so that its correlation with it is `strength`.
    gap = strength / np.sqrt((1 - strength**2) * share * (1 - share))
    for _ in range(400):
        label = (rng.random(2000) < share).astype(float)
        low, high = correlation_interval(gap * label + rng.normal(size=2000), label)
        covered.append(low < strength < high)
    assert 0.92 < np.mean(covered) < 0.98


def test_a_dimension_without_use_is_used_by_no_image():
    """Under a spike and slab of rate 1/2 it is on for half of the draws, and says nothing."""

    def encode(image):
        codes = noise(image)
        codes["mean"][:, 4:] = 0
        return codes

    def in_use(image):
        return {"probability": np.tile([1.0, 1.0, 1.0, 1.0, 0.5, 0.5], [len(image), 1])}

    found = measured(toy_dataset(None), encode, {"in_use": in_use})
    assert found.values["units_per_image"] == found.values["active_units"] == 4
    assert found.values["exact_zeros"] == pytest.approx(1 / 6)
    nothing = measured(toy_dataset(None), lambda image: {n: 0 * v for n, v in noise(image).items()})
    assert "hoyer" not in nothing.values and nothing.values["units_per_image"] == 0


def test_a_code_of_one_dimension_has_no_next_one():
    found = measured(toy_dataset(BINARY), lambda image: noise(image, dimensions=1))
    assert "next dimension" not in found.tables["Labels"][0]


def test_divergence_from_the_normal_distribution():
    rng = np.random.default_rng(0)
    mean, stddev = rng.normal(size=5), rng.uniform(0.1, 2, size=5)
    grid = np.linspace(-20, 20, 200_001)
    for m, s, found in zip(mean, stddev, kl_from_normal(mean, stddev), strict=True):
        density = stats.norm.pdf(grid, m, s)
        log_ratio = stats.norm.logpdf(grid, m, s) - stats.norm.logpdf(grid)
        assert found == pytest.approx(np.trapezoid(density * log_ratio, grid), abs=1e-6)
    assert np.isfinite(kl_from_normal(np.zeros(1), np.zeros(1)))
