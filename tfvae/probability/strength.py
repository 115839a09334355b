"""How far a transfer goes: one scale of strengths for codes and labels alike."""

import tensorflow as tf


def step_towards(
    value: tf.Tensor, target: tf.Tensor, away_from: tf.Tensor, strength: tf.Tensor
) -> tf.Tensor:
    """The step from `value` towards `target`: no step at strength 0, the whole way at 1.

    Beyond 1 it continues from `target` in the direction away from `away_from`. Extrapolating
    target - value instead would turn back values that lie past their target already.

    Args:
        value, target, away_from: [B, ...], or shapes that broadcast to it.
        strength: [B, 1].
    Returns:
        [B, ...], to be added to `value`.

    >>> [float(1.0 + step_towards(1.0, 3.0, 0.0, s)) for s in (0.0, 0.5, 1.0, 2.0)]
    [1.0, 2.0, 3.0, 6.0]
    """
    towards = tf.minimum(strength, 1.0) * (target - value)
    return towards + tf.maximum(strength - 1.0, 0.0) * (target - away_from)
