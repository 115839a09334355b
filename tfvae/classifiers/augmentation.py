"""Training images changed in ways that leave their labels alone; each a function of seed and step.

>>> sorted(AUGMENTATIONS)
['photograph', 'shift']
"""

import math
from collections.abc import Callable

# Of `photograph`: largest turn in radians, zoom and shift as shares, and changes of brightness and
# contrast.
TURN, ZOOM, SHIFT = math.radians(10), 0.1, 0.08
BRIGHTNESS, CONTRAST = 0.1, 0.2


def shift(images, seed):
    """A batch shifted as a whole by up to 1/14 of the image, its border mirrored.

    Args:
        images: [B, H, W, C], of known H, W and C.
        seed: int64 [2].

    >>> import tensorflow as tf
    >>> images = tf.random.uniform([2, 8, 8, 1])
    >>> shift(images, tf.constant([0, 1], tf.int64)).shape.as_list()
    [2, 8, 8, 1]
    """
    import tensorflow as tf

    _, height, width, channels = images.shape
    reach = max(1, round(max(height, width) / 14))
    padding = [[0, 0], [reach, reach], [reach, reach], [0, 0]]
    offset = tf.random.stateless_uniform([2], seed, 0, 2 * reach + 1, tf.int32)
    padded = tf.pad(images, padding, "SYMMETRIC")
    moved = padded[:, offset[0] : offset[0] + height, offset[1] : offset[1] + width]
    return tf.ensure_shape(moved, [None, height, width, channels])


def photograph(images, seed):
    """Each image mirrored or not, turned, zoomed, shifted, and its brightness and contrast changed.

    Args:
        images: [B, H, W, C] in [0, 1].
        seed: int64 [2].

    >>> import tensorflow as tf
    >>> grey = photograph(tf.fill([2, 8, 8, 3], 0.5), tf.constant([0, 1], tf.int64))
    >>> grey.shape.as_list(), bool(tf.reduce_all(abs(grey - 0.5) <= BRIGHTNESS + 1e-6))
    ([2, 8, 8, 3], True)
    """
    import tensorflow as tf

    count = tf.shape(images)[0]
    drawn = tf.random.stateless_uniform([7, count], seed, -1.0, 1.0)
    mirrored, turn, zoom, right, down, brighter, contrast = tf.unstack(drawn)
    height, width = images.shape[1:3]
    moved = transformed(
        images,
        tf.sign(mirrored),
        TURN * turn,
        1 + ZOOM * zoom,
        (SHIFT * width * right, SHIFT * height * down),
    )
    mean = tf.reduce_mean(moved, axis=[1, 2, 3], keepdims=True)
    factor = 1 + CONTRAST * contrast[:, None, None, None]
    brighter = BRIGHTNESS * brighter[:, None, None, None]
    return tf.clip_by_value((moved - mean) * factor + mean + brighter, 0.0, 1.0)


def transformed(images, mirror, turn, zoom, offset):
    """Images turned and zoomed about their centre, then shifted; borders are mirrored.

    Args:
        images: [B, H, W, C].
        mirror: 1, or -1 for an image with left and right exchanged, [B].
        turn: Radians, [B].
        zoom: Above 1: smaller, [B].
        offset: Pixels (to the right, downwards), [B] each.

    >>> import tensorflow as tf
    >>> images, one, zero = tf.random.uniform([1, 4, 4, 1]), tf.ones([1]), tf.zeros([1])
    >>> mirrored = transformed(images, -one, zero, one, (zero, zero))
    >>> bool(tf.reduce_all(abs(mirrored - images[:, :, ::-1]) < 1e-6))
    True
    """
    import tensorflow as tf

    height, width = images.shape[1:3]
    x, y = (width - 1) / 2, (height - 1) / 2
    cosine, sine = zoom * tf.cos(turn), zoom * tf.sin(turn)
    # From a pixel of the result to where its value is read.
    rows = [[mirror * cosine, -sine], [mirror * sine, cosine]]
    across = x - rows[0][0] * x - rows[0][1] * y - offset[0]
    along = y - rows[1][0] * x - rows[1][1] * y - offset[1]
    zeros = tf.zeros_like(turn)
    transforms = tf.stack([*rows[0], across, *rows[1], along, zeros, zeros], axis=1)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=transforms,
        output_shape=tf.constant([height, width]),
        interpolation="BILINEAR",
        fill_mode="REFLECT",
        fill_value=0.0,
    )


AUGMENTATIONS: dict[str, Callable] = {"shift": shift, "photograph": photograph}
