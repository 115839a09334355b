"""Likelihood bounds of an export whose bounds are known."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.evaluation.toys import scored
from tfvae.data import load_dataset
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.likelihood import likelihood
from tfvae.probability.likelihoods import LIKELIHOODS


def test_likelihood_passes_the_label_and_keeps_its_signs(categorical, everything, tmp_path):
    result = scored("likelihood", [everything], categorical, output_dir=tmp_path)
    bound = -categorical.arrays("test")["image"].sum(axis=(1, 2, 3)).mean()
    assert result.values["iwae"] == pytest.approx(bound, rel=1e-5)
    assert result.values["elbo"] == pytest.approx(bound - 1, rel=1e-5)
    assert result.values["gap"] == pytest.approx(1, rel=1e-4)
    assert result.settings["log_likelihood_samples"] == 7


def scores_of(pixels, parameters, change=lambda images: images, scale=0.1):
    """Scores of a decoder that ignores its code, on five digits; and their images."""

    def call(signature, image, **inputs):
        distribution = LIKELIHOODS[pixels](tf.constant(parameters, tf.float32), scale)
        return {"log_likelihood": distribution.log_prob(image).numpy()}

    data = load_dataset("digits")
    changed = SimpleNamespace(
        spec=data.spec,
        arrays=lambda split, limit: {
            name: change(values) if name == "image" else values
            for name, values in data.arrays(split, limit=limit).items()
        },
    )
    export = SimpleNamespace(
        run="still",
        manifest={"likelihood": pixels},
        signatures={},
        inputs=lambda signature: ("image", "seed"),
        call=call,
    )
    context = Context([Subject(export, changed)])
    return likelihood(context, num_images=5), context.draw(count=5)["image"]


def level_bits(probabilities):
    return -np.log2(probabilities).mean()


def test_bits_of_real_densities_are_those_of_the_grey_levels_they_lie_around():
    mean = 1 / (1 + np.exp(1))
    spread = 1 / 255 + np.log1p(np.exp(-1.5))
    for pixels, parameters, distribution in (
        ("gaussian", np.full((28, 28, 1), -1), stats.norm(mean, 0.1)),
        ("laplace", np.full((28, 28, 1), -1), stats.laplace(mean, 0.1)),
        ("gaussian_learned", np.full((28, 28, 2), [-1, -1.5]), stats.norm(mean, spread)),
    ):
        result, images = scores_of(pixels, parameters)
        levels = np.rint(images * 255)
        # log2 256 / 255 is the most by which the two widths of a level differ.
        inside = distribution.cdf((levels + 0.5) / 255) - distribution.cdf((levels - 0.5) / 255)
        expected = level_bits(np.maximum(inside, 1e-300))
        assert 0 < result.values["bits_per_dimension"] - expected < 0.01, pixels


@pytest.mark.parametrize("logit", [0.0, -0.7, 3.0])
def test_bits_of_a_density_on_the_unit_interval_are_those_of_256_cells(logit):
    result, images = scores_of("continuous_bernoulli", np.full((28, 28, 1), logit))
    if logit == 0:
        # The uniform distribution: 256 equally likely levels.
        assert result.values["bits_per_dimension"] == pytest.approx(8, abs=1e-4)
        return
    # The density is logit exp(logit x) / (exp(logit) - 1).
    ends = np.expm1(logit * np.arange(257) / 256) / np.expm1(logit)
    expected = level_bits(np.diff(ends)[np.rint(images * 255).astype(int)])
    assert result.values["bits_per_dimension"] == pytest.approx(expected, abs=0.01)


def test_bernoulli_pixels_have_bits_where_they_are_binary():
    result, _ = scores_of("bernoulli", np.zeros((28, 28, 1)), change=np.round)
    assert result.values["bits_per_dimension"] == pytest.approx(1)
    result, _ = scores_of("bernoulli", np.zeros((28, 28, 1)))
    assert (
        "bits_per_dimension" not in result.values and "bits_per_dimension" not in result.intervals
    )
    assert "grey pixel" in " ".join(result.notes)


def test_no_bits_without_a_known_pixel_likelihood(categorical, export_of, tmp_path):
    methods = {"log_likelihood": "log_likelihood"}
    export = export_of(categorical, methods, likelihood="categorical")
    result = scored("likelihood", [export], categorical, output_dir=tmp_path)
    assert "bits_per_dimension" not in result.values
    assert any("of this export is categorical" in note for note in result.notes)
