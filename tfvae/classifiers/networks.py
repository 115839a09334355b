"""The networks of the domain classifiers, images [B, H, W, C] in [0, 1] -> probabilities [B, L].

`cnn` is the classifier of study C (table 3). `cnn_bn` is a second, different one: more stages, each
with batch normalisation, and no hidden dense layer, for scores that shall not depend on the first.
`inception_v3` is the classifier of study E. A categorical data set gets a softmax, a binary one a
sigmoid per label.
"""

import dataclasses
import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.schema import BINARY, DataSpec, UserError

# The smallest side that Inception-v3 takes; its own 299 would cost 16 times as much on a CPU.
INCEPTION_SIDE = 75
IMAGENET = "imagenet"
NO_WEIGHTS = "none"


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A network and how it is trained.

    Args:
        build: DataSpec -> Keras model; where `pretrained`, (DataSpec, weights) -> Keras model.
        plan: Number of training images -> (batch size, steps per epoch, most epochs).
        learning_rate: Of Adam, at the start of a cosine decay to 0.
        pretrained: Whether it starts from given weights.
    """

    build: Callable[..., Any]
    plan: Callable[[int], tuple[int, int, int]]
    learning_rate: float
    pretrained: bool = False


def training_plan(num_images: int) -> tuple[int, int, int]:
    """(batch size, steps per epoch, most epochs): many short epochs for few images.

    1,258 images are seen 12 times and 55,000 three times; the tiniest sets still get 300 steps.
    """
    batch_size = min(32 if num_images < 5000 else 64, num_images)
    steps = num_images // batch_size
    epochs = max(int(np.clip(600 / np.sqrt(num_images), 3, 12)), -(-300 // steps))
    return batch_size, steps, epochs


def fine_tuning_plan(num_images: int) -> tuple[int, int, int]:
    """(batch size, steps per epoch, most epochs) of a large network: 300 to 1,000 steps of 32.

    A quarter of a second each on two cores. An "epoch" is at most 250 steps, so a set of over 8,000
    images isn't seen whole between two looks at validation, nor one of over 32,000 at all.
    """
    batch_size = min(32, num_images)
    steps = min(num_images // batch_size, 250)
    total = int(np.clip(12 * steps, 300, 1000))
    return batch_size, steps, -(-total // steps)


def cnn(spec: DataSpec):
    """Study C, table 3; images over 32 pixels are halved by strided convolutions first."""
    from keras import Sequential, layers

    side = max(spec.image_shape[:2])
    body: list[Any] = [layers.Input(spec.image_shape)]
    while side > 32:
        body.append(layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"))
        side = -(-side // 2)
    padding = "valid" if min(spec.image_shape[:2]) >= 8 else "same"
    body += [
        layers.Conv2D(32, 3, padding=padding, activation="relu"),
        layers.Conv2D(64, 3, padding=padding, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        _head(spec),
    ]
    return Sequential(body)


def cnn_bn(spec: DataSpec):
    """Convolutions with batch normalisation, each halved by max-pooling, then dropout and the head.

    The last stage is flattened; of images over 32 pixels a side it is averaged over positions.
    """
    from keras import Sequential, layers

    side = max(spec.image_shape[:2])
    body: list[Any] = [layers.Input(spec.image_shape)]
    for width in (32, 64, 128, 128, 128, 128)[: max(3, side.bit_length() - 2)]:
        body += [
            layers.Conv2D(width, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.MaxPooling2D(2, padding="same"),
        ]
    body += [layers.Flatten() if side <= 32 else layers.GlobalAveragePooling2D()]
    body += [layers.Dropout(0.3), _head(spec)]
    return Sequential(body)


def inception_v3(spec: DataSpec, weights: str = IMAGENET):
    """Inception-v3 (Szegedy et al. 2016) with a new last layer, all of it trained (study E).

    Sides below 75 pixels are resized to 75, larger ones stay; pixels are scaled to [-1, 1] and
    grey is repeated to three channels, all within the network.

    Args:
        spec: Of grey or colour images.
        weights: What it starts from: "imagenet", "none", or the path of a file with the weights
            of `keras.applications.InceptionV3(include_top=False)` (`.weights.h5`, or `.h5` as
            Keras downloads it).
    Raises:
        UserError: another number of channels; the weights can't be had or don't fit.
    """
    import keras
    from keras import layers

    height, width, channels = spec.image_shape
    if channels not in (1, 3):
        raise UserError(
            f"inception_v3 takes grey or colour images, {spec.name} has {channels} channels"
        )
    image = layers.Input(spec.image_shape)
    shape = (max(height, INCEPTION_SIDE), max(width, INCEPTION_SIDE))
    pixels = layers.Concatenate()([image] * 3) if channels == 1 else image
    if shape != (height, width):
        pixels = layers.Resizing(*shape)(pixels)
    pixels = layers.Rescaling(2.0, offset=-1.0)(pixels)
    arguments = {"include_top": False, "pooling": "avg", "input_shape": (*shape, 3)}
    if weights == IMAGENET:
        backbone = _with_imagenet_weights(arguments)
    else:
        backbone = keras.applications.InceptionV3(weights=None, **arguments)
        if weights != NO_WEIGHTS:
            _load_weights(backbone, weights)
    features = layers.Dropout(0.2)(backbone(pixels))
    return keras.Model(image, _head(spec)(features))


def weights_identity(weights: str) -> str:
    """What tells one start of a network from another: "imagenet", "none" or the file's SHA-256.

    Raises:
        UserError: there is no such file, or it can't be read.
    """
    if weights in (IMAGENET, NO_WEIGHTS):
        return weights
    try:
        with Path(weights).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"weights={weights} can't be read: {error.strerror}") from None


def _with_imagenet_weights(arguments: dict[str, Any]):
    import keras

    try:
        return keras.applications.InceptionV3(weights=IMAGENET, **arguments)
    # A failed download is a bare Exception in Keras.
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"the ImageNet weights of Inception-v3 can't be downloaded ({reason}): give them as a "
            "file by weights=PATH, or start from random weights by weights=none"
        ) from error


def _load_weights(backbone, path: str) -> None:
    if not Path(path).is_file():
        raise UserError(f"weights={path} can't be read: there is no such file")
    try:
        with warnings.catch_warnings():
            # One warning for each layer that a file of another network lacks, before the error.
            warnings.simplefilter("ignore", UserWarning)
            backbone.load_weights(path)
    # Keras and h5py have an error of their own for each way in which a file can be wrong.
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(
            f"weights={path} are not those of keras.applications' InceptionV3 without its top "
            f"(.weights.h5 or .h5): {reason}"
        ) from error


def _head(spec: DataSpec):
    from keras import layers

    activation = "sigmoid" if spec.label_kind == BINARY else "softmax"
    return layers.Dense(spec.num_labels, activation=activation)


ARCHITECTURES = {
    "cnn": Architecture(cnn, training_plan, 2e-3),
    "cnn_bn": Architecture(cnn_bn, training_plan, 2e-3),
    "inception_v3": Architecture(inception_v3, fine_tuning_plan, 3e-4, pretrained=True),
}
