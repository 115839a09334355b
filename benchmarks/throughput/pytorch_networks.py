"""The networks of `tfvae.networks`, layer by layer, in PyTorch."""

import math

from torch import nn

from tfvae.networks.conv import HIDDEN_UNITS, stage_filters
from tfvae.networks.dense import UNITS


def encoder(network: str, image_shape: tuple[int, int, int], outputs: int) -> nn.Module:
    """[B, C, H, W] -> [B, outputs]."""
    if network == "dense":
        return nn.Sequential(nn.Flatten(), *_dense([math.prod(image_shape), *UNITS, outputs]))
    channels = [image_shape[2], *stage_filters(image_shape)]
    layers: list[nn.Module] = []
    for before, after in zip(channels, channels[1:]):
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU()]
    side, _ = _smallest(image_shape)
    size = channels[-1] * side**2
    head = [nn.Linear(size, HIDDEN_UNITS), nn.ReLU(), nn.Linear(HIDDEN_UNITS, outputs)]
    return nn.Sequential(*layers, nn.Flatten(), *head)


def decoder(network: str, image_shape: tuple[int, int, int], latent_dim: int) -> nn.Module:
    """[B, D] -> logits [B, C, H, W]."""
    height, width, depth = image_shape
    if network == "dense":
        sizes = [latent_dim, *UNITS, math.prod(image_shape)]
        return nn.Sequential(*_dense(sizes), nn.Unflatten(1, (depth, height, width)))
    side, filters = _smallest(image_shape)
    channels = [*filters[::-1], depth]
    layers = [nn.Linear(latent_dim, HIDDEN_UNITS), nn.ReLU()]
    layers += [nn.Linear(HIDDEN_UNITS, channels[0] * side**2), nn.ReLU()]
    layers += [nn.Unflatten(1, (channels[0], side, side))]
    for before, after in zip(channels, channels[1:]):
        layers += [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _dense(sizes: list[int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for before, after in zip(sizes, sizes[1:]):
        layers += [nn.Linear(before, after), nn.Softplus()]
    return layers[:-1]


def _smallest(image_shape: tuple[int, int, int]) -> tuple[int, list[int]]:
    """Side of the smallest feature maps, and the filters of all stages."""
    filters = stage_filters(image_shape)
    height, width, _ = image_shape
    assert height == width and height % 2 ** len(filters) == 0, "sides that halve evenly"
    return height // 2 ** len(filters), filters
