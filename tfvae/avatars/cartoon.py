"""The style of `avatars_cartoon`: flat colour, dark outlines, large eyes."""

import numpy as np

from tfvae.avatars import palette
from tfvae.avatars.canvas import Part

_OUTLINE = 0.042


class Cartoon:
    """Flat colour inside a line of ink; see `Canvas` for the methods' arguments.

    >>> from tfvae.avatars import canvas, scene
    >>> pictures = canvas.Canvas(scene.draw_scenes(0, range(4)), size=32, style=Cartoon())
    >>> pictures.fill(lambda part: np.hypot(part.u, part.v) - 0.5, colour=(1.0, 0.0, 0.0))
    >>> pictures.pixels[0, 16, 16].tolist()  # no shading
    [1.0, 0.0, 0.0]
    """

    eye_scale = 1.3

    def background(self, part: Part) -> np.ndarray:
        """One colour, and a large paler disc behind the head."""
        plain, _ = palette.backgrounds(part.scenes)
        plain = plain[:, np.newaxis, np.newaxis]
        disc = part.covered(np.sqrt(part.u**2 + (part.v + 0.05) ** 2) - 0.92)[..., np.newaxis]
        return plain + disc * (0.45 * (1 - plain))

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
        """A line of ink around the shape, then its colour."""
        del finish
        if outline:
            ink = (part.covered(distance - _OUTLINE) * opacity)[..., np.newaxis]
            pixels = pixels + ink * (palette.INK - pixels)
        cover = (part.covered(distance) * opacity)[..., np.newaxis]
        return pixels + cover * (colour - pixels)
