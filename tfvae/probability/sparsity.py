"""Sparsity of activations: penalties that ask for it, and measures of it."""

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


def hoyer(values: tf.Tensor) -> tf.Tensor:
    """Hoyer's sparsity of vectors: (sqrt(n) - |v|_1 / |v|_2) / (sqrt(n) - 1), 0 to 1.

    It is 0 if all entries have one absolute value and 1 if all but one are 0, and doesn't depend on
    the scale. About 0.2 for many independent normal entries, whose ratio of norms is
    sqrt(2 n / pi). Hoyer (2004), section 3.1.

    Args:
        values: [..., n].
    Returns:
        [...]; 1 for vectors of zeros, or of a single entry.

    >>> hoyer(tf.constant([[1.0, -1.0, 1.0, 1.0], [0.0, 3.0, 0.0, 0.0]])).numpy().tolist()
    [0.0, 1.0]
    """
    values = tf.abs(tf.cast(values, tf.float32))
    # Divided by the largest first: squares of small entries would vanish.
    largest = tf.stop_gradient(tf.reduce_max(values, axis=-1, keepdims=True))
    values = tf.math.divide_no_nan(values, largest)
    size = tf.sqrt(tf.cast(tf.shape(values)[-1], tf.float32))
    sums, squares = tf.reduce_sum(values, axis=-1), tf.reduce_sum(tf.square(values), axis=-1)
    # The root of 0 has no gradient.
    some = squares > 0.0
    ratio = tf.where(some, sums / tf.sqrt(tf.where(some, squares, 1.0)), 1.0)
    sparse = tf.math.divide_no_nan(size - ratio, size - 1.0)
    return tf.clip_by_value(tf.where(size > 1.0, sparse, 1.0), 0.0, 1.0)


def lack_of_hoyer(activations: Sequence[tf.Tensor]) -> tf.Tensor:
    """1 less Hoyer's sparsity of each layer, summed over layers, for each image.

    Unlike the other penalties, it doesn't depend on the scale of the activations.

    Args:
        activations: Of each hidden layer, [B, ..., units].
    Returns:
        [B].

    >>> lack_of_hoyer([tf.constant([[0.0, 2.0]]), tf.constant([[1.0, 1.0]])]).numpy().tolist()
    [1.0]
    """
    return tf.reduce_sum(1.0 - measured(activations)["hoyer"], axis=1)


def measured(activations: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
    """How sparse the activations of hidden layers are, for each image and layer.

    Args:
        activations: Of each hidden layer, [B, ..., units].
    Returns:
        {"hoyer": [B, layers], "zeros": [B, layers], the share of activations that are exactly 0}.

    >>> found = measured([tf.constant([[0.0, 2.0]]), tf.constant([[1.0, 1.0]])])
    >>> found["hoyer"].numpy().tolist(), found["zeros"].numpy().tolist()
    ([[1.0, 0.0]], [[0.5, 0.0]])
    """
    flat = [tf.reshape(each, [tf.shape(each)[0], -1]) for each in activations]
    zeros = [tf.reduce_mean(tf.cast(tf.equal(each, 0.0), tf.float32), axis=-1) for each in flat]
    return {"hoyer": tf.stack([hoyer(each) for each in flat], 1), "zeros": tf.stack(zeros, 1)}


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
