"""Draws body, head, skin, nose, mouth, eyes and brows; in face units, see `Part`."""

import numpy as np

from tfvae.avatars import palette
from tfvae.avatars.canvas import Canvas, Part, Shape
from tfvae.avatars.shapes import both, box, circle, either, ellipse, polygon, segment

_EYE_U, _EYE_V = 0.215, -0.06
_MOUTH_V = 0.335


def head_shape(part: Part) -> np.ndarray:
    """The face without ears: wide at the temples, narrow at the chin.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> u, v = np.zeros([1, 1, 3]), np.array([-0.1, 0.12, 1.0]).reshape(1, 3, 1)
    >>> distance = head_shape(Part(draw_scenes(0, [0]), u, v, pixel=np.full([1, 1, 1], 0.1)))
    >>> (distance[0, :, 1] < 0).tolist()  # forehead and mouth are inside, the neck is not
    [True, True, False]
    """
    skull = ellipse(part.u, part.v, 0, -0.10, 0.50, 0.50)
    jaw = ellipse(part.u, part.v, 0, 0.12, 0.445, 0.475)
    return either(skull, jaw)


def draw_body(canvas: Canvas) -> None:
    """Shoulders and neck.

    >>> from tfvae.avatars import cartoon, scene
    >>> canvas = Canvas(scene.draw_scenes(0, range(4)), size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_body(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    canvas.fill(
        lambda p: ellipse(p.u, p.v, 0, 1.18, 0.80, 0.50),
        palette.shirt(scenes),
        box=(-0.8, 0.65, 0.8, 2),
        finish="cloth",
    )
    canvas.fill(
        lambda p: either(box(p.u, p.v, 0, 0.56, 0.17, 0.2), ellipse(p.u, p.v, 0, 0.73, 0.22, 0.11)),
        palette.skin(scenes) * 0.90,
        box=(-0.22, 0.3, 0.22, 0.84),
        finish="plain",
        outline=False,
    )


def draw_head(canvas: Canvas) -> None:
    """Ears and head.

    >>> from tfvae.avatars import cartoon, scene
    >>> canvas = Canvas(scene.draw_scenes(0, range(4)), size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_head(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    colour = palette.skin(canvas.scenes)
    canvas.fill(
        lambda p: ellipse(np.abs(p.u), p.v, 0.49, 0.02, 0.10, 0.13),
        colour * 0.93,
        box=(-0.6, -0.12, 0.6, 0.16),
        finish="skin",
    )
    canvas.fill(head_shape, colour, box=(-0.5, -0.6, 0.5, 0.6), finish="skin")


def draw_skin(canvas: Canvas) -> None:
    """Rosy cheeks, freckles, wrinkles and a scar on the skin.

    >>> from tfvae.avatars import cartoon, scene
    >>> faces = scene.draw_scenes(0, range(4)).with_attribute("freckles")
    >>> canvas = Canvas(faces, size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_skin(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    skin = palette.skin(scenes)
    canvas.fill(
        lambda p: ellipse(np.abs(p.u), p.v, 0.31, 0.16, 0.12, 0.10),
        skin * 0.35 + np.array((0.62, 0.10, 0.17), np.float32),
        where=scenes.on("rosy_cheeks"),
        box=(-0.43, 0.0, 0.43, 0.3),
        finish="flat",
        opacity=0.85,
        outline=False,
    )
    dots = ((0.14, 0.06), (0.23, 0.13), (0.33, 0.07), (0.15, 0.20), (0.29, 0.22), (0.39, 0.16))
    canvas.fill(
        lambda p: either(*(circle(np.abs(p.u), p.v, u0, v0, 0.036) for u0, v0 in dots)),
        skin * np.array((0.42, 0.23, 0.13), np.float32),
        where=scenes.on("freckles"),
        box=(-0.43, 0.0, 0.43, 0.25),
        finish="flat",
        outline=False,
    )
    canvas.fill(
        lambda p: either(
            segment(np.abs(p.u), p.v, (0.18, 0.17), (0.29, 0.38), 0.031),
            segment(np.abs(p.u), p.v, (0.13, 0.065), (0.31, 0.055), 0.022),
            segment(np.abs(p.u), p.v, (0, -0.345), (0.22, -0.335), 0.022),
            segment(np.abs(p.u), p.v, (0, -0.425), (0.17, -0.42), 0.020),
        ),
        skin * np.array((0.42, 0.30, 0.28), np.float32),
        where=scenes.on("wrinkles"),
        box=(-0.36, -0.46, 0.36, 0.42),
        finish="flat",
        outline=False,
    )
    canvas.fill(
        lambda p: either(
            segment(p.u, p.v, (0.41, -0.02), (0.27, 0.33), 0.038),
            segment(p.u, p.v, (0.28, 0.05), (0.45, 0.11), 0.030),
            segment(p.u, p.v, (0.22, 0.18), (0.39, 0.25), 0.030),
        ),
        (0.42, 0.02, 0.14),
        where=scenes.on("scar"),
        box=(0.2, -0.06, 0.45, 0.34),
        finish="flat",
        outline=False,
    )


def draw_nose(canvas: Canvas) -> None:
    """One of three noses: a shadow, a bulb (big) or a wedge (pointy).

    >>> from tfvae.avatars import cartoon, scene
    >>> canvas = Canvas(scene.draw_scenes(0, range(4)), size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_nose(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    skin = palette.skin(scenes)
    big, pointy = scenes.on("big_nose"), scenes.on("pointy_nose")
    canvas.fill(
        lambda p: ellipse(p.u, p.v, 0, 0.155, 0.055, 0.028),
        skin * 0.68,
        where=~(big | pointy),
        box=(-0.06, 0.1, 0.06, 0.2),
        finish="flat",
        outline=False,
    )
    canvas.fill(
        lambda p: either(
            ellipse(p.u, p.v, 0, 0.12, 0.115, 0.10),
            ellipse(np.abs(p.u), p.v, 0.10, 0.15, 0.055, 0.055),
        ),
        skin * np.array((0.98, 0.80, 0.76), np.float32),
        where=big,
        box=(-0.16, 0, 0.16, 0.24),
        finish="shine",
    )
    canvas.fill(
        lambda p: polygon(p.u, p.v, (0.0, -0.14), (0.12, 0.20), (0.0, 0.235), (-0.12, 0.20)),
        skin * 0.55,
        where=pointy,
        box=(-0.12, -0.15, 0.12, 0.24),
        finish="flat",
        outline=False,
    )
    canvas.fill(
        lambda p: polygon(p.u, p.v, (0.0, -0.12), (0.035, 0.165), (-0.095, 0.165)),
        np.minimum(skin * 1.15, 1),
        where=pointy,
        box=(-0.1, -0.15, 0.1, 0.2),
        finish="flat",
        outline=False,
    )


def _mouth_curve(part: Part) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middle of the mouth at each `u`, half its width, and (u / half)^2, capped."""
    half = part.where("smiling", 0.25, 0.15)
    bend = part.where("smiling", -0.17, 0.015)
    across = np.minimum((part.u / half) ** 2, 1.3)
    return _MOUTH_V + part.where("smiling", 0.05, 0.0) + bend * across, half, across


def draw_mouth(canvas: Canvas) -> None:
    """Lips along a line that bends up in a smile; an open mouth shows teeth and a dark inside.

    >>> from tfvae.avatars import cartoon, scene
    >>> canvas = Canvas(scene.draw_scenes(0, range(4)), size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_mouth(canvas)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    colour = palette.skin(scenes) * np.array((0.78, 0.46, 0.44), np.float32)
    colour[scenes.on("lipstick")] = palette.LIPSTICK
    area = (-0.27, 0.10, 0.27, 0.60)

    def lips(part: Part) -> np.ndarray:
        middle, half, across = _mouth_curve(part)
        thickness = part.where("big_lips", 0.115, 0.044) + part.where("mouth_open", 0.055, 0)
        thickness = thickness * part.where("smiling", 0.85, 1.0)
        swell = np.sqrt(np.clip(1.02 - across, 0, 1))
        return both(
            np.abs(part.v - middle) - thickness * swell,
            np.abs(part.u) - half,
        )

    def opening(part: Part) -> np.ndarray:
        middle, half, across = _mouth_curve(part)
        swell = np.sqrt(np.clip(1.0 - across * 1.5, 0, 1))
        return both(np.abs(part.v - middle) - 0.060 * swell, np.abs(part.u) - half * 0.82)

    def teeth(part: Part) -> np.ndarray:
        middle, _, _ = _mouth_curve(part)
        return both(opening(part), part.v - middle + 0.012)

    def line(part: Part) -> np.ndarray:
        middle, half, _ = _mouth_curve(part)
        return both(np.abs(part.v - middle) - 0.010, np.abs(part.u) - half)

    is_open = scenes.on("mouth_open")
    canvas.fill(lips, colour, box=area, finish="plain", outline=False)
    canvas.fill(opening, (0.20, 0.02, 0.05), where=is_open, box=area, finish="flat", outline=False)
    canvas.fill(teeth, palette.WHITE, where=is_open, box=area, finish="flat", outline=False)
    canvas.fill(line, colour * 0.35, where=~is_open, box=area, finish="flat", outline=False)


def draw_eyes(canvas: Canvas, scale: float) -> None:
    """Eyes and eye shadow; a larger `scale` makes the eyes larger.

    >>> from tfvae.avatars import cartoon, scene
    >>> canvas = Canvas(scene.draw_scenes(0, range(4)), size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_eyes(canvas, scale=1.0)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes
    area = (-0.38, -0.30, 0.38, 0.1)
    canvas.fill(
        lambda p: ellipse(np.abs(p.u), p.v, _EYE_U, _EYE_V - 0.055, 0.150 * scale, 0.120 * scale),
        (0.25, 0.30, 0.92),
        where=scenes.on("eye_shadow"),
        box=area,
        finish="flat",
        opacity=0.9,
        outline=False,
    )

    def height(part: Part) -> np.ndarray:
        return part.where("narrow_eyes", 0.028, 0.088) * scale

    def white(part: Part) -> np.ndarray:
        return ellipse(np.abs(part.u), part.v, _EYE_U, _EYE_V, 0.112 * scale, height(part))

    def disc(radius: float) -> Shape:
        return lambda p: both(white(p), circle(np.abs(p.u), p.v, _EYE_U, _EYE_V, radius * scale))

    canvas.fill(white, palette.WHITE, box=area, finish="flat")
    for radius, colour in ((0.068, palette.eyes(scenes)), (0.036, palette.DARK)):
        canvas.fill(disc(radius), colour, box=area, finish="flat", outline=False)
    canvas.fill(
        lambda p: both(
            np.abs(white(p)) - 0.018, p.v - _EYE_V + p.where("narrow_eyes", -0.02, 0.03)
        ),
        palette.DARK,
        box=area,
        finish="flat",
        outline=False,
    )


def draw_brows(canvas: Canvas, scale: float) -> None:
    """Brows above eyes of this `scale`.

    >>> from tfvae.avatars import cartoon, scene
    >>> canvas = Canvas(scene.draw_scenes(0, range(4)), size=32, style=cartoon.Cartoon())
    >>> before = canvas.pixels.copy()
    >>> draw_brows(canvas, scale=1.0)
    >>> bool((canvas.pixels != before).any(axis=(1, 2, 3)).all())  # every face has changed
    True
    """
    scenes = canvas.scenes

    def brow(part: Part) -> np.ndarray:
        u = np.abs(part.u) - _EYE_U - 0.01
        rise = part.where("arched_eyebrows", 0.125, 0.010)
        middle = -0.215 - 0.02 * (scale > 1) - rise * (1 - (u / 0.105) ** 2)
        half = part.where("bushy_eyebrows", 0.068, 0.021)
        width = part.where("bushy_eyebrows", 0.15, 0.125)
        slope = part.where("arched_eyebrows", 1.3, 1.0)
        return both((np.abs(part.v - middle) - half * slope) / slope, np.abs(u) - width)

    canvas.fill(
        brow,
        palette.brows(scenes),
        box=(-0.4, -0.38, 0.4, -0.08),
        finish="flat",
        outline=False,
    )
