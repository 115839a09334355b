"""Small adversarial models and batches for their tests."""

import keras
import numpy as np
import tensorflow as tf

from tfvae.models import build_model
from tfvae.schema import DataSpec

SHAPE = (8, 8, 1)
SETTINGS = {"fader": {}, "stargan": {"filters": 4, "residual_blocks": 1, "critic_steps": 2}}


def small_model(name, kind="binary", num_labels=3, **settings):
    names = tuple(f"label{index}" for index in range(num_labels))
    spec = DataSpec("tiny", SHAPE, names, kind, {"train": 8})
    keras.utils.set_random_seed(0)
    return build_model(name, spec, {**SETTINGS[name], **settings})


def small_batch(kind="binary", num_labels=3, size=6):
    """Random images; the label of the last one is unknown."""
    generator = np.random.default_rng(0)
    label = generator.integers(2, size=(size, num_labels))
    if kind == "categorical":
        label = np.eye(num_labels)[generator.integers(num_labels, size=size)]
    observed = np.ones((size, num_labels), "float32")
    observed[-1] = 0
    return {
        "image": tf.constant(generator.random((size, *SHAPE), dtype="float32")),
        "label": tf.constant(label, tf.float32),
        "observed": tf.constant(observed),
    }
