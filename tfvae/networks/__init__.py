"""Encoders and decoders: ordinary Keras models, whose weights exist from the start.

An encoder maps an image [B, H, W, C] to `num_outputs` numbers; a decoder maps a code [B, D] to
[B, H, W, P * C] unconstrained parameters, both float32 whatever the precision policy.
"""

from typing import Literal

import keras

from tfvae.networks import conv, dense

NetworkName = Literal["auto", "dense", "conv"]

NETWORKS = {"dense": dense, "conv": conv}
SMALLEST_CONV_SIDE = 16
# Units of the one hidden layer of the MLP that maps a label to a summand of the code.
LABEL_UNITS = 128


def choose_network(name: str, image_shape: tuple[int, int, int]) -> str:
    """`auto` means "conv", or "dense" for images below 16 pixels; other names mean themselves.

    >>> choose_network("auto", (28, 28, 1)), choose_network("auto", (8, 8, 1))
    ('conv', 'dense')
    >>> choose_network("dense", (28, 28, 1))
    'dense'
    """
    if name != "auto":
        return name
    return "conv" if min(image_shape[:2]) >= SMALLEST_CONV_SIDE else "dense"


def build_encoder(
    name: str, image_shape: tuple[int, int, int], num_outputs: int, num_labels: int = 0
) -> keras.Model:
    """Encoder called `name` ("auto", "dense", "conv"): [B, H, W, C] -> [B, num_outputs].

    With `num_labels` it takes a label beside the image: [[B, H, W, C], [B, L]].

    >>> build_encoder("conv", (28, 28, 1), num_outputs=20).output_shape
    (None, 20)
    >>> build_encoder("dense", (28, 28, 1), num_outputs=20, num_labels=10).input_shape
    [(None, 28, 28, 1), (None, 10)]
    """
    return NETWORKS[choose_network(name, image_shape)].encoder(image_shape, num_outputs, num_labels)


def build_decoder(
    name: str, latent_dim: int, image_shape: tuple[int, int, int], learn_scale: bool = False
) -> keras.Model:
    """Decoder called `name`: [B, D] -> [B, H, W, C], or 2 C channels where the scale is learnt.

    >>> build_decoder("conv", latent_dim=10, image_shape=(28, 28, 1)).output_shape
    (None, 28, 28, 1)
    >>> build_decoder("dense", latent_dim=10, image_shape=(8, 8, 1), learn_scale=True).output_shape
    (None, 8, 8, 2)
    """
    return NETWORKS[choose_network(name, image_shape)].decoder(latent_dim, image_shape, learn_scale)


def build_label_decoder(
    name: str,
    latent_dim: int,
    num_labels: int,
    image_shape: tuple[int, int, int],
    learn_scale: bool = False,
    conditioning: str = "concatenate",
) -> keras.Model:
    """Decoder called `name` that takes a label beside the code: [[B, D], [B, L]] -> images.

    Args:
        conditioning: "concatenate": the decoder maps (z, y) to an image; "add": it maps z + MLP(y)
            to an image.

    >>> decoder = build_label_decoder("dense", 4, num_labels=10, image_shape=(8, 8, 1))
    >>> decoder.input_shape, decoder.output_shape
    ([(None, 4), (None, 10)], (None, 8, 8, 1))
    """
    latent = keras.Input([latent_dim], name="latent")
    label = keras.Input([num_labels], name="label")
    if conditioning == "add":
        hidden = keras.layers.Dense(LABEL_UNITS, "relu")(label)
        code = keras.layers.Add()([latent, keras.layers.Dense(latent_dim)(hidden)])
    else:
        code = keras.layers.Concatenate()([latent, label])
    body = build_decoder(name, code.shape[-1], image_shape, learn_scale)
    return keras.Model([latent, label], body(code), name="decoder")
