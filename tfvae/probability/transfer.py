"""How far a transfer goes: one scale of strengths for codes and labels alike."""

import tensorflow as tf


def step(value, goal, origin, strength):
    """What carries `value` towards `goal`: nothing at strength 0, all the way at 1.

    Beyond 1 it goes on from `goal` in the direction away from `origin`. More of goal - value
    instead would turn back values that lie past their goal already.

    Args:
        value, goal, origin: [B, ...], or what broadcasts to it.
        strength: [B, 1].
    Returns:
        [B, ...], to be added to `value`.
    """
    towards = tf.minimum(strength, 1.0) * (goal - value)
    return towards + tf.maximum(strength - 1.0, 0.0) * (goal - origin)
