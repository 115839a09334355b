"""A batch of pictures; each shape is painted on the part of the pictures that it may touch."""

import dataclasses
from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tfvae.avatars.scene import Scenes

# In half pictures: the largest random shift of a face, and its constant shift downwards, for hats.
_REACH = 0.055
_LOWERED = 0.06
# The smallest and the largest scale of a face.
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

    >>> from tfvae.avatars.scene import draw_scenes
    >>> u, v = np.zeros([2, 1, 8], np.float32), np.zeros([2, 8, 1], np.float32)
    >>> part = Part(draw_scenes(0, range(2)), u, v, pixel=np.full([2, 1, 1], 0.1, np.float32))
    >>> part.where("hat", 1.0, 0.0).shape, part.value("size").shape
    ((2, 1, 1), (2, 1, 1))
    >>> print(part.covered(np.array([-1.0, 0.0, 1.0]))[0])  # inside, on the edge, outside
    [[1.  0.5 0. ]]
    """

    scenes: Scenes
    u: np.ndarray
    v: np.ndarray
    pixel: np.ndarray

    def where(self, name: str, yes: float, no: float) -> np.ndarray:
        """`yes` for faces with an attribute, `no` for the others; [n, 1, 1]."""
        on = self.scenes.on(name)[:, np.newaxis, np.newaxis]
        return np.where(on, np.float32(yes), np.float32(no))

    def value(self, name: str) -> np.ndarray:
        """A nuisance variable, [n, 1, 1]."""
        return self.scenes.value(name)[:, np.newaxis, np.newaxis]

    def covered(self, distance: np.ndarray) -> np.ndarray:
        """Share of each pixel that a shape covers, 0..1."""
        return np.clip(0.5 - distance / self.pixel, 0, 1)


# Signed distances [n, h, w] of the pixels of a part from the edge of a shape; see `shapes`.
Shape = Callable[[Part], np.ndarray]


class Style(Protocol):
    """The way in which pictures are painted: `Cartoon` or `Realistic`.

    >>> from tfvae.avatars.cartoon import Cartoon
    >>> style: Style = Cartoon()
    >>> style.eye_scale
    1.3
    """

    @property
    def eye_scale(self) -> float:
        """Size of the eyes."""

    def background(self, part: Part) -> np.ndarray:
        """Pictures without a face, [n, h, w, 3]."""

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
        """`pixels` [n, h, w, 3] with a shape on them; the arguments are those of `Canvas.fill`."""


class Canvas:
    """Pictures of N scenes: `pixels`, float32 [N, size, size, 3] in 0..1.

    Args:
        scenes: `Scenes`.
        size: Pixels per side.
        style: `Cartoon` or `Realistic`.

    >>> from tfvae.avatars import cartoon, scene
    >>> canvas = Canvas(scene.draw_scenes(0, range(4)), size=32, style=cartoon.Cartoon())
    >>> canvas.fill(lambda part: np.hypot(part.u, part.v) - 0.5, colour=(1.0, 0.0, 0.0))
    >>> canvas.pixels.shape, canvas.pixels[0, 16, 16].tolist()
    ((4, 32, 32, 3), [1.0, 0.0, 0.0])
    """

    def __init__(self, scenes: Scenes, size: int, style: Style):
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
        shape: Shape,
        colour: npt.ArrayLike,
        *,
        where: np.ndarray | None = None,
        box: tuple[float, float, float, float] = EVERYWHERE,
        finish: str = "plain",
        opacity: float | Callable[[Part], np.ndarray] = 1.0,
        outline: bool = True,
    ) -> None:
        """Paints a shape.

        Args:
            shape: Function from a `Part` to distances [n, h, w].
            colour: [N, 3] in 0..1, or one colour for all.
            where: bool [N], the pictures that have the shape; all if None.
            box: (left, top, right, bottom) in face units, around the shape.
            finish: Name of the material, for the style: see `realistic.Realistic`.
            opacity: 0..1, a number or a function from a `Part` to [n, h, w].
            outline: Whether a style that draws outlines gives it one.
        """
        rows = np.arange(len(self.scenes)) if where is None else np.flatnonzero(where)
        if not len(rows):
            return
        left, top, right, bottom = box
        across, down = self._pixels(left, right, 0), self._pixels(top, bottom, _LOWERED)
        part = self._part(rows, across, down)
        colours = np.broadcast_to(np.asarray(colour, np.float32), (len(self.scenes), 3))
        distance = shape(part)
        self.pixels[rows, down, across] = self._style.paint(
            part,
            self.pixels[rows, down, across],
            distance.astype(np.float32, copy=False),
            colours[rows][:, np.newaxis, np.newaxis],
            finish,
            opacity(part) if callable(opacity) else opacity,
            outline,
        )

    def _part(self, rows: np.ndarray | slice, across: slice, down: slice) -> Part:
        return Part(
            self.scenes.take(rows),
            self._u[rows, across][:, np.newaxis, :],
            self._v[rows, down][:, :, np.newaxis],
            (2 / (self._size * self._scale[rows]))[:, :, np.newaxis],
        )

    def _pixels(self, low: float, high: float, offset: float) -> slice:
        """The pixels that [low, high] may cover for any shift and scale: equal for all batches."""
        low, high = low - _LARGEST_OUTLINE, high + _LARGEST_OUTLINE
        low = min(low * scale for scale in _SCALES) - _REACH + offset
        high = max(high * scale for scale in _SCALES) + _REACH + offset
        start = int(np.floor((low + 1) / 2 * self._size - 1))
        stop = int(np.ceil((high + 1) / 2 * self._size + 1))
        return slice(max(start, 0), min(max(stop, 0), self._size))
