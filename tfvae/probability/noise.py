"""Noise that is a pure function of its seeds.

With XLA it is another function than without: the random bits are the same, but XLA makes other
numbers of them, unless seed and shape are known before it compiles.
"""

from collections.abc import Iterable

import tensorflow as tf

from tfvae.probability import replicas

# Fixed here because the default depends on the device.
ALGORITHM = "philox"


def batch_normal(num_samples: int, batch_size: int, dimension: int, seed: tf.Tensor) -> tf.Tensor:
    """Noise for a training step, the same for a batch on one device and one over replicas.

    Every replica draws the noise of the whole batch and keeps its own rows; for codes this is
    cheaper than communication between replicas.

    Args:
        num_samples, batch_size, dimension: S, B (rows on this replica), D.
        seed: int32 [2].
    Returns:
        [S, B, D], float32.

    >>> noise = batch_normal(num_samples=1, batch_size=64, dimension=8, seed=(0, 1))
    >>> noise.shape.as_list()
    [1, 64, 8]
    >>> bool(tf.reduce_all(noise == batch_normal(1, 64, 8, seed=(0, 1))))
    True
    """
    num_replicas, replica = replicas.position()
    noise = tf.random.stateless_normal(
        [num_samples, num_replicas * batch_size, dimension], seed, alg=ALGORITHM
    )
    if num_replicas == 1:
        return noise
    start = replica * batch_size
    return noise[:, start : start + batch_size]


def batch_uniform(batch_size: int, dimension: int, seed: tf.Tensor) -> tf.Tensor:
    """Uniform noise on [0, 1), the same on one device and over replicas: [B, D], float32.

    >>> noise = batch_uniform(batch_size=64, dimension=8, seed=(0, 1))
    >>> noise.shape.as_list(), bool(tf.reduce_all((noise >= 0) & (noise < 1)))
    ([64, 8], True)
    """
    num_replicas, replica = replicas.position()
    shape = [num_replicas * batch_size, dimension]
    noise = tf.random.stateless_uniform(shape, seed, alg=ALGORITHM)
    start = replica * batch_size
    return noise[start : start + batch_size]


def batch_permutation(values: Iterable[tf.Tensor], seed: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Rows shuffled over the global batch, the same on one device and on replicas.

    Args:
        values: Tensors [B, ...]; all are shuffled in the same order.
        seed: int32 [2].
    Returns:
        Tensors as in `values`; each row appears once over all replicas together.

    >>> numbers, squares = batch_permutation([tf.range(4), tf.range(4) ** 2], seed=(0, 1))
    >>> sorted(zip(numbers.numpy().tolist(), squares.numpy().tolist()))
    [(0, 0), (1, 1), (2, 4), (3, 9)]
    """
    values = tuple(values)
    num_rows, start = tf.shape(values[0])[0], replicas.first_row(values[0])
    values = tuple(replicas.over_replicas(value) for value in values)
    keys = tf.random.stateless_uniform(tf.shape(values[0])[:1], seed, alg=ALGORITHM)
    order = tf.argsort(keys)[start : start + num_rows]
    return tuple(tf.gather(value, order) for value in values)


def shuffled_columns(values: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Columns [B, D], each shuffled on its own over the global batch, on one device or on replicas.

    >>> shuffled = shuffled_columns(tf.reshape(tf.range(6.0), [3, 2]), seed=(0, 1))
    >>> tf.sort(shuffled, axis=0).numpy().tolist()
    [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    """
    num_rows, start = tf.shape(values)[0], replicas.first_row(values)
    columns = tf.transpose(replicas.over_replicas(values))
    keys = tf.random.stateless_uniform(tf.shape(columns), seed, alg=ALGORITHM)
    shuffled = tf.gather(columns, tf.argsort(keys, axis=1), batch_dims=1)
    return tf.transpose(shuffled)[start : start + num_rows]


def stream(seed: tf.Tensor, number: int) -> tf.Tensor:
    """Another seed, int32 [2], for the draw called `number` beside the first of a step.

    >>> seed = tf.constant([0, 1])
    >>> first, second = (batch_normal(1, 2, 3, stream(seed, number)) for number in (1, 2))
    >>> bool(tf.reduce_any(first == second))
    False
    """
    return tf.random.experimental.stateless_fold_in(seed, number, alg=ALGORITHM)


def antithetic(half: tf.Tensor) -> tf.Tensor:
    """Draws [S, ...] and their mirror images, [2 S, ...]: all odd moments of the result are zero.

    >>> antithetic(tf.constant([1.0, 2.0])).numpy().tolist()
    [1.0, 2.0, -1.0, -2.0]
    """
    return tf.concat([half, -half], axis=0)


def row_normal(seed: tf.Tensor, num_samples: int, dimension: int) -> tf.Tensor:
    """Noise whose row i is a function of `seed[i]` alone: a server joins requests to batches.

    Args:
        seed: int64 [B], any value.
        num_samples, dimension: S, D.
    Returns:
        [S, B, D], float32.

    >>> noise = row_normal(tf.constant([7, 8], tf.int64), num_samples=3, dimension=4)
    >>> alone = row_normal(tf.constant([8], tf.int64), num_samples=3, dimension=4)
    >>> noise.shape.as_list(), bool(tf.reduce_all(noise[:, 1] == alone[:, 0]))
    ([3, 2, 4], True)
    """

    def draw(row_seed: tf.Tensor) -> tf.Tensor:
        return tf.random.stateless_normal(
            [num_samples, dimension],
            tf.stack([row_seed, tf.constant(0, tf.int64)]),
            alg=ALGORITHM,
        )

    noise = tf.map_fn(draw, seed, fn_output_signature=tf.float32)
    return tf.transpose(tf.ensure_shape(noise, [None, num_samples, dimension]), [1, 0, 2])
