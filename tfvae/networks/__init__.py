"""Bodies of encoders and decoders: ordinary Keras models, built when made.

An encoder maps an image [B, H, W, C] to `num_outputs` numbers; a decoder maps a code [B, D] to
[B, H, W, P * C] unconstrained parameters, both float32 whatever the precision policy.
"""

from typing import Literal

from tfvae.networks import conv, dense

NetworkName = Literal["auto", "dense", "conv"]

NETWORKS = {"dense": dense, "conv": conv}
SMALLEST_CONV_SIDE = 16


def choose_network(name, image_shape):
    """`auto` is convolutional, but for images too small to halve twice."""
    if name != "auto":
        return name
    return "conv" if min(image_shape[:2]) >= SMALLEST_CONV_SIDE else "dense"


def build_encoder(name, image_shape, num_outputs):
    """Encoder called `name` ("auto", "dense", "conv"): [B, H, W, C] -> [B, num_outputs]."""
    return NETWORKS[choose_network(name, image_shape)].encoder(image_shape, num_outputs)


def build_decoder(name, latent_dim, image_shape, learn_scale=False):
    """Decoder called `name`: [B, D] -> [B, H, W, C], or 2 C channels where the scale is learnt."""
    return NETWORKS[choose_network(name, image_shape)].decoder(latent_dim, image_shape, learn_scale)
