"""Samplers whose labels and cosine similarities are known."""

import numpy as np
import pytest

from tests.evaluation.toys import scored
from tfvae.evaluation.metrics.generation import known_labels
from tfvae.evaluation.statistics import proportion_interval
from tfvae.schema import BINARY, UserError


def test_generation_of_the_right_labels(categorical, everything, perfect, tmp_path):
    result = scored(
        "generation",
        [everything],
        categorical,
        output_dir=tmp_path,
        settings={"num_images": "20"},
        classifiers=perfect(categorical),
    )
    assert result.values["accuracy"] == result.values["real_accuracy"] == 1
    assert 0 < result.values["cosine_similarity"] < 1 and result.num_images == 200
    for name in ("cosine_similarity", "real_cosine_similarity"):
        low, high = result.intervals[name]
        assert low < result.values[name] < high


def test_a_sampler_of_one_image_has_cosine_one(categorical, export_of, perfect, tmp_path):
    export = export_of(categorical, {"sample": "sample_same"})
    result = scored(
        "generation", [export], categorical, output_dir=tmp_path, classifiers=perfect(categorical)
    )
    assert result.values["cosine_similarity"] == pytest.approx(1)
    assert result.intervals["cosine_similarity"] == pytest.approx((1, 1))


def test_generation_with_attributes(binary, export_of, perfect, tmp_path):
    export = export_of(binary, {"sample": "sample"})
    result = scored(
        "generation", [export], binary, output_dir=tmp_path, classifiers=perfect(binary)
    )
    assert result.values["accuracy"] == 1 and len(result.tables["Per label"]) == 3


def test_accuracy_of_real_images_is_counted_by_image():
    # Three attributes each, right or wrong together: 40 images, not 120 independent answers.
    right = np.arange(40) % 4 > 0
    real = {"label": np.ones((40, 3)), "observed": np.ones((40, 3))}
    probability = np.repeat(right[:, None], 3, axis=1).astype(float)
    images = np.random.default_rng(0).random((40, 2, 2, 1))
    value, interval = known_labels(images, probability, real, BINARY).scores["accuracy"]
    assert value == 0.75 and interval == pytest.approx(proportion_interval(right))


def test_generation_needs_a_sampler_for_labels(categorical, export_of, tmp_path):
    export = export_of(categorical, {"sample": "sample_unlabelled"})
    with pytest.raises(UserError, match="'sample' .* takes no 'label'"):
        scored("generation", [export], categorical, output_dir=tmp_path)
