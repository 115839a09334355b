"""Sums, means and rows over all replicas of a training step, the same as on one device.

The examples run on one device, where a replica's rows are all rows.
"""

import tensorflow as tf


def position() -> tuple[int, int]:
    """(Number of replicas, index of this one).

    >>> position()
    (1, 0)
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return 1, 0
    return context.num_replicas_in_sync, context.replica_id_in_sync_group


def over_replicas(codes: tf.Tensor) -> tf.Tensor:
    """Rows [B, D] of all replicas together, in their order.

    Differentiable: each replica receives the gradient of its own rows.

    >>> over_replicas(tf.constant([[1.0], [2.0]])).numpy().tolist()
    [[1.0], [2.0]]
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return codes
    return context.all_gather(codes, axis=0)


def first_row(codes: tf.Tensor) -> tf.Tensor:
    """The row of `over_replicas(codes)` where those of this replica begin, int32 scalar.

    >>> int(first_row(tf.zeros([64, 20])))
    0
    """
    _, index = position()
    counts = over_replicas(tf.shape(codes)[:1])
    return tf.reduce_sum(tf.where(tf.range(tf.shape(counts)[0]) < index, counts, 0))


def total(values: tf.Tensor) -> tf.Tensor:
    """The sum of a tensor over all replicas, of the same shape; without a gradient.

    >>> total(tf.constant([1.0, 2.0])).numpy().tolist()
    [1.0, 2.0]
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values)


def batch_mean(losses: tf.Tensor) -> tf.Tensor:
    """Mean of [B] over the global batch, for a gradient that is summed over replicas: scalar.

    >>> float(batch_mean(tf.constant([1.0, 3.0])))
    2.0
    """
    return tf.reduce_sum(losses) / global_count(losses)


def global_count(rows: tf.Tensor) -> tf.Tensor:
    """Number of rows of [B, ...] over all replicas together: float32 scalar.

    >>> float(global_count(tf.zeros([64, 20])))
    64.0
    """
    return total(tf.cast(tf.shape(rows)[0], tf.float32))
