"""Colours of the things in a scene, float32 [N, 3] in 0..1."""

import numpy as np
import numpy.typing as npt

from tfvae.avatars.scene import Scenes

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
    # The colour of a bald person's beard and brows.
    "bald": (0.27, 0.17, 0.12),
}
_EYES = np.array([[0.30, 0.17, 0.08], [0.15, 0.38, 0.75], [0.16, 0.48, 0.22]], np.float32)
_FRAMES = np.array([[0.10, 0.10, 0.12], [0.55, 0.10, 0.12], [0.10, 0.18, 0.50]], np.float32)
# Hats, scarves, ties and headbands have no colour of skin, hair or lips.
_ACCENTS = np.array(
    [[0.10, 0.45, 0.75], [0.08, 0.55, 0.38], [0.50, 0.22, 0.65], [0.75, 0.12, 0.32]], np.float32
)

WHITE = (0.97, 0.97, 0.96)
DARK = (0.10, 0.08, 0.10)
GOLD = (1.0, 0.80, 0.20)
LIPSTICK = (0.82, 0.04, 0.20)
INK = np.array((0.13, 0.09, 0.12), np.float32)


def skin(scenes: Scenes) -> np.ndarray:
    """Colours of the skin, from light to brown.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> colour = skin(draw_scenes(0, range(4)))
    >>> colour.shape, bool((colour[:, 0] > colour[:, 2]).all())  # more red than blue
    ((4, 3), True)
    """
    place = scenes.value("skin") * (len(_SKIN) - 1)
    low = np.minimum(place.astype(int), len(_SKIN) - 2)
    share = (place - low)[:, np.newaxis]
    return _SKIN[low] * (1 - share) + _SKIN[low + 1] * share


def hair(scenes: Scenes) -> np.ndarray:
    """Colours of hair and beard.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> print(hair(draw_scenes(0, range(4)).with_attribute("blond_hair"))[0])
    [0.96 0.8  0.34]
    """
    colour = np.zeros((len(scenes), 3), np.float32)
    for name, value in _HAIR.items():
        colour[scenes.on(name)] = value
    return colour


def brows(scenes: Scenes) -> np.ndarray:
    """Colours of the brows: darker than the hair, to be visible on any skin.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> scenes = draw_scenes(0, range(4))
    >>> bool((brows(scenes) < hair(scenes)).all())
    True
    """
    return hair(scenes) * 0.45 + np.float32(0.02)


def eyes(scenes: Scenes) -> np.ndarray:
    """Colours of the iris.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> len(np.unique(eyes(draw_scenes(0, range(100))), axis=0))
    3
    """
    return _choice(_EYES, scenes.value("eyes"))


def frame(scenes: Scenes) -> np.ndarray:
    """Colours of the frames of glasses.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> len(np.unique(frame(draw_scenes(0, range(100))), axis=0))
    3
    """
    return _choice(_FRAMES, scenes.value("frame"))


def accent(scenes: Scenes, turn: float = 0.0) -> np.ndarray:
    """Colours of clothes and jewellery; another `turn` in 0..1 gives each face another colour.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> scenes = draw_scenes(0, range(100))
    >>> bool((accent(scenes) == accent(scenes, turn=0.25)).all(axis=1).any())
    False
    """
    return _choice(_ACCENTS, (scenes.value("accent") + np.float32(turn)) % 1)


def shirt(scenes: Scenes) -> np.ndarray:
    """Muted colours of any hue for the shirt.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> colour = shirt(draw_scenes(0, range(100)))
    >>> bool((np.ptp(colour, axis=1) <= 0.35 * colour.max(axis=1) + 1e-6).all())
    True
    """
    return hue(scenes.value("shirt_hue"), 0.35, 0.45 + 0.4 * scenes.value("shirt_tone"))


def backgrounds(scenes: Scenes) -> tuple[np.ndarray, np.ndarray]:
    """Two pale colours of similar hues, for the two ends of a gradient.

    >>> from tfvae.avatars.scene import draw_scenes
    >>> [colour.shape for colour in backgrounds(draw_scenes(0, range(4)))]
    [(4, 3), (4, 3)]
    """
    tone = scenes.value("background_tone")
    first = scenes.value("background_hue")
    second = (first + np.float32(0.12)) % 1
    return hue(first, 0.35, 0.65 + 0.3 * tone), hue(second, 0.45, 0.45 + 0.3 * tone)


def hue(turn: npt.ArrayLike, saturation: float, value: npt.ArrayLike) -> np.ndarray:
    """HSV to RGB, [..., 3]; all arguments are in 0..1.

    >>> print(hue(np.array([0, 1 / 3]), saturation=1.0, value=1.0))
    [[1. 0. 0.]
     [0. 1. 0.]]
    """
    shifts = np.array([5, 3, 1], np.float32)
    k = (shifts + np.asarray(turn)[..., np.newaxis] * 6) % 6
    depth = np.clip(np.minimum(k, 4 - k), 0, 1) * saturation
    return (np.asarray(value)[..., np.newaxis] * (1 - depth)).astype(np.float32)


def _choice(colours: np.ndarray, share: np.ndarray) -> np.ndarray:
    return colours[np.minimum((share * len(colours)).astype(int), len(colours) - 1)]
