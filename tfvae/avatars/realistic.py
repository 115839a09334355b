"""The style of `avatars`: light from one side, rounded forms, soft shadows, a little texture."""

from collections.abc import Callable

import numpy as np

from tfvae.avatars import palette
from tfvae.avatars.canvas import Part

_SHADOW_WIDTH = 0.10
_SHADOW = 0.30


class Realistic:
    """Shading by the distance from the edge and by the light; see `Canvas` for the arguments.

    Finishes: `skin` is round and smooth, `hair` has strands, `cloth` a weave, `shine` a highlight;
    `plain` varies with the light only, and `flat` doesn't vary.

    >>> from tfvae.avatars import canvas, scene
    >>> pictures = canvas.Canvas(scene.draw_scenes(0, range(4)), size=32, style=Realistic())
    >>> pictures.fill(lambda part: np.hypot(part.u, part.v) - 0.5, (0.5, 0.0, 0.0), finish="skin")
    >>> middle, near_the_edge = pictures.pixels[0, 16, 16], pictures.pixels[0, 23, 16]
    >>> bool(middle[0] > near_the_edge[0])
    True
    """

    eye_scale = 1.1

    def background(self, part: Part) -> np.ndarray:
        """A gradient between two colours in any direction, darker towards the corners."""
        first, second = (
            colour[:, np.newaxis, np.newaxis] for colour in palette.backgrounds(part.scenes)
        )
        angle = part.value("background_angle") * np.float32(2 * np.pi)
        along = 0.5 + 0.4 * (part.u * np.cos(angle) + part.v * np.sin(angle))
        along = np.clip(along, 0, 1)[..., np.newaxis]
        corner = (part.u**2 + part.v**2)[..., np.newaxis]
        return (first + along * (second - first)) * (1 - 0.13 * corner)

    def paint(
        self,
        part: Part,
        pixels: np.ndarray,
        distance: np.ndarray,
        colour: np.ndarray,
        finish: str,
        opacity: float | np.ndarray,
        outline: bool,
    ) -> np.ndarray:
        """A soft shadow around the shape, then its lit colour."""
        if outline:
            fall = np.clip(1 - distance / _SHADOW_WIDTH, 0, 1)
            pixels = pixels * (1 - _SHADOW * fall * fall * opacity)[..., np.newaxis]
        light = _FINISHES[finish](part, distance)
        lit = np.clip(colour * light[..., np.newaxis], 0, 1)
        cover = (part.covered(distance) * opacity)[..., np.newaxis]
        return pixels + cover * (lit - pixels)


def _side_light(part: Part, strength: float) -> np.ndarray:
    """Brighter towards the lamp, which is above the face, to the left or right."""
    side = part.value("light") * 2 - 1
    return 1 + np.float32(strength) * (0.8 * side * part.u - 0.5 * part.v)


def _rounded(distance: np.ndarray, depth: float, darkest: float) -> np.ndarray:
    """Brightness of a round edge: `darkest` at the edge, 1 from `depth` inside it on."""
    inside = np.clip(-distance / depth, 0, 1)
    return darkest + (1 - darkest) * np.sqrt(inside * (2 - inside))


def _skin(part: Part, distance: np.ndarray) -> np.ndarray:
    return _side_light(part, 0.24) * _rounded(distance, 0.28, 0.72)


def _hair(part: Part, distance: np.ndarray) -> np.ndarray:
    phase = part.value("phase") * np.float32(2 * np.pi)
    # Strands are lines of equal angle about a point above the crown.
    angle = np.arctan2(part.u, part.v + np.float32(1.1))
    strands = np.sin(angle * 46 + phase) * 0.6 + np.sin(angle * 23 + part.v * 6 + 2 * phase) * 0.4
    gloss = np.exp(-(((part.v + 0.50 + 0.3 * part.u * part.u) / 0.10) ** 2))
    return (
        _side_light(part, 0.22) * _rounded(distance, 0.12, 0.74) * (1 + 0.13 * strands)
        + 0.16 * gloss
    )


def _cloth(part: Part, distance: np.ndarray) -> np.ndarray:
    weave = np.sin(part.u * 60) * np.sin(part.v * 60)
    return _side_light(part, 0.2) * _rounded(distance, 0.12, 0.70) * (1 + 0.06 * weave)


def _shine(part: Part, distance: np.ndarray) -> np.ndarray:
    return _side_light(part, 0.3) * _rounded(distance, 0.07, 0.65) * 1.12


def _plain(part: Part, distance: np.ndarray) -> np.ndarray:
    return _side_light(part, 0.2) + 0 * distance


def _flat(part: Part, distance: np.ndarray) -> np.ndarray:
    del part
    return np.ones_like(distance)


_FINISHES: dict[str, Callable[[Part, np.ndarray], np.ndarray]] = {
    "skin": _skin,
    "hair": _hair,
    "cloth": _cloth,
    "shine": _shine,
    "plain": _plain,
    "flat": _flat,
}
