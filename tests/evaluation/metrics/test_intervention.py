"""The changes that a perfect transfer makes, and the area of known changes."""

import numpy as np
import pytest

from tests.evaluation.toys import scored
from tfvae.evaluation.image_scores import changed_area
from tfvae.evaluation.transfer import transfer


def test_intervention(categorical, everything, perfect, tmp_path):
    result = scored(
        "intervention",
        [everything],
        categorical,
        output_dir=tmp_path,
        settings={"num_images": 100},
        classifiers=perfect(categorical),
    )
    assert result.values["target_change"] == pytest.approx(0.9)
    assert result.values["other_change"] == pytest.approx(0.1)
    # Two pixels of 144 change, each by one, unless the image is of the target already.
    assert result.values["pixel_change"] == pytest.approx(0.9 * 2 / 144)
    assert result.values["changed_area"] == pytest.approx(0.9 * 2 / 144)


def test_strength_zero_is_asked_for_once(categorical, everything, perfect, tmp_path, monkeypatch):
    strengths = []

    def counted(export, images, domain, strength):
        strengths.append(strength)
        return transfer(export, images, domain, strength)

    monkeypatch.setattr("tfvae.evaluation.metrics.intervention.transfer", counted)
    scored(
        "intervention",
        [everything],
        categorical,
        output_dir=tmp_path,
        classifiers=perfect(categorical),
    )
    assert sorted(strengths) == [0, *[1] * 10]


def test_changed_area_at_its_ends():
    one = np.zeros((1, 4, 4))
    one[0, 1, 2] = 0.3
    assert changed_area(one) == pytest.approx(1 / 16)
    assert changed_area(one * 0 + 0.2) == pytest.approx(1)
    assert changed_area(one * 0) == 0
