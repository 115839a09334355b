"""The smoothness of known paths between images."""

import numpy as np
import pytest

from tests.evaluation.toys import scored
from tfvae.evaluation.image_scores import smoothness


def test_interpolation(categorical, everything, tmp_path):
    settings = {"num_pairs": 20, "steps": 5}
    result = scored(
        "interpolation", [everything], categorical, output_dir=tmp_path, settings=settings
    )
    assert 1 <= result.values["largest_step"] < 4 and result.values["path_length"] >= 1


def test_smoothness_of_known_paths():
    start, end = np.zeros((1, 2, 2, 1)), np.ones((1, 2, 2, 1))
    fade = np.stack([start + t * (end - start) for t in np.linspace(0, 1, 5)], axis=1)
    jump = np.stack([start, start, start, end, end], axis=1)
    there_and_back = np.stack([start, end, start, end], axis=1)
    assert smoothness(fade)["largest_step"] == pytest.approx(1)
    assert smoothness(fade)["path_length"] == pytest.approx(1)
    assert smoothness(jump)["largest_step"] == pytest.approx(4)
    assert smoothness(there_and_back)["path_length"] == pytest.approx(3)
    still = smoothness(np.zeros((1, 4, 2, 2, 1)))
    assert still["largest_step"] == still["path_length"] == 1
