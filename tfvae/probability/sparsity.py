"""Penalties on the hidden activations of a network, which make few of them large at a time."""

from collections.abc import Sequence

import tensorflow as tf

from tfvae.probability import divergences, replicas


def mean_absolute(activations: Sequence[tf.Tensor]) -> tf.Tensor:
    """L1: the mean absolute activation of each layer, summed over layers, for each image.

    Args:
        activations: Of each hidden layer, [B, ..., units].
    Returns:
        [B].

    >>> mean_absolute([tf.constant([[1.0, -3.0]]), tf.constant([[5.0]])]).numpy().tolist()
    [7.0]
    """
    means = [
        tf.reduce_mean(tf.abs(tf.cast(each, tf.float32)), axis=list(range(1, len(each.shape))))
        for each in activations
    ]
    return tf.add_n(means)


def rate_divergence(activations: Sequence[tf.Tensor], target: float) -> tf.Tensor:
    """KL(Bernoulli(target) || Bernoulli(rate)) of each unit, mean over a layer, summed over layers.

    The rate of a unit is the mean of tanh |activation| over the images of the batch, on all
    replicas, and over positions: how much of the time it is on.

    Args:
        activations: Of each hidden layer, [B, ..., units].
        target: Rate between 0 and 1.
    Returns:
        Scalar, nats; the same for the whole batch.

    >>> on, off = tf.fill([4, 1], 100.0), tf.zeros([4, 1])
    >>> round(float(rate_divergence([tf.concat([on, off], axis=0)], target=0.5)), 6)
    0.0
    """
    total = tf.constant(0.0)
    for each in activations:
        shares = tf.tanh(tf.abs(tf.cast(each, tf.float32)))
        per_image = tf.reduce_mean(shares, axis=list(range(1, len(each.shape) - 1)))
        rate = tf.reduce_mean(replicas.over_replicas(per_image), axis=0)
        rate = tf.clip_by_value(rate, 1e-6, 1.0 - 1e-6)
        total += tf.reduce_mean(divergences.kl_bernoulli(target, rate))
    return total
