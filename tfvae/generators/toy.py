"""A problem small enough to try a generator on, and whose best generator is known."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfvae.classifiers.classifier import Classifier
from tfvae.exports.reader import Export
from tfvae.generators.problem import FitProblem
from tfvae.schema import CATEGORICAL, IMAGE, TEST, TRAIN, VALIDATION, DataSpec

CODES_PER_CLASS = 2000
SPEC = DataSpec("toy", (1, 2, 1), ("low", "high"), CATEGORICAL, {TRAIN: 2 * CODES_PER_CLASS})
SIGNATURES = {
    "encode": {"inputs": ["image"], "outputs": ["mean"]},
    "decode": {"inputs": ["latent"], "outputs": ["image"]},
}
# A darker pixel counts as this bright to the classifier: the logarithm of 0 is infinite.
DARKEST = 1e-6


def toy_problem(num_draws: int = 500, seed: int = 0) -> FitProblem:
    """Two classes of codes of two dimensions; no file is read, and nothing is trained.

    Both dimensions have standard deviation 1. The first one has mean -1 for the class `low` and
    1 for `high`, the second one has mean 0 for both. The decoder makes each dimension a pixel, its
    exponential. The classifier reads the class from the sign of the first dimension. So a good
    generator varies the second dimension as the codes do, and the first one less: of the codes
    themselves, a sixth is on the wrong side of 0.

    Args:
        num_draws: Images per class in a score.
        seed: Seed of every draw; the codes are always the same.

    >>> from tfvae.generators.simple import diagonal
    >>> problem = toy_problem()
    >>> problem.means[:, 0].round(1), problem.codes.shape
    (array([-1.,  1.], dtype=float32), (4000, 2))
    >>> problem.decode([[-1.0, 0.0]]).numpy().ravel().round(2)  # exp(-1), exp(0)
    array([0.37, 1.  ], dtype=float32)
    >>> 0.8 < problem.score(diagonal(problem)).accuracy < 0.88  # 5 of 6
    True
    """
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], CODES_PER_CLASS)
    codes = rng.standard_normal((len(classes), 2)).astype(np.float32)
    codes[:, 0] += 2 * classes - 1
    return FitProblem(_export(), {"toy": _classifier()}, codes, classes, num_draws, seed)


def _export() -> Export:
    """An export in memory: codes [B, 2] <-> images [B, 1, 2, 1]."""

    @tf.function
    def encode(*, image):
        return {"mean": tf.math.log(image[:, 0, :, 0])}

    @tf.function
    def decode(*, latent):
        return {IMAGE: tf.exp(latent)[:, tf.newaxis, :, tf.newaxis]}

    image = tf.TensorSpec([None, *SPEC.image_shape], tf.float32, "image")
    latent = tf.TensorSpec([None, 2], tf.float32, "latent")
    export = Export(Path("toy/1"), {"dataset": SPEC.name, "signatures": SIGNATURES}, SPEC)
    # In place of what TensorFlow would load from the folder.
    export.loaded = tf.Module()
    export.loaded.signatures = {
        "encode": encode.get_concrete_function(image=image),
        "decode": decode.get_concrete_function(latent=latent),
    }
    return export


def _classifier() -> Classifier:
    """`high` where the first pixel is above 1; its probability is smooth, for gradients."""
    image = keras.Input(SPEC.image_shape)
    first = keras.ops.log(keras.ops.maximum(image[:, 0, 0, 0], DARKEST))
    high = keras.ops.sigmoid(8 * first)
    probabilities = keras.ops.stack([1 - high, high], axis=-1)
    return Classifier(keras.Model(image, probabilities), {VALIDATION: 1.0, TEST: 1.0})
