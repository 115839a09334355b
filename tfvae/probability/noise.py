"""Gaussian noise that is a pure function of its seeds."""

import tensorflow as tf

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
    context = tf.distribute.get_replica_context()
    num_replicas = 1 if context is None else context.num_replicas_in_sync
    noise = tf.random.stateless_normal(
        [num_samples, num_replicas * batch_size, dimension], seed, alg=ALGORITHM
    )
    if num_replicas == 1:
        return noise
    start = context.replica_id_in_sync_group * batch_size
    return noise[:, start : start + batch_size]


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
