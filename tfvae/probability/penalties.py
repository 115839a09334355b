"""Penalties on the gradient of a critic."""

from collections.abc import Callable

import tensorflow as tf

from tfvae.probability import noise

# Keeps the gradient of the norm finite where the critic is flat.
SMALLEST_SQUARE = 1e-12


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """(|grad critic|_2 - 1)^2 at random points between real and generated images.

    Gulrajani et al. (2017), eq. 3: x = u real + (1 - u) fake, u uniform on [0, 1], one per image.

    Args:
        critic: Function of images [B, ...] to scores [B]; row i depends on image i alone.
        real, fake: [B, ...].
        seed: int32 [2].
    Returns:
        [B].

    The gradient of 3 times the first pixel has norm 3 everywhere:

    >>> real, fake = tf.ones([2, 4]), tf.zeros([2, 4])
    >>> gradient_penalty(lambda image: 3.0 * image[:, 0], real, fake, seed=(0, 1)).numpy().tolist()
    [4.0, 4.0]
    """
    shape = tf.shape(real)
    u = noise.batch_uniform(shape[0], 1, seed)
    u = tf.reshape(u, tf.concat([shape[:1], tf.ones_like(shape[1:])], 0))
    points = u * real + (1.0 - u) * fake
    with tf.GradientTape() as tape:
        tape.watch(points)
        # Rows are independent, so the gradient of the sum holds the gradient of each row.
        total = tf.reduce_sum(critic(points))
    gradient = tf.reshape(tape.gradient(total, points), [shape[0], -1])
    square = tf.reduce_sum(tf.square(gradient), axis=-1)
    return tf.square(tf.sqrt(tf.maximum(square, SMALLEST_SQUARE)) - 1.0)
