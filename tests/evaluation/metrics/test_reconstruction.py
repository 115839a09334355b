"""Reconstruction errors on an export whose reconstructions are known, and at their ends."""

import numpy as np
import pytest

from tests.evaluation.toys import scored
from tfvae.evaluation.image_scores import binary_cross_entropy, structural_similarity


def test_reconstruction(categorical, everything, tmp_path):
    result = scored("reconstruction", [everything], categorical, output_dir=tmp_path)
    images = categorical.arrays("test")["image"].astype(np.float64)
    rebuilt = 0.9 * images + 0.05
    assert result.values["mse"] == pytest.approx(np.mean((rebuilt - images) ** 2), rel=1e-5)
    nats = -(images * np.log(rebuilt) + (1 - images) * np.log(1 - rebuilt)).sum((1, 2, 3)).mean()
    assert result.values["distortion"] == pytest.approx(nats, rel=1e-5)
    assert 0.8 < result.values["ssim"] < 1


def test_distortion_needs_a_bernoulli_likelihood(categorical, export_of, tmp_path):
    export = export_of(categorical, {"reconstruct": "reconstruct"}, likelihood="gaussian")
    result = scored("reconstruction", [export], categorical, output_dir=tmp_path)
    assert set(result.values) == {"mse", "ssim"} and "gaussian" in result.notes[0]


def test_reconstruction_scores_at_their_ends():
    images = np.random.default_rng(0).uniform(size=(3, 28, 28, 1)).astype(np.float32)
    assert structural_similarity(images, images) == pytest.approx(np.ones(3))
    assert structural_similarity(images, 1 - images).max() < 0
    assert structural_similarity(images[:, :4, :4], images[:, :4, :4]) == pytest.approx(np.ones(3))
    binary = np.round(images)
    assert binary_cross_entropy(binary, binary) == pytest.approx(np.zeros(3), abs=1e-3)
    assert binary_cross_entropy(images, images * 0 + 0.5) == pytest.approx(784 * np.log(2))
