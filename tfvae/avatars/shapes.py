"""Signed distances to flat shapes, negative inside; in face units, `v` pointing down.

All arguments may be arrays that broadcast. Distances are exact or good to first order near the
edge, which is all that antialiasing and outlines need.
"""

import numpy as np

_TINY = np.float32(1e-6)


def ellipse(u, v, u0, v0, radius_u, radius_v):
    """An ellipse about (u0, v0)."""
    x, y = (u - u0) / radius_u, (v - v0) / radius_v
    level = np.sqrt(x * x + y * y)
    slope = np.sqrt((x / radius_u) ** 2 + (y / radius_v) ** 2)
    return level * (level - 1) / (slope + _TINY)


def circle(u, v, u0, v0, radius):
    """A disc about (u0, v0)."""
    return np.sqrt((u - u0) ** 2 + (v - v0) ** 2) - radius


def box(u, v, u0, v0, half_u, half_v, rounding=0.0):
    """An upright rectangle about (u0, v0) with rounded corners."""
    x = np.abs(u - u0) - (half_u - rounding)
    y = np.abs(v - v0) - (half_v - rounding)
    outside = np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2)
    return outside + np.minimum(np.maximum(x, y), 0) - rounding


def segment(u, v, start, end, radius):
    """A line from `start` to `end` with round ends."""
    (u0, v0), (u1, v1) = start, end
    du, dv = u1 - u0, v1 - v0
    share = np.clip(((u - u0) * du + (v - v0) * dv) / (du * du + dv * dv), 0, 1)
    return np.sqrt((u - u0 - share * du) ** 2 + (v - v0 - share * dv) ** 2) - radius


def band(u, v, middle, half_width, half_thickness):
    """A strip along a curve: |v - middle(u)| up to a thickness, |u| up to a width.

    `middle` and `half_thickness` are values at each `u`.
    """
    return np.maximum(np.abs(v - middle) - half_thickness, np.abs(u) - half_width)


def polygon(u, v, *corners):
    """A convex polygon, corners clockwise as seen on the screen."""
    sides = []
    for (u0, v0), (u1, v1) in zip(corners, corners[1:] + corners[:1], strict=True):
        du, dv = u1 - u0, v1 - v0
        sides.append(((u - u0) * dv - (v - v0) * du) / np.hypot(du, dv))
    return both(*sides)


def either(*distances):
    """The union."""
    return _fold(np.minimum, distances)


def both(*distances):
    """The intersection."""
    return _fold(np.maximum, distances)


def _fold(combine, distances):
    result = distances[0]
    for distance in distances[1:]:
        result = combine(result, distance)
    return result
