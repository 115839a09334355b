"""Likelihood bounds of an export whose bounds are known."""

import numpy as np
import pytest

from tests.evaluation.toys import scored


def test_likelihood_passes_the_label_and_keeps_its_signs(categorical, everything, tmp_path):
    result = scored("likelihood", [everything], categorical, output_dir=tmp_path)
    bound = -categorical.arrays("test")["image"].sum(axis=(1, 2, 3)).mean()
    assert result.values["iwae"] == pytest.approx(bound, rel=1e-5)
    assert result.values["elbo"] == pytest.approx(bound - 1, rel=1e-5)
    assert result.values["gap"] == pytest.approx(1, rel=1e-4)
    # Its pixels are of bernoulli: no probability of grey levels.
    assert "bits_per_dimension" not in result.values
    assert result.settings["log_likelihood_samples"] == 7


def test_bits_of_a_density_count_its_levels(categorical, export_of, tmp_path):
    """By the probability of each of 256 levels, the density at its value times its width."""
    export = export_of(categorical, {"log_likelihood": "log_likelihood"}, likelihood="gaussian")
    result = scored("likelihood", [export], categorical, output_dir=tmp_path)
    density = np.exp(-categorical.arrays("test")["image"].reshape(-1, 144).astype(np.float64))
    bits = -np.log2(density / 256).mean()
    assert result.values["bits_per_dimension"] == pytest.approx(bits, rel=1e-5)
