"""The networks of the domain classifiers, images [B, H, W, C] in [0, 1] -> probabilities [B, L].

`cnn` is the classifier of Vargas Aguilar & Gu (table 3). `cnn_bn` is a different one, for scores
that must not depend on the first: it has more stages, each with batch normalisation, and no hidden
dense layer. `cnn_bn_deep` is a larger one for photographs. `inception_v3` is the classifier of
Okamoto et al. (2018). The output is a softmax for categorical labels, and a sigmoid per label for
binary ones.
"""

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tfvae.reading import check_regular, sha256
from tfvae.schema import BINARY, DataSpec, UserError, what_is_wrong

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
        weight_decay: Decoupled (Loshchilov & Hutter 2019), in units of the learning rate; None:
            no decay.
        augmentation: Of the training images, a name of `augmentation.AUGMENTATIONS`.
        pretrained: Whether training starts from given weights.

    >>> cnn_on_digits = ARCHITECTURES["cnn"]
    >>> cnn_on_digits.plan(1258), cnn_on_digits.pretrained  # 1,258 training images
    ((32, 39, 12), False)
    """

    build: Callable[..., Any]
    plan: Callable[[int], tuple[int, int, int]]
    learning_rate: float
    weight_decay: float | None = None
    augmentation: str = "shift"
    pretrained: bool = False


def training_plan(num_images: int) -> tuple[int, int, int]:
    """(batch size, steps per epoch, largest number of epochs): more epochs for fewer images.

    At least 300 steps are planned, even for the smallest data sets.

    >>> training_plan(1258), training_plan(55_000)
    ((32, 39, 12), (64, 859, 3))
    """
    batch_size = min(32 if num_images < 5000 else 64, num_images)
    steps = num_images // batch_size
    epochs = max(int(np.clip(600 / np.sqrt(num_images), 3, 12)), -(-300 // steps))
    return batch_size, steps, epochs


def long_plan(num_images: int) -> tuple[int, int, int]:
    """(batch size, steps per epoch, largest number of epochs) for a network that is regularised so
    strongly that it needs many epochs: 24 for 24,000 images.

    >>> long_plan(24_152), long_plan(162_770), long_plan(2_000)
    ((64, 377, 24), (64, 2543, 9), (64, 31, 40))
    """
    batch_size = min(64, num_images)
    epochs = int(np.clip(3730 / np.sqrt(num_images), 6, 40))
    return batch_size, num_images // batch_size, epochs


def fine_tuning_plan(num_images: int) -> tuple[int, int, int]:
    """(batch size, steps per epoch, largest number of epochs) for a large network.

    It makes 300 to 1,000 steps with 32 images, each of which takes a quarter of a second on two
    cores. An "epoch" has at most 250 steps, which process 8,000 images; then comes a validation. Of
    more than 32,000 images some are never used.

    >>> fine_tuning_plan(1258), fine_tuning_plan(55_000)
    ((32, 39, 12), (32, 250, 4))
    """
    batch_size = min(32, num_images)
    steps = min(num_images // batch_size, 250)
    total = int(np.clip(12 * steps, 300, 1000))
    return batch_size, steps, -(-total // steps)


def cnn(spec: DataSpec):
    """The classifier of Vargas Aguilar & Gu, table 3.

    Strided convolutions first halve images whose sides are larger than 32 pixels.

    >>> cnn(DataSpec("digits", (28, 28, 1), tuple("0123456789"), "categorical")).output_shape
    (None, 10)
    """
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
    """Convolutions with batch normalisation, each followed by max-pooling; then dropout and output.

    The last stage is flattened, or averaged over positions if the image's side is larger than 32.

    >>> network = cnn_bn(DataSpec("faces", (64, 64, 3), ("smiling", "hat"), BINARY))
    >>> network.output_shape, network.layers[-1].activation.__name__
    ((None, 2), 'sigmoid')
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


def cnn_bn_deep(spec: DataSpec):
    """`cnn_bn` with two convolutions in each stage and twice the filters in the last ones.

    With many epochs, weight decay and images that are mirrored, turned and zoomed, it tells the
    attributes of photographs better than `cnn_bn`. No label may depend on left and right.

    >>> cnn_bn_deep(DataSpec("faces", (32, 32, 3), ("smiling", "hat"), BINARY)).output_shape
    (None, 2)
    """
    from keras import Sequential, layers

    side = max(spec.image_shape[:2])
    body: list[Any] = [layers.Input(spec.image_shape)]
    for width in (32, 64, 128, 256, 256, 256)[: max(3, side.bit_length() - 2)]:
        for _ in range(2):
            body += [
                layers.Conv2D(width, 3, padding="same", use_bias=False),
                layers.BatchNormalization(momentum=0.9),
                layers.ReLU(),
            ]
        body.append(layers.MaxPooling2D(2, padding="same"))
    body += [layers.Flatten() if side <= 32 else layers.GlobalAveragePooling2D()]
    body += [layers.Dropout(0.5), _head(spec)]
    return Sequential(body)


