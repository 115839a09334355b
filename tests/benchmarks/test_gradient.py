"""The share of a gradient that a CCVAE leaves out, where it is known."""

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.study_d.gradient import log_p_and_log_w, shares
from tfvae.models import build_model
from tfvae.schema import DataSpec


@pytest.fixture
def model():
    spec = DataSpec("tiny", (4, 4, 1), ("one", "two"), "binary")
    return build_model("ccvae", spec, {"latent_dim": 3})


def batch(observed):
    image = np.random.default_rng(0).random((4, 4, 4, 1), dtype="float32")
    label = np.tile(np.float32([[0, 1]]), (4, 1))
    arrays = {"image": image, "label": label, "observed": np.full_like(label, observed)}
    return {key: tf.constant(value) for key, value in arrays.items()}


def test_nothing_is_left_out_where_w_is_one(model):
    """Without known labels there is no w; the decoder has no part in it."""
    assert [row["left out"] for row in shares(model, batch(0.0), draws=8)] == ["0.0%"] * 3
    rows = {row["gradient of"]: row for row in shares(model, batch(1.0), draws=60)}
    assert rows["decoder"]["left out"] == "0.0%"
    assert rows["distributions of the label"]["left out"] != "0.0%"


def test_code_is_the_one_that_the_model_decodes(model):
    for seed in ((0, 1), (0, 2)):
        found, _ = log_p_and_log_w(model, batch(1.0), seed)
        np.testing.assert_allclose(found, -model.loss_terms(batch(1.0), seed)["distortion"], 1e-5)
