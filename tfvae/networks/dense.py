"""The two-layer dense networks of study C, tables 1 and 2: H W C-500-500-2D and D-500-500-H W C."""

import math

import keras

from tfvae.networks.heads import SharedScale, encoder_of

UNITS = (500, 500)
ACTIVATION = "softplus"


def encoder(image_shape, num_outputs, num_labels=0):
    """[B, H, W, C] -> [B, num_outputs], float32; a label joins the pixels."""
    head = [
        *(keras.layers.Dense(units, ACTIVATION) for units in UNITS),
        keras.layers.Dense(num_outputs, dtype="float32"),
    ]
    return encoder_of([keras.layers.Flatten()], head, image_shape, num_labels)


def decoder(latent_dim, image_shape, learn_scale=False):
    """[B, D] -> [B, H, W, C] or, with `learn_scale`, [B, H, W, 2 C], float32."""
    return keras.Sequential(
        [
            keras.Input([latent_dim], name="latent"),
            *(keras.layers.Dense(units, ACTIVATION) for units in UNITS),
            keras.layers.Dense(math.prod(image_shape), dtype="float32"),
            keras.layers.Reshape(image_shape, dtype="float32"),
            *([SharedScale()] if learn_scale else []),
        ],
        name="decoder",
    )
