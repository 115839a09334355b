"""Networks of the Fader Networks: a deterministic code, a decoder that is told the label at every
layer, and a critic that looks for the label in the code. Outputs are float32.

No layer normalises over the batch, so that an image's code is its own.
"""

import math

import keras

from tfvae.networks.label_map import LabelMap

FIRST_FILTERS = 32
MAX_FILTERS = 256
CRITIC_UNITS = 256
SMALLEST_SIDE = 4
SLOPE = 0.2


def stage_filters(image_shape):
    """Filters of each stride-2 stage, first stage first: 28 or 32 pixels give three."""
    side = min(image_shape[:2])
    num_stages = max(1, math.ceil(math.log2(side / SMALLEST_SIDE)))
    return [min(FIRST_FILTERS * 2**stage, MAX_FILTERS) for stage in range(num_stages)]


def encoder(image_shape):
    """[B, H, W, C] -> code [B, h, w, F], h and w about 4."""
    layers = [keras.Input(image_shape, name="image")]
    for filters in stage_filters(image_shape):
        layers += [
            keras.layers.Conv2D(filters, 4, strides=2, padding="same"),
            keras.layers.LeakyReLU(SLOPE),
        ]
    layers.append(keras.layers.Activation("linear", dtype="float32"))
    return keras.Sequential(layers, name="encoder")


def decoder(code_shape, num_labels, image_shape):
    """[[B, h, w, F], [B, L]] -> image [B, H, W, C] in [0, 1]."""
    height, width, channels = image_shape
    stages = stage_filters(image_shape)
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


def critic(code_shape, num_labels):
    """Code [B, h, w, F] -> logits of the label, [B, L]."""
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
