"""Draws hair behind and in front of the head, and beards; in face units, see `Part`."""

import numpy as np

from tfvae.avatars import palette
from tfvae.avatars.canvas import Canvas, Part
from tfvae.avatars.face import head_shape
from tfvae.avatars.shapes import both, box, circle, either, ellipse


def draw_hair_behind(canvas: Canvas) -> None:
    """Long hair, curls and a bun, which head and shoulders cover in part.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("long_hair")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_hair_behind(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    colour = palette.hair(scenes)
    canvas.fill(
        lambda p: either(
            ellipse(p.u, p.v, 0, -0.12, 0.66, 0.62),
            box(p.u, p.v, 0, 0.34, 0.66, 0.50, 0.14),
        ),
        colour * 0.88,
        where=scenes.on("long_hair"),
        box=(-0.66, -0.8, 0.66, 0.9),
        finish="hair",
    )

    def curls(part: Part) -> np.ndarray:
        bumps = []
        for angle in np.linspace(-0.28, np.pi + 0.28, 10):
            u0, v0 = 0.60 * np.cos(angle), -0.16 - 0.50 * np.sin(angle)
            bumps.append(circle(part.u, part.v, u0, v0, 0.19))
        return either(*bumps)

    canvas.fill(
        curls,
        colour * 0.92,
        where=scenes.on("curly_hair"),
        box=(-0.82, -0.9, 0.82, 0.25),
        finish="hair",
    )
    canvas.fill(
        lambda p: circle(p.u, p.v, 0, -0.73, 0.20),
        colour,
        where=scenes.on("bun"),
        box=(-0.2, -0.97, 0.2, -0.5),
        finish="hair",
    )


def draw_hair(canvas: Canvas) -> None:
    """Hair on the head: a cap with sides, a fringe, a mohawk.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("bangs")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_hair(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    colour = palette.hair(scenes)

    def cap(part: Part) -> np.ndarray:
        # Higher in the middle of the forehead than at the temples.
        face = ellipse(part.u, part.v, 0, 0.10, 0.445, 0.58)
        skull = ellipse(part.u, part.v, 0, -0.14, 0.56, 0.55)
        return both(skull, -face, part.v - 0.02)

    canvas.fill(
        cap,
        colour,
        where=~(scenes.on("bald") | scenes.on("mohawk")),
        box=(-0.56, -0.7, 0.56, 0.05),
        finish="hair",
    )

    def fringe(part: Part) -> np.ndarray:
        skull = ellipse(part.u, part.v, 0, -0.14, 0.53, 0.52)
        edge = part.v + 0.285 + 0.03 * np.cos(part.u * 19) - 0.10 * part.u**2
        return both(skull, edge)

    canvas.fill(
        fringe,
        colour * 1.05,
        where=scenes.on("bangs"),
        box=(-0.53, -0.67, 0.53, -0.2),
        finish="hair",
    )

    def mohawk(part: Part) -> np.ndarray:
        spikes = 0.05 * np.abs(np.sin(part.v * 16))
        return both(box(part.u, part.v, 0, -0.64, 0.15, 0.28, 0.10), np.abs(part.u) - 0.15 + spikes)

    canvas.fill(
        mohawk,
        colour,
        where=scenes.on("mohawk"),
        box=(-0.16, -0.96, 0.16, -0.35),
        finish="hair",
    )


def draw_beard(canvas: Canvas) -> None:
    """Beard, goatee, sideburns and mustache; to be drawn before the mouth.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("beard")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_beard(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    colour = palette.hair(scenes)

    def beard(part: Part) -> np.ndarray:
        # The lower face and a little more, without the cheeks.
        chin = ellipse(part.u, part.v, 0, 0.20, 0.475, 0.50)
        cheeks = ellipse(part.u, part.v, 0, 0.06, 0.40, 0.24)
        return both(chin, -cheeks, 0.08 - part.v)

    canvas.fill(
        beard,
        colour * 0.92,
        where=scenes.on("beard"),
        box=(-0.48, 0.05, 0.48, 0.72),
        finish="hair",
    )
    canvas.fill(
        lambda p: either(
            ellipse(p.u, p.v, 0, 0.56, 0.14, 0.15), box(p.u, p.v, 0, 0.50, 0.11, 0.06, 0.03)
        ),
        colour * 0.85,
        where=scenes.on("goatee"),
        box=(-0.15, 0.4, 0.15, 0.72),
        finish="hair",
    )
    canvas.fill(
        lambda p: both(
            head_shape(p) - 0.01,
            0.325 - np.abs(p.u) + 0.12 * (p.v - 0.1),
            np.abs(p.v - 0.09) - 0.24,
        ),
        colour * 0.85,
        where=scenes.on("sideburns"),
        box=(-0.52, -0.15, 0.52, 0.32),
        finish="hair",
    )

    def mustache(part: Part) -> np.ndarray:
        u = np.abs(part.u)
        middle = 0.228 + 0.55 * u**2
        return both(np.abs(part.v - middle) - 0.066 * (1.15 - 0.8 * u / 0.27), u - 0.27)

    canvas.fill(
        mustache,
        colour * 0.62,
        where=scenes.on("mustache"),
        box=(-0.28, 0.13, 0.28, 0.36),
        finish="hair",
    )
