"""Latent dimensions whose information is known."""

import numpy as np
import pytest

from tests.evaluation.toys import scored
from tfvae.evaluation.code_scores import channel_information


def test_traversal_orders_dimensions_by_information(categorical, everything, tmp_path):
    result = scored("traversal", [everything], categorical, output_dir=tmp_path)
    rows = result.tables["Dimensions"]
    # The toy encoder scales its dimensions by 1, 0.5, 0.1 and 0.
    assert [row["dimension"] for row in rows] == [0, 1, 2, 3]
    assert rows[-1]["active"] == "no" and rows[-1]["information"] == 0
    assert result.values["active_units"] == 3
    low, high = result.intervals["information"]
    assert low < result.values["information"] < high


def test_channel_information_of_a_known_channel():
    mean = np.array([[-1.0, 0.0], [1.0, 0.0]])
    assert channel_information(mean, np.ones((2, 2))) == pytest.approx([0.5 * np.log(2), 0])
