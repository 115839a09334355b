"""The style of `avatars_cartoon`: flat colour, dark outlines, large eyes."""

import numpy as np

from tfvae.avatars import palette

_OUTLINE = 0.042


class Cartoon:
    """Flat colour inside a line of ink; see `Canvas` for the methods' arguments."""

    eye_scale = 1.3

    def background(self, part):
        """One colour, and a large paler disc behind the head."""
        plain, _ = palette.backgrounds(part.scenes)
        plain = plain[:, np.newaxis, np.newaxis]
        disc = part.covered(np.sqrt(part.u**2 + (part.v + 0.05) ** 2) - 0.92)[..., np.newaxis]
        return plain + disc * (0.45 * (1 - plain))

    def paint(self, part, pixels, distance, colour, finish, opacity, outline):
        """Ink up to a line's width around the shape, then its colour."""
        del finish
        if outline:
            ink = (part.covered(distance - _OUTLINE) * opacity)[..., np.newaxis]
            pixels = pixels + ink * (palette.INK - pixels)
        cover = (part.covered(distance) * opacity)[..., np.newaxis]
        return pixels + cover * (colour - pixels)
