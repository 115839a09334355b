"""A batch of pictures that shapes are painted on, each on the part of the picture it may touch."""

import dataclasses

import numpy as np

from tfvae.avatars.scene import Scenes

# How far a face may be moved (in half pictures), how far it always is, for hats, and its scales.
_REACH = 0.055
_LOWERED = 0.06
_SCALES = (1.0, 1.12)
_LARGEST_OUTLINE = 0.11

EVERYWHERE = (-9.0, -9.0, 9.0, 9.0)


@dataclasses.dataclass(frozen=True)
class Part:
    """The pictures and pixels that one shape may touch.

    Args:
        scenes: The n faces that have the shape.
        u, v: Face coordinates, float32 [n, 1, w] and [n, h, 1]. The face is about 1 wide and 1.2
            high with its centre at 0, `v` points down.
        pixel: Width of a pixel in face units, [n, 1, 1].
    """

    scenes: Scenes
    u: np.ndarray
    v: np.ndarray
    pixel: np.ndarray

    def where(self, name, yes, no):
        """`yes` for faces with an attribute, `no` for the others; [n, 1, 1]."""
        on = self.scenes.on(name)[:, np.newaxis, np.newaxis]
        return np.where(on, np.float32(yes), np.float32(no))

    def value(self, name):
        """A nuisance variable, [n, 1, 1]."""
        return self.scenes.value(name)[:, np.newaxis, np.newaxis]

    def covered(self, distance):
        """How much of each pixel a shape covers, 0..1."""
        return np.clip(0.5 - distance / self.pixel, 0, 1)


class Canvas:
    """Pictures of N scenes.

    Args:
        scenes: `Scenes`.
        size: Pixels per side.
        style: Has `background(part)` and `paint(part, pixels, distance, colour, finish, outline)`.
    """

    def __init__(self, scenes, size, style):
        self.scenes = scenes
        self._size = size
        self._style = style
        centres = ((np.arange(size, dtype=np.float32) + 0.5) * 2 / size - 1)[np.newaxis]
        smallest, largest = _SCALES
        self._scale = (smallest + (largest - smallest) * scenes.value("size"))[:, np.newaxis]
        shift_u, shift_v = ((scenes.value(name) * 2 - 1)[:, np.newaxis] * _REACH for name in "xy")
        self._u = (centres - shift_u) / self._scale
        self._v = (centres - shift_v - np.float32(_LOWERED)) / self._scale
        self.pixels = style.background(self._part(slice(None), slice(None), slice(None)))

    def fill(
        self,
        shape,
        colour,
        *,
        where=None,
        box=EVERYWHERE,
        finish="plain",
        opacity=1.0,
        outline=True,
    ):
        """Paints a shape.

        Args:
            shape: Function from a `Part` to distances [n, h, w].
            colour: [N, 3] in 0..1, or one colour for all.
            where: bool [N], the pictures that have the shape; all if None.
            box: (left, top, right, bottom) in face units, holding the shape.
            finish: What it is made of, for the style: see `realistic.Realistic`.
            opacity: 0..1, a number or a function from a `Part` to [n, h, w].
            outline: Whether a style that draws outlines gives it one.
        """
        rows = np.arange(len(self.scenes)) if where is None else np.flatnonzero(where)
        if not len(rows):
            return
        left, top, right, bottom = box
        across, down = self._pixels(left, right, 0), self._pixels(top, bottom, _LOWERED)
        part = self._part(rows, across, down)
        colour = np.broadcast_to(np.asarray(colour, np.float32), (len(self.scenes), 3))
        distance = shape(part)
        if callable(opacity):
            opacity = opacity(part)
        self.pixels[rows, down, across] = self._style.paint(
            part,
            self.pixels[rows, down, across],
            distance.astype(np.float32, copy=False),
            colour[rows][:, np.newaxis, np.newaxis],
            finish,
            opacity,
            outline,
        )

    def _part(self, rows, across, down):
        return Part(
            self.scenes.take(rows),
            self._u[rows, across][:, np.newaxis, :],
            self._v[rows, down][:, :, np.newaxis],
            (2 / (self._size * self._scale[rows]))[:, :, np.newaxis],
        )

    def _pixels(self, low, high, offset):
        """The pixels that [low, high] may fall on, wherever a face lies: equal for all batches."""
        low, high = low - _LARGEST_OUTLINE, high + _LARGEST_OUTLINE
        low = min(low * scale for scale in _SCALES) - _REACH + offset
        high = max(high * scale for scale in _SCALES) + _REACH + offset
        start = int(np.floor((low + 1) / 2 * self._size - 1))
        stop = int(np.ceil((high + 1) / 2 * self._size + 1))
        return slice(max(start, 0), min(max(stop, 0), self._size))