def inception_v3(spec: DataSpec, weights: str = IMAGENET):
    """Inception-v3 (Szegedy et al. 2016) with a new last layer, as in Okamoto et al. (2018).

    All of its layers are trained. The network itself resizes sides below 75 pixels to 75, scales
    pixels to [-1, 1], and repeats a grey channel three times.

    Args:
        spec: Of grey or colour images.
        weights: Initial weights: "imagenet", "none" for random ones, or the path of a file with
            the weights of `keras.applications.InceptionV3(include_top=False)` (`.weights.h5`, or
            `.h5` as Keras downloads it).
    Raises:
        UserError: another number of channels; the weights can't be downloaded or read, or don't
            fit.

    >>> inception_v3(DataSpec("spectra", (64, 64, 7), ("a", "b"), BINARY))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: inception_v3 takes grey or colour images, spectra has 7 channels
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
    backbone = pretrained_inception(
        weights, include_top=False, pooling="avg", input_shape=(*shape, 3)
    )
    features = layers.Dropout(0.2)(backbone(pixels))
    return keras.Model(image, _head(spec)(features))


def weights_identity(weights: str) -> str:
    """A string that identifies initial weights: "imagenet", "none" or the SHA-256 of the file.

    Raises:
        UserError: there is no such file, or it can't be read.

    >>> weights_identity("imagenet")
    'imagenet'
    """
    if weights in (IMAGENET, NO_WEIGHTS):
        return weights
    return sha256(weights)


def pretrained_inception(weights: str, *, include_top: bool, **arguments):
    """`keras.applications.InceptionV3` with weights that are given as for `inception_v3`.

    Args:
        weights: "imagenet", "none" or the path of a file.
        include_top: Whether with its last layer, the classifier of ImageNet's 1,000 classes.
        **arguments: Of `keras.applications.InceptionV3`.
    Raises:
        UserError: the weights can't be downloaded or read, or don't fit.

    >>> pretrained_inception("lost.h5", include_top=True)
    Traceback (most recent call last):
        ...
    tfvae.reading.ReadError: can't read lost.h5: No such file or directory
    """
    import keras

    if weights not in (IMAGENET, NO_WEIGHTS):
        check_regular(weights)
    try:
        network = keras.applications.InceptionV3(
            weights=IMAGENET if weights == IMAGENET else None, include_top=include_top, **arguments
        )
    # A failed download is a bare Exception in Keras.
    except Exception as error:
        other = "" if include_top else ", or start from random weights by weights=none"
        raise UserError(
            f"the ImageNet weights of Inception-v3 can't be downloaded ({what_is_wrong(error)}): "
            f"give them as a file by weights=PATH{other}"
        ) from error
    if weights in (IMAGENET, NO_WEIGHTS):
        return network
    try:
        with warnings.catch_warnings():
            # One warning for each layer that a file of another network lacks, before the error.
            warnings.simplefilter("ignore", UserWarning)
            network.load_weights(weights)
    # Keras and h5py have an error of their own for each way in which a file can be wrong.
    except Exception as error:
        part = "with" if include_top else "without"
        raise UserError(
            f"weights={weights} are not those of keras.applications' InceptionV3 {part} its top "
            f"(.weights.h5 or .h5): {what_is_wrong(error)}"
        ) from error
    return network


def _head(spec: DataSpec):
    from keras import layers

    activation = "sigmoid" if spec.label_kind == BINARY else "softmax"
    return layers.Dense(spec.num_labels, activation=activation)


ARCHITECTURES = {
    "cnn": Architecture(cnn, training_plan, 2e-3),
    "cnn_bn": Architecture(cnn_bn, training_plan, 2e-3),
    "cnn_bn_deep": Architecture(cnn_bn_deep, long_plan, 2e-3, 1e-3, "photograph"),
    "inception_v3": Architecture(inception_v3, fine_tuning_plan, 3e-4, pretrained=True),
}
