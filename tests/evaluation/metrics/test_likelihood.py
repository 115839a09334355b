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
    bits = -bound / (144 * np.log(2))
    assert result.values["bits_per_dimension"] == pytest.approx(bits, rel=1e-5)
    assert result.settings["log_likelihood_samples"] == 7
