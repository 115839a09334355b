"""Draws clothes, jewellery and glasses; in face units, see `Part`."""

import numpy as np

from tfvae.avatars import palette
from tfvae.avatars.canvas import Canvas, Part
from tfvae.avatars.face import head_shape
from tfvae.avatars.shapes import both, box, circle, either, ellipse, polygon, segment


def draw_at_the_neck(canvas: Canvas) -> None:
    """Necklace, necktie, scarf.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("scarf")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_at_the_neck(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes

    def chain(part: Part) -> np.ndarray:
        ring = np.abs(ellipse(part.u, part.v, 0, 0.62, 0.29, 0.21)) - 0.036
        return either(both(ring, 0.60 - part.v), circle(part.u, part.v, 0, 0.84, 0.07))

    canvas.fill(
        chain,
        palette.GOLD,
        where=scenes.on("necklace"),
        box=(-0.32, 0.6, 0.32, 0.96),
        finish="shine",
    )
    tie = scenes.on("necktie")
    canvas.fill(
        lambda p: polygon(
            np.abs(p.u), p.v, (-0.02, 0.70), (0.22, 0.64), (0.24, 0.86), (-0.02, 0.76)
        ),
        palette.WHITE,
        where=tie,
        box=(-0.26, 0.6, 0.26, 0.9),
    )
    canvas.fill(
        lambda p: either(
            polygon(p.u, p.v, (-0.09, 0.68), (0.09, 0.68), (0.055, 0.80), (-0.055, 0.80)),
            polygon(p.u, p.v, (-0.055, 0.78), (0.055, 0.78), (0.12, 1.3), (-0.12, 1.3)),
        ),
        palette.accent(scenes),
        where=tie,
        box=(-0.13, 0.66, 0.13, 1.3),
        finish="cloth",
    )
    scarf = scenes.on("scarf")
    colour = palette.accent(scenes, 0.25)
    canvas.fill(
        lambda p: box(p.u, p.v, 0.22, 0.92, 0.10, 0.22, 0.03),
        colour * 0.85,
        where=scarf,
        box=(0.1, 0.7, 0.34, 1.15),
        finish="cloth",
    )

    def wrap(part: Part) -> np.ndarray:
        return box(part.u, part.v - 0.12 * (0.1 - part.u**2), 0, 0.69, 0.37, 0.115, 0.10)

    canvas.fill(wrap, colour, where=scarf, box=(-0.4, 0.5, 0.4, 0.85), finish="cloth")


def draw_earrings(canvas: Canvas) -> None:
    """Golden drops at the ears.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("earrings")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_earrings(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    canvas.fill(
        lambda p: circle(np.abs(p.u), p.v, 0.535, 0.235, 0.075),
        palette.GOLD,
        where=canvas.scenes.on("earrings"),
        box=(-0.62, 0.14, 0.62, 0.32),
        finish="shine",
    )


def draw_glasses(canvas: Canvas) -> None:
    """Eyeglasses, sunglasses, an eye patch.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("eyeglasses")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_glasses(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    frame = palette.frame(scenes)

    def rims(part: Part) -> np.ndarray:
        u = np.abs(part.u)
        lens = box(u, part.v, 0.225, -0.045, 0.185, 0.145, 0.09)
        bars = either(
            segment(u, part.v, (0, -0.07), (0.04, -0.07), 0.026),
            segment(u, part.v, (0.41, -0.08), (0.50, -0.10), 0.022),
        )
        return either(np.abs(lens) - 0.027, bars)

    canvas.fill(
        lambda p: box(np.abs(p.u), p.v, 0.225, -0.045, 0.185, 0.145, 0.09),
        palette.WHITE,
        where=scenes.on("eyeglasses"),
        box=(-0.42, -0.2, 0.42, 0.12),
        finish="flat",
        opacity=0.22,
        outline=False,
    )
    canvas.fill(
        rims,
        frame,
        where=scenes.on("eyeglasses"),
        box=(-0.52, -0.25, 0.52, 0.15),
        finish="flat",
        outline=False,
    )

    def shades(part: Part) -> np.ndarray:
        u = np.abs(part.u)
        lens = box(u, part.v, 0.225, -0.035, 0.195, 0.135, 0.10)
        bars = segment(u, part.v, (0, -0.10), (0.50, -0.12), 0.032)
        return either(lens, bars)

    sun = scenes.on("sunglasses")
    canvas.fill(shades, (0.06, 0.06, 0.10), where=sun, box=(-0.52, -0.2, 0.52, 0.12), finish="flat")
    canvas.fill(
        lambda p: both(
            box(np.abs(p.u), p.v, 0.225, -0.035, 0.15, 0.10, 0.08),
            np.abs(np.abs(p.u) - 0.2 + p.v) - 0.035,
        ),
        (0.55, 0.60, 0.70),
        where=sun,
        box=(-0.4, -0.15, 0.4, 0.1),
        finish="flat",
        opacity=0.8,
        outline=False,
    )
    canvas.fill(
        lambda p: either(
            ellipse(p.u, p.v, -0.215, -0.05, 0.155, 0.145),
            both(head_shape(p), np.abs(p.v + 0.20 + 0.42 * (p.u + 0.15)) - 0.03),
        ),
        (0.08, 0.07, 0.09),
        where=scenes.on("eye_patch"),
        box=(-0.5, -0.55, 0.5, 0.12),
        finish="plain",
        outline=False,
    )


def draw_on_the_head(canvas: Canvas) -> None:
    """Headband, hat, headphones, a flower.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("hat")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_on_the_head(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    canvas.fill(
        lambda p: both(
            ellipse(p.u, p.v, 0, -0.14, 0.575, 0.56),
            np.abs(p.v + 0.44 + 0.10 * p.u**2) - 0.068,
        ),
        palette.accent(scenes, 0.5),
        where=scenes.on("headband"),
        box=(-0.58, -0.6, 0.58, -0.33),
        finish="cloth",
    )
    hat = scenes.on("hat")
    colour = palette.accent(scenes, 0.75)
    canvas.fill(
        lambda p: both(ellipse(p.u, p.v, 0, -0.40, 0.57, 0.48), p.v + 0.40),
        colour,
        where=hat,
        box=(-0.57, -0.92, 0.57, -0.38),
        finish="cloth",
    )
    canvas.fill(
        lambda p: box(p.u, p.v, 0, -0.42, 0.61, 0.085, 0.06),
        np.minimum(colour * 0.6 + 0.35, 1),
        where=hat,
        box=(-0.61, -0.52, 0.61, -0.32),
        finish="cloth",
    )
    phones = scenes.on("headphones")
    canvas.fill(
        lambda p: both(np.abs(ellipse(p.u, p.v, 0, -0.10, 0.60, 0.66)) - 0.045, p.v),
        (0.20, 0.20, 0.24),
        where=phones,
        box=(-0.66, -0.82, 0.66, 0.02),
        finish="shine",
    )
    canvas.fill(
        lambda p: box(np.abs(p.u), p.v, 0.57, 0.02, 0.10, 0.17, 0.07),
        palette.accent(scenes, 0.4),
        where=phones,
        box=(-0.68, -0.16, 0.68, 0.2),
        finish="shine",
    )

    def petals(part: Part) -> np.ndarray:
        places = [(np.cos(a) * 0.105, np.sin(a) * 0.105) for a in np.arange(5) * 2 * np.pi / 5]
        return either(*(circle(part.u, part.v, 0.40 + u, -0.50 + v, 0.075) for u, v in places))

    flower = scenes.on("flower")
    area = (0.2, -0.7, 0.6, -0.3)
    canvas.fill(petals, (0.98, 0.52, 0.72), where=flower, box=area, finish="plain")
    canvas.fill(
        lambda p: circle(p.u, p.v, 0.40, -0.50, 0.06),
        (1.0, 0.88, 0.2),
        where=flower,
        box=area,
        finish="flat",
        outline=False,
    )
