"""Noise that is a pure function of its seeds."""

import tensorflow as tf

from tfvae.probability import replicas

# Named, since XLA and plain kernels choose different ones.
ALGORITHM = "philox"


def batch_normal(num_samples, batch_size, dimension, seed):
    """Noise for a training step, the same for a batch on one device and one over replicas.

    Every replica draws for the whole batch and keeps its own rows; for codes this costs less than
    it takes to tell.

    Args:
        num_samples, batch_size, dimension: S, B (rows on this replica), D.
        seed: int32 [2].
    Returns:
        [S, B, D], float32.
    """
    num_replicas, replica = replicas.position()
    noise = tf.random.stateless_normal(
        [num_samples, num_replicas * batch_size, dimension], seed, alg=ALGORITHM
    )
    if num_replicas == 1:
        return noise
    start = replica * batch_size
    return noise[:, start : start + batch_size]


def batch_uniform(batch_size, dimension, seed):
    """Uniform on [0, 1), shared over replicas as `batch_normal` is: [B, D], float32."""
    num_replicas, replica = replicas.position()
    shape = [num_replicas * batch_size, dimension]
    noise = tf.random.stateless_uniform(shape, seed, alg=ALGORITHM)
    start = replica * batch_size
    return noise[start : start + batch_size]


def batch_permutation(values, seed):
    """Rows shuffled over the global batch, the same on one device and on replicas.

    Args:
        values: Tensors [B, ...] that are shuffled alike.
        seed: int32 [2].
    Returns:
        Tensors as in `values`: over all replicas together, each row comes up once.
    """
    values = tuple(values)
    num_rows = tf.shape(values[0])[0]
    start = 0
    if replicas.position()[0] > 1:
        context = tf.distribute.get_replica_context()
        # Replicas may hold unequal numbers of rows.
        counts = context.all_gather(num_rows[tf.newaxis], axis=0)
        start = tf.reduce_sum(counts[: context.replica_id_in_sync_group])
        values = tuple(context.all_gather(value, axis=0) for value in values)
    keys = tf.random.stateless_uniform(tf.shape(values[0])[:1], seed, alg=ALGORITHM)
    order = tf.argsort(keys)[start : start + num_rows]
    return tuple(tf.gather(value, order) for value in values)


def stream(seed, number):
    """Another seed, int32 [2], for the draw called `number` beside the first of a step."""
    return tf.random.experimental.stateless_fold_in(seed, number, alg=ALGORITHM)


def antithetic(half):
    """Draws [S, ...] and their mirror images, [2 S, ...]: all odd moments of the whole are zero."""
    return tf.concat([half, -half], axis=0)


def row_normal(seed, num_samples, dimension):
    """Noise whose row i is a function of `seed[i]` alone: a server joins requests to batches.

    Args:
        seed: int64 [B], any value.
        num_samples, dimension: S, D.
    Returns:
        [S, B, D], float32.
    """

    def draw(row_seed):
        return tf.random.stateless_normal(
            [num_samples, dimension],
            tf.stack([row_seed, tf.constant(0, tf.int64)]),
            alg=ALGORITHM,
        )

    noise = tf.map_fn(draw, seed, fn_output_signature=tf.float32)
    return tf.transpose(tf.ensure_shape(noise, [None, num_samples, dimension]), [1, 0, 2])
