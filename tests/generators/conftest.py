"""A decoder and a classifier whose best generator is known."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.generators.problem import FitProblem
from tfvae.schema import CATEGORICAL, DataSpec

NUM_CLASSES = 2


class ToyExport:
    """Codes are images of two pixels: [B, 2] <-> [B, 1, 2, 1], the code exponentiated."""

    path = "toy"
    run = "toy"
    spec = DataSpec("toy", (1, 2, 1), ("low", "high"), CATEGORICAL, {"train": 4000})

    def function(self, name):
        return {
            "decode": lambda latent: {"image": tf.exp(latent)[:, None, :, None]},
            "encode": lambda image: {"mean": tf.math.log(image[:, 0, :, 0])},
        }[name]


class ToyClassifier:
    """Class by the sign of the code's first dimension; the other is free."""

    accuracy = {"validation": 1.0, "test": 1.0}

    def network(self, images, training=False):
        first = tf.math.log(tf.maximum(images[:, 0, 0, 0], 1e-6))
        high = tf.sigmoid(8 * first)
        return tf.stack([1 - high, high], axis=-1)


@pytest.fixture
def problem():
    """Two classes at -1 and 1 of the first dimension, both with standard deviation 1: at theta = 1
    a sixth of the draws is of the wrong class."""
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], 2000)
    codes = rng.standard_normal((4000, 2)).astype(np.float32)
    codes[:, 0] += 2 * classes - 1
    return FitProblem(ToyExport(), {"toy": ToyClassifier()}, codes, classes, num_draws=500)
