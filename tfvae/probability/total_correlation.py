"""Total correlation of codes, KL(q(z) || prod_d q(z_d)), estimated within a batch.

q(z) is the mean of q(z|x) over all training images. It is estimated for the codes of a batch from
the posteriors of the batch alone, by stratified sampling (Chen et al. 2018, appendix C.2).
"""

import tensorflow as tf


def stratified_log_weights(rows: tf.Tensor, count: tf.Tensor | int, dataset_size: int) -> tf.Tensor:
    """Logarithms of the weights of a batch's posteriors in the estimate of q(z), [B, M].

    For a code that is drawn from the posterior of row n of M rows out of N images, this posterior
    has the weight 1/N, the one after it (N - M + 1) / (N (M - 1)), and each other one 1 / (M - 1).
    Over random batches, the weighted sum of posteriors is q(z) in the mean.

    Args:
        rows: Row of each code's own posterior, int [B].
        count: M.
        dataset_size: N; a smaller one than M counts as M.

    >>> print(tf.exp(stratified_log_weights(tf.range(2), 3, dataset_size=4)).numpy().round(3))
    [[0.25 0.25 0.5 ]
     [0.5  0.25 0.25]]
    """
    count = tf.convert_to_tensor(count)
    own = tf.one_hot(rows, count)
    following = tf.one_hot((rows + 1) % count, count)
    others = tf.cast(tf.maximum(count - 1, 1), tf.float32)
    size = tf.maximum(float(dataset_size), tf.cast(count, tf.float32))
    weights = (1.0 - own - following) / others
    weights += own / size + following * (size - others) / (size * others)
    # A single row is its own posterior, and nothing else is known of q(z).
    return tf.math.log(tf.where(count > 1, weights, tf.ones_like(weights)))


def total_correlation(
    z: tf.Tensor, mean: tf.Tensor, stddev: tf.Tensor, log_weights: tf.Tensor
) -> tf.Tensor:
    """log q(z) - sum_d log q(z_d) for each code, [B], nats; its mean estimates the divergence.

    Args:
        z: Codes, [B, D].
        mean, stddev: Of the Gaussian posteriors, [M, D].
        log_weights: Of the posteriors in the estimate of q(z), [B, M].

    For a single posterior of independent dimensions it is 0:

    >>> z = tf.constant([[0.5, -1.0]])
    >>> total_correlation(z, z + 1.0, tf.ones_like(z), tf.zeros([1, 1])).numpy().tolist()
    [0.0]
    """
    distance = (z[:, tf.newaxis] - mean) / stddev
    # Without - log(2 pi) / 2, which cancels.
    log_densities = -0.5 * tf.square(distance) - tf.math.log(stddev)
    log_joint = tf.reduce_logsumexp(log_weights + tf.reduce_sum(log_densities, -1), axis=1)
    log_each = tf.reduce_logsumexp(log_weights[..., tf.newaxis] + log_densities, axis=1)
    return log_joint - tf.reduce_sum(log_each, axis=-1)
