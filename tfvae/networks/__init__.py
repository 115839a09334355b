"""Bodies of encoders and decoders: ordinary Keras models, built when made.

An encoder maps an image [B, H, W, C] to `num_outputs` numbers; a decoder maps a code [B, D] to
[B, H, W, P * C] unconstrained parameters, both float32 whatever the precision policy.
"""

from typing import Literal

from tfvae.networks import conv, dense

NetworkName = Literal["auto", "dense", "conv"]

NETWORKS = {"dense": dense, "conv": conv}


def choose_network(name, image_shape):
    """`auto` is dense for small grey images, as in the studies on MNIST, and convolutional otherwise."""
    if name != "auto":
        return name
    height, width, channels = image_shape
    return "dense" if channels == 1 and height * width <= 32 * 32 else "conv"


def build_encoder(name, image_shape, num_outputs):
    """Encoder called `name` ("auto", "dense", "conv"): [B, H, W, C] -> [B, num_outputs]."""
    return NETWORKS[choose_network(name, image_shape)].encoder(image_shape, num_outputs)


def build_decoder(name, latent_dim, image_shape, learn_scale=False):
    """Decoder called `name`: [B, D] -> [B, H, W, C], or 2 C channels where the scale is learnt."""
    return NETWORKS[choose_network(name, image_shape)].decoder(latent_dim, image_shape, learn_scale)
