"""Dense networks with two hidden layers: H W C-500-500-2D and D-500-500-H W C.

Vargas Aguilar & Gu, tables 1 and 2.
"""

import math

import keras

from tfvae.networks.heads import SharedScale, encoder_of

UNITS = (500, 500)
ACTIVATION = "softplus"


def encoder(
    image_shape: tuple[int, int, int], num_outputs: int, num_labels: int = 0
) -> keras.Model:
    """[B, H, W, C] -> [B, num_outputs], float32; a label is concatenated to the pixels.

    >>> network = encoder((28, 28, 1), num_outputs=20)
    >>> network.output_shape, network.count_params() == 785 * 500 + 501 * 500 + 501 * 20
    ((None, 20), True)
    """
    head = [
        *(keras.layers.Dense(units, ACTIVATION) for units in UNITS),
        keras.layers.Dense(num_outputs, dtype="float32"),
    ]
    return encoder_of([keras.layers.Flatten()], head, image_shape, num_labels)


def decoder(
    latent_dim: int, image_shape: tuple[int, int, int], learn_scale: bool = False
) -> keras.Model:
    """[B, D] -> [B, H, W, C] or, with `learn_scale`, [B, H, W, 2 C], float32.

    >>> decoder(latent_dim=10, image_shape=(28, 28, 1)).output_shape
    (None, 28, 28, 1)
    """
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


def discriminator(latent_dim: int, units: int = 1000, layers: int = 6) -> keras.Model:
    """[B, D] -> one logit [B, 1], float32: leaky ReLU, as in Kim & Mnih (2018), appendix A.

    >>> discriminator(latent_dim=10, units=20).output_shape
    (None, 1)
    """
    hidden = []
    for _ in range(layers):
        hidden += [keras.layers.Dense(units), keras.layers.LeakyReLU(negative_slope=0.2)]
    return keras.Sequential(
        [
            keras.Input([latent_dim], name="latent"),
            *hidden,
            keras.layers.Dense(1, dtype="float32"),
        ],
        name="discriminator",
    )
