"""Networks that turn images into features, between which distances of images are taken.

Such a distance means little without the name of its network, which is part of the name of a score.
"""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.classifiers.classifier import in_batches
from tfvae.classifiers.networks import ARCHITECTURES, IMAGENET, NO_WEIGHTS, pretrained_inception
from tfvae.evaluation.context import Context
from tfvae.exports.keras_file import read_keras
from tfvae.schema import CATEGORICAL, UsageError, UserError

CLASSIFIER = "classifier"
INCEPTION = "inception_v3"
SUFFIX = ".keras"
# Pretrained networks are large: their activations for more images wouldn't fit the memory.
BATCH = 64


@dataclasses.dataclass(frozen=True)
class Features:
    """A network that images are compared by.

    Args:
        name: For the names of scores.
        extract: Images [N, H, W, C] -> features [N, F].
        probabilities: Images -> probabilities of classes, one of which an image shows [N, K]; None
            if the network has no such output.

    >>> mean = Features("mean", lambda images: images.mean(axis=(1, 2)))
    >>> mean.extract(np.ones([2, 4, 4, 3])).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    name: str
    extract: Callable[[np.ndarray], np.ndarray]
    probabilities: Callable[[np.ndarray], np.ndarray] | None = None


def check_features(features: str, weights: str) -> None:
    """Checks the options `features` and `weights` of a metric; see `load_features`.

    Raises:
        UsageError: an unknown network, or weights that it doesn't take.

    >>> check_features("vgg", "imagenet")  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: features=vgg is none of classifier, cnn, cnn_bn, cnn_bn_deep,
        inception_v3 and PATH.keras
    """
    if features not in (CLASSIFIER, *ARCHITECTURES) and not features.endswith(SUFFIX):
        known = ", ".join([CLASSIFIER, *ARCHITECTURES])
        raise UsageError(f"features={features} is none of {known} and PATH.keras")
    if features != INCEPTION and weights != IMAGENET:
        raise UsageError(f"weights={weights} is for features={INCEPTION}, not {features}")
    if weights == NO_WEIGHTS:
        raise UsageError("weights=none: features of random weights say nothing")


def load_features(context: Context, features: str, weights: str = IMAGENET) -> Features:
    """The network of this name, for images of the context's data.

    Args:
        context: Of a metric.
        features: `classifier` for what the last layer of the data set's domain classifier gets, or
            the architecture of another one, such as `cnn_bn_deep`;
            `inception_v3` for the last pooling of Keras' Inception-v3, which takes images of 299
            pixels; or the path of a `.keras` file with a model from images in [0, 1] to vectors.
            Images are resized to the size that a network asks for.
        weights: Of `inception_v3`: imagenet, or the path of a file.
    Raises:
        UsageError: as `check_features`.
        UserError: the data have no labels to train a classifier on, weights or file can't be read,
            or the model in the file isn't one from images to vectors.

    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> load_features(Context([Subject(None, load_dataset("digits"))]), "lost.keras")
    Traceback (most recent call last):
        ...
    tfvae.reading.ReadError: can't read lost.keras: No such file or directory
    """
    check_features(features, weights)
    if features == INCEPTION:
        return _of_inception(context, weights)
    if features == CLASSIFIER or features in ARCHITECTURES:
        return _of_classifier(context, "auto" if features == CLASSIFIER else features)
    path = Path(features)
    return Features(re.sub(r"\W", "_", path.stem), _function(_read(path), context.spec.image_shape))


def _of_classifier(context: Context, architecture: str) -> Features:
    if not context.spec.num_labels:
        raise UserError(
            f"the data set {context.spec.name} has no labels to train a classifier on: give "
            f"features={INCEPTION} or features=PATH.keras"
        )
    architecture = context.architecture(architecture)
    classifier = context.classifier(architecture)
    return Features(
        architecture,
        # A plain function, as in examples, has nothing but its probabilities.
        getattr(classifier, "features", classifier),
        classifier if context.spec.label_kind == CATEGORICAL else None,
    )


def _of_inception(context: Context, weights: str) -> Features:
    import keras

    if context.spec.image_shape[2] not in (1, 3):
        raise UserError(f"features={INCEPTION} takes grey or colour images")
    network = pretrained_inception(weights, include_top=True)
    scaled = keras.Sequential(
        [keras.Input(network.input_shape[1:]), keras.layers.Rescaling(2.0, offset=-1.0)]
    )

    def part(output):
        body = keras.Model(network.inputs, output)
        whole = keras.Sequential([*scaled.layers, body])
        whole.build(network.input_shape)
        return _function(whole, context.spec.image_shape)

    return Features(INCEPTION, part(network.layers[-2].output), part(network.outputs[0]))


def _read(path: Path):
    """The model in a `.keras` file, from images to vectors."""
    network = read_keras(path, compile=False)
    inputs: Any = getattr(network, "input_shape", ())
    outputs: Any = getattr(network, "output_shape", ())
    # Of several inputs, Keras gives a list or a mapping of shapes.
    shapes = isinstance(inputs, tuple) and isinstance(outputs, tuple)
    if not shapes or (len(inputs), len(outputs)) != (4, 2) or inputs[3] not in (1, 3):
        raise UserError(
            f"features={path} must take grey or colour images [N, H, W, 1 or 3] and return vectors "
            f"[N, F]; it takes {inputs} and returns {outputs}"
        )
    return network


def _function(network, image_shape: tuple[int, int, int]) -> Callable[[np.ndarray], np.ndarray]:
    """The network on images of another size or number of channels, in one graph."""
    import tensorflow as tf

    _, *size, channels = network.input_shape
    if image_shape[2] not in (1, 3):
        raise UserError(f"{network.name} takes grey or colour images, the data are {image_shape}")

    @tf.function(input_signature=[tf.TensorSpec([None, *image_shape], tf.float32)])
    def features(images):
        if image_shape[2] < channels:
            images = tf.image.grayscale_to_rgb(images)
        elif image_shape[2] > channels:
            images = tf.image.rgb_to_grayscale(images)
        if None not in size and tuple(size) != image_shape[:2]:
            images = tf.image.resize(images, size, antialias=True)
        return network(images, training=False)

    return lambda images: in_batches(features, images, BATCH)
