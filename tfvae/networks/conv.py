"""Convolutional networks: stride-2 stages down to about 4x4 pixels, and back."""

import math
from collections.abc import Callable

import keras

from tfvae.networks.heads import SharedScale, encoder_of

FIRST_FILTERS = 32
MAX_FILTERS = 256
HIDDEN_UNITS = 256
ACTIVATION = "relu"
SMALLEST_SIDE = 4


def stage_filters(
    image_shape: tuple[int, int, int], rounding: Callable[[float], int] = math.floor
) -> list[int]:
    """Number of filters of each stride-2 stage, first stage first.

    Args:
        image_shape: (H, W, C).
        rounding: Of the number of stages that leave 4 pixels, where that is no whole number.

    >>> stage_filters((28, 28, 1)), stage_filters((64, 64, 3))
    ([32, 64], [32, 64, 128, 256])
    >>> stage_filters((28, 28, 1), rounding=math.ceil)
    [32, 64, 128]
    """
    num_stages = rounding(math.log2(min(image_shape[:2]) / SMALLEST_SIDE))
    return [min(FIRST_FILTERS * 2**stage, MAX_FILTERS) for stage in range(max(1, num_stages))]


def encoder(
    image_shape: tuple[int, int, int], num_outputs: int, num_labels: int = 0
) -> keras.Model:
    """[B, H, W, C] -> [B, num_outputs], float32; a label is concatenated after the convolutions.

    >>> encoder((28, 28, 1), num_outputs=20).output_shape
    (None, 20)
    """
    stages = [
        *(
            keras.layers.Conv2D(filters, 4, strides=2, padding="same", activation=ACTIVATION)
            for filters in stage_filters(image_shape)
        ),
        keras.layers.Flatten(),
    ]
    head = [
        keras.layers.Dense(HIDDEN_UNITS, ACTIVATION),
        keras.layers.Dense(num_outputs, dtype="float32"),
    ]
    return encoder_of(stages, head, image_shape, num_labels)


def decoder(
    latent_dim: int, image_shape: tuple[int, int, int], learn_scale: bool = False
) -> keras.Model:
    """[B, D] -> [B, H, W, C] or, with `learn_scale`, [B, H, W, 2 C], float32.

    Sides that are no multiple of the stride are cropped to size:

    >>> decoder(latent_dim=10, image_shape=(30, 28, 1)).output_shape
    (None, 30, 28, 1)
    """
    height, width, channels = image_shape
    filters = stage_filters(image_shape)[::-1]
    stride = 2 ** len(filters)
    rows, columns = math.ceil(height / stride), math.ceil(width / stride)
    surplus = ((0, rows * stride - height), (0, columns * stride - width))
    return keras.Sequential(
        [
            keras.Input([latent_dim], name="latent"),
            keras.layers.Dense(HIDDEN_UNITS, ACTIVATION),
            keras.layers.Dense(rows * columns * filters[0], ACTIVATION),
            keras.layers.Reshape((rows, columns, filters[0])),
            *(
                keras.layers.Conv2DTranspose(
                    count, 4, strides=2, padding="same", activation=ACTIVATION
                )
                for count in filters[1:]
            ),
            keras.layers.Conv2DTranspose(channels, 4, strides=2, padding="same", dtype="float32"),
            keras.layers.Cropping2D(surplus, dtype="float32"),
            *([SharedScale()] if learn_scale else []),
        ],
        name="decoder",
    )
