"""Sums, means and rows over all replicas of a training step, the same as on one device."""

import tensorflow as tf


def position():
    """(Number of replicas, index of this one)."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return 1, 0
    return context.num_replicas_in_sync, context.replica_id_in_sync_group


def over_replicas(codes):
    """Rows [B, D] of all replicas together, in their order.

    Differentiable: each replica receives the gradient of its own rows.
    """
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return codes
    return context.all_gather(codes, axis=0)


def batch_mean(losses):
    """Mean of [B] over the global batch, for a gradient that is summed over replicas: scalar."""
    return tf.reduce_sum(losses) / global_count(losses)


def global_count(rows):
    """Rows of [B, ...] over all replicas together: float32 scalar."""
    count = tf.cast(tf.shape(rows)[0], tf.float32)
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync > 1:
        count = context.all_reduce(tf.distribute.ReduceOp.SUM, count)
    return count
