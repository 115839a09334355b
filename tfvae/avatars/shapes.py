"""Signed distances to flat shapes, negative inside; in face units, `v` pointing down.

All arguments may be arrays that broadcast. Distances are exact, or exact to first order near the
edge, which is enough for antialiasing and outlines.
"""

from collections.abc import Callable

import numpy as np

Values = float | np.ndarray

_TINY = np.float32(1e-6)


def ellipse(
    u: Values, v: Values, u0: Values, v0: Values, radius_u: Values, radius_v: Values
) -> np.ndarray:
    """An ellipse about (u0, v0).

    >>> u = np.array([1.0, 2.0, 3.0])
    >>> print(ellipse(u, 0.0, 0.0, 0.0, radius_u=2.0, radius_v=1.0).round(3))
    [-1.  0.  1.]
    """
    x, y = (u - u0) / radius_u, (v - v0) / radius_v
    level = np.sqrt(x * x + y * y)
    slope = np.sqrt((x / radius_u) ** 2 + (y / radius_v) ** 2)
    return level * (level - 1) / (slope + _TINY)


def circle(u: Values, v: Values, u0: Values, v0: Values, radius: Values) -> np.ndarray:
    """A disc about (u0, v0).

    >>> print(circle(np.array([0.0, 1.0, 3.0]), 0.0, 0.0, 0.0, radius=1.0))
    [-1.  0.  2.]
    """
    return np.sqrt((u - u0) ** 2 + (v - v0) ** 2) - radius


def box(
    u: Values,
    v: Values,
    u0: Values,
    v0: Values,
    half_u: Values,
    half_v: Values,
    rounding: float = 0.0,
) -> np.ndarray:
    """An upright rectangle about (u0, v0) with rounded corners.

    >>> print(box(np.array([0.0, 2.0, 5.0]), np.array([0.0, 0.0, 5.0]), 0.0, 0.0, 2.0, 1.0))
    [-1.  0.  5.]
    """
    x = np.abs(u - u0) - (half_u - rounding)
    y = np.abs(v - v0) - (half_v - rounding)
    outside = np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2)
    return outside + np.minimum(np.maximum(x, y), 0) - rounding


def segment(
    u: Values, v: Values, start: tuple[float, float], end: tuple[float, float], radius: float
) -> np.ndarray:
    """A line from `start` to `end` with round ends.

    >>> print(segment(np.array([1.0, 2.0, 4.0]), 0.0, (0.0, 0.0), (2.0, 0.0), radius=0.5))
    [-0.5 -0.5  1.5]
    """
    (u0, v0), (u1, v1) = start, end
    du, dv = u1 - u0, v1 - v0
    share = np.clip(((u - u0) * du + (v - v0) * dv) / (du * du + dv * dv), 0, 1)
    return np.sqrt((u - u0 - share * du) ** 2 + (v - v0 - share * dv) ** 2) - radius


def band(
    u: Values, v: Values, middle: Values, half_width: Values, half_thickness: Values
) -> np.ndarray:
    """A strip along a curve: |v - middle(u)| up to a thickness, |u| up to a width.

    `middle` and `half_thickness` are values at each `u`.

    >>> u = np.array([0.0, 1.0, 3.0])
    >>> print(band(u, v=u**2, middle=u**2, half_width=2.0, half_thickness=0.5))
    [-0.5 -0.5  1. ]
    """
    return np.maximum(np.abs(v - middle) - half_thickness, np.abs(u) - half_width)


def polygon(u: Values, v: Values, *corners: tuple[float, float]) -> np.ndarray:
    """A convex polygon, corners clockwise as seen on the screen.

    >>> square = (0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)
    >>> print(polygon(np.array([1.0, 2.0, 3.0]), 1.0, *square))
    [-1.  0.  1.]
    """
    sides = []
    for (u0, v0), (u1, v1) in zip(corners, corners[1:] + corners[:1], strict=True):
        du, dv = u1 - u0, v1 - v0
        sides.append(((u - u0) * dv - (v - v0) * du) / np.hypot(du, dv))
    return both(*sides)


def either(*distances: np.ndarray) -> np.ndarray:
    """The union of shapes.

    >>> print(either(np.array([-1.0, 2.0]), np.array([1.0, 3.0])))
    [-1.  2.]
    """
    return _fold(np.minimum, distances)


def both(*distances: np.ndarray) -> np.ndarray:
    """The intersection of shapes.

    >>> print(both(np.array([-1.0, 2.0]), np.array([1.0, 3.0])))
    [1. 3.]
    """
    return _fold(np.maximum, distances)


def _fold(
    combine: Callable[[np.ndarray, np.ndarray], np.ndarray], distances: tuple[np.ndarray, ...]
) -> np.ndarray:
    result = distances[0]
    for distance in distances[1:]:
        result = combine(result, distance)
    return result
