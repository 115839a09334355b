"""Colours of the things in a scene, [N, 3] in 0..1."""

import numpy as np

_SKIN = np.array(
    [
        [1.00, 0.88, 0.79],
        [0.98, 0.80, 0.67],
        [0.90, 0.69, 0.52],
        [0.76, 0.54, 0.39],
        [0.62, 0.42, 0.30],
    ],
    np.float32,
)
_HAIR = {
    "black_hair": (0.10, 0.09, 0.12),
    "blond_hair": (0.96, 0.80, 0.34),
    "brown_hair": (0.42, 0.22, 0.09),
    "red_hair": (0.80, 0.30, 0.06),
    "gray_hair": (0.72, 0.73, 0.76),
    # Of beard and brows.
    "bald": (0.27, 0.17, 0.12),
}
_EYES = np.array([[0.30, 0.17, 0.08], [0.15, 0.38, 0.75], [0.16, 0.48, 0.22]], np.float32)
_FRAMES = np.array([[0.10, 0.10, 0.12], [0.55, 0.10, 0.12], [0.10, 0.18, 0.50]], np.float32)
# Of hats, scarves, ties and headbands: none that skin, hair or lips have.
_ACCENTS = np.array(
    [[0.10, 0.45, 0.75], [0.08, 0.55, 0.38], [0.50, 0.22, 0.65], [0.75, 0.12, 0.32]], np.float32
)

WHITE = (0.97, 0.97, 0.96)
DARK = (0.10, 0.08, 0.10)
GOLD = (1.0, 0.80, 0.20)
LIPSTICK = (0.82, 0.04, 0.20)
INK = np.array((0.13, 0.09, 0.12), np.float32)


def skin(scenes):
    """From light to brown."""
    place = scenes.value("skin") * (len(_SKIN) - 1)
    low = np.minimum(place.astype(int), len(_SKIN) - 2)
    share = (place - low)[:, np.newaxis]
    return _SKIN[low] * (1 - share) + _SKIN[low + 1] * share


def hair(scenes):
    """Of hair and beard."""
    colour = np.zeros((len(scenes), 3), np.float32)
    for name, value in _HAIR.items():
        colour[scenes.on(name)] = value
    return colour


def brows(scenes):
    """Hair, darkened: brows must show on any skin."""
    return hair(scenes) * 0.45 + np.float32(0.02)


def eyes(scenes):
    """Of the iris."""
    return _choice(_EYES, scenes.value("eyes"))


def frame(scenes):
    """Of glasses."""
    return _choice(_FRAMES, scenes.value("frame"))


def accent(scenes, turn=0.0):
    """Of things worn; another `turn` gives another of them."""
    return _choice(_ACCENTS, (scenes.value("accent") + np.float32(turn)) % 1)


def shirt(scenes):
    """Muted, of any hue."""
    return hue(scenes.value("shirt_hue"), 0.35, 0.45 + 0.4 * scenes.value("shirt_tone"))


def backgrounds(scenes):
    """Two pale colours of near hues, for the two ends of a gradient."""
    tone = scenes.value("background_tone")
    first = scenes.value("background_hue")
    second = (first + np.float32(0.12)) % 1
    return hue(first, 0.35, 0.65 + 0.3 * tone), hue(second, 0.45, 0.45 + 0.3 * tone)


def hue(turn, saturation, value):
    """HSV to RGB; `turn` in 0..1."""
    shifts = np.array([5, 3, 1], np.float32)
    k = (shifts + np.asarray(turn)[..., np.newaxis] * 6) % 6
    depth = np.clip(np.minimum(k, 4 - k), 0, 1) * saturation
    return (np.asarray(value)[..., np.newaxis] * (1 - depth)).astype(np.float32)


def _choice(colours, share):
    return colours[np.minimum((share * len(colours)).astype(int), len(colours) - 1)]
