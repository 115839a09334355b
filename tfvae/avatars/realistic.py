"""The style of `avatars`: light from one side, rounded forms, soft shadows, a little texture."""

import numpy as np

from tfvae.avatars import palette

_SHADOW_WIDTH = 0.10
_SHADOW = 0.30


class Realistic:
    """Shading by the distance from the edge and by the light; see `Canvas` for the arguments.

    Finishes: `skin` is round and smooth, `hair` has strands, `cloth` a weave, `shine` a highlight;
    `plain` is lit only, and `flat` not even that.
    """

    eye_scale = 1.1

    def background(self, part):
        """A gradient between two colours in any direction, darker towards the corners."""
        first, second = (
            colour[:, np.newaxis, np.newaxis] for colour in palette.backgrounds(part.scenes)
        )
        angle = part.value("background_angle") * np.float32(2 * np.pi)
        along = 0.5 + 0.4 * (part.u * np.cos(angle) + part.v * np.sin(angle))
        along = np.clip(along, 0, 1)[..., np.newaxis]
        corner = (part.u**2 + part.v**2)[..., np.newaxis]
        return (first + along * (second - first)) * (1 - 0.13 * corner)

    def paint(self, part, pixels, distance, colour, finish, opacity, outline):
        """A soft shadow around the shape, then its lit colour."""
        if outline:
            fall = np.clip(1 - distance / _SHADOW_WIDTH, 0, 1)
            pixels = pixels * (1 - _SHADOW * fall * fall * opacity)[..., np.newaxis]
        light = _FINISHES[finish](part, distance)
        lit = np.clip(colour * light[..., np.newaxis], 0, 1)
        cover = (part.covered(distance) * opacity)[..., np.newaxis]
        return pixels + cover * (lit - pixels)


def _side_light(part, strength):
    """Brighter towards the lamp, which hangs above, more or less to one side."""
    side = part.value("light") * 2 - 1
    return 1 + np.float32(strength) * (0.8 * side * part.u - 0.5 * part.v)


def _rounded(distance, depth, darkest):
    """1 at `depth` inside the edge and beyond, falling to `darkest` at the edge, as a ball does."""
    inside = np.clip(-distance / depth, 0, 1)
    return darkest + (1 - darkest) * np.sqrt(inside * (2 - inside))


def _skin(part, distance):
    return _side_light(part, 0.24) * _rounded(distance, 0.28, 0.72)


def _hair(part, distance):
    phase = part.value("phase") * np.float32(2 * np.pi)
    # Strands fall from the crown: they are lines of equal angle about a point above it.
    angle = np.arctan2(part.u, part.v + np.float32(1.1))
    strands = np.sin(angle * 46 + phase) * 0.6 + np.sin(angle * 23 + part.v * 6 + 2 * phase) * 0.4
    gloss = np.exp(-(((part.v + 0.50 + 0.3 * part.u * part.u) / 0.10) ** 2))
    return (
        _side_light(part, 0.22) * _rounded(distance, 0.12, 0.74) * (1 + 0.13 * strands)
        + 0.16 * gloss
    )


def _cloth(part, distance):
    weave = np.sin(part.u * 60) * np.sin(part.v * 60)
    return _side_light(part, 0.2) * _rounded(distance, 0.12, 0.70) * (1 + 0.06 * weave)


def _shine(part, distance):
    return _side_light(part, 0.3) * _rounded(distance, 0.07, 0.65) * 1.12


def _plain(part, distance):
    return _side_light(part, 0.2) + 0 * distance


def _flat(part, distance):
    del part
    return np.ones_like(distance)


_FINISHES = {
    "skin": _skin,
    "hair": _hair,
    "cloth": _cloth,
    "shine": _shine,
    "plain": _plain,
    "flat": _flat,
}
