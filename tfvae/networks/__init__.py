"""Bodies of encoders and decoders: ordinary Keras models, built when made.

An encoder maps an image [B, H, W, C] to `num_outputs` numbers; a decoder maps a code [B, D] to
[B, H, W, P * C] unconstrained parameters, both float32 whatever the precision policy.
"""

from typing import Literal

import keras

from tfvae.networks import conv, dense

NetworkName = Literal["auto", "dense", "conv"]

NETWORKS = {"dense": dense, "conv": conv}
SMALLEST_CONV_SIDE = 16
# Of the one hidden layer between a label and what it adds to a code.
LABEL_UNITS = 128


def choose_network(name, image_shape):
    """`auto` is convolutional, but for images too small to halve twice."""
    if name != "auto":
        return name
    return "conv" if min(image_shape[:2]) >= SMALLEST_CONV_SIDE else "dense"


def build_encoder(name, image_shape, num_outputs, num_labels=0):
    """Encoder called `name` ("auto", "dense", "conv"): [B, H, W, C] -> [B, num_outputs].

    With `num_labels` it takes a label beside the image: [[B, H, W, C], [B, L]].
    """
    return NETWORKS[choose_network(name, image_shape)].encoder(image_shape, num_outputs, num_labels)


def build_decoder(name, latent_dim, image_shape, learn_scale=False):
    """Decoder called `name`: [B, D] -> [B, H, W, C], or 2 C channels where the scale is learnt."""
    return NETWORKS[choose_network(name, image_shape)].decoder(latent_dim, image_shape, learn_scale)


def build_label_decoder(
    name, latent_dim, num_labels, image_shape, learn_scale=False, conditioning="concatenate"
):
    """Decoder called `name` that takes a label beside the code: [[B, D], [B, L]] -> images.

    Args:
        conditioning: concatenate: (z, y) enters the body; add: z + MLP(y) does.
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
