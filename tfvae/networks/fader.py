"""Networks of the Fader Networks (Lample et al. 2017). Outputs are float32.

The encoder gives a deterministic code, the decoder receives the label at every layer, and the
critic predicts the label from the code. No layer normalises over the batch, so that the code of an
image depends on that image alone.
"""

import math

import keras

from tfvae.networks.conv import MAX_FILTERS, stage_filters
from tfvae.networks.label_map import LabelMap

CRITIC_UNITS = 256
SLOPE = 0.2


def encoder(image_shape: tuple[int, int, int]) -> keras.Model:
    """[B, H, W, C] -> code [B, h, w, F], h and w about 4.

    >>> encoder((32, 32, 3)).output_shape
    (None, 4, 4, 128)
    """
    layers = [keras.Input(image_shape, name="image")]
    for filters in stage_filters(image_shape, math.ceil):
        layers += [
            keras.layers.Conv2D(filters, 4, strides=2, padding="same"),
            keras.layers.LeakyReLU(SLOPE),
        ]
    layers.append(keras.layers.Activation("linear", dtype="float32"))
    return keras.Sequential(layers, name="encoder")


def decoder(
    code_shape: tuple[int, int, int], num_labels: int, image_shape: tuple[int, int, int]
) -> keras.Model:
    """[[B, h, w, F], [B, L]] -> image [B, H, W, C] in [0, 1].

    >>> decoder((4, 4, 128), num_labels=40, image_shape=(32, 32, 3)).output_shape
    (None, 32, 32, 3)
    """
    height, width, channels = image_shape
    stages = stage_filters(image_shape, math.ceil)
    code = keras.Input(code_shape, name="code")
    label = keras.Input([num_labels], name="label")
    hidden = code
    for filters in stages[-2::-1]:
        hidden = LabelMap()([hidden, label])
        hidden = keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same")(hidden)
        hidden = keras.layers.ReLU()(hidden)
    hidden = LabelMap()([hidden, label])
    image = keras.layers.Conv2DTranspose(
        channels, 4, strides=2, padding="same", activation="sigmoid", dtype="float32"
    )(hidden)
    surplus = ((0, image.shape[1] - height), (0, image.shape[2] - width))
    image = keras.layers.Cropping2D(surplus, dtype="float32")(image)
    return keras.Model([code, label], image, name="decoder")


def critic(code_shape: tuple[int, int, int], num_labels: int) -> keras.Model:
    """Code [B, h, w, F] -> logits of the label, [B, L].

    >>> critic((4, 4, 128), num_labels=40).output_shape
    (None, 40)
    """
    filters = min(2 * code_shape[-1], MAX_FILTERS)
    return keras.Sequential(
        [
            keras.Input(code_shape, name="code"),
            keras.layers.Conv2D(filters, 4, strides=2, padding="same"),
            keras.layers.LeakyReLU(SLOPE),
            keras.layers.Flatten(),
            keras.layers.Dense(CRITIC_UNITS),
            keras.layers.LeakyReLU(SLOPE),
            keras.layers.Dense(num_labels, dtype="float32"),
        ],
        name="critic",
    )
