"""The gradient penalty on critics whose gradient is known."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfvae.probability import noise
from tfvae.probability.penalties import gradient_penalty

SEED = (0, 1)
SHAPE = (5, 2, 3, 1)


def images(seed):
    return tf.constant(np.random.default_rng(seed).normal(size=SHAPE), tf.float32)


def test_linear_critic_has_one_gradient_everywhere():
    slope = np.random.default_rng(2).normal(size=SHAPE[1:]).astype("float32")
    penalty = gradient_penalty(
        lambda x: tf.reduce_sum(slope * x, axis=[1, 2, 3]), images(0), images(1), SEED
    )
    expected = (np.linalg.norm(slope) - 1) ** 2
    np.testing.assert_allclose(penalty, np.full(5, expected), rtol=1e-5)


def test_quadratic_critic_is_met_between_real_and_made():
    """critic = |x|^2 / 2 has gradient x: the penalty shows the point, u real + (1 - u) made."""
    real, made = images(0), images(1)
    u = np.asarray(noise.batch_uniform(5, 1, SEED))[:, :, None, None]
    points = (u * real + (1 - u) * made).numpy().reshape(5, -1)
    penalty = gradient_penalty(lambda x: tf.reduce_sum(x * x, axis=[1, 2, 3]) / 2, real, made, SEED)
    np.testing.assert_allclose(penalty, (np.linalg.norm(points, axis=1) - 1) ** 2, rtol=1e-5)
    assert len(np.unique(u)) == 5


def test_penalty_trains_the_critic():
    """d/da (|a| - 1)^2 = 2 (|a| - 1) a / |a|; finite for a critic that is flat."""
    for start in (np.full(SHAPE[1:], 0.9), np.zeros(SHAPE[1:])):
        slope = tf.Variable(start, dtype=tf.float32)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                gradient_penalty(
                    lambda x, a=slope: tf.reduce_sum(a * x, axis=[1, 2, 3]),
                    images(0),
                    images(1),
                    SEED,
                )
            )
        norm = np.linalg.norm(start)
        expected = 2 * (norm - 1) * start / norm if norm else np.zeros(SHAPE[1:])
        np.testing.assert_allclose(tape.gradient(loss, slope), expected, rtol=1e-4, atol=1e-6)


def test_uniform_noise_is_uniform():
    draws = np.asarray(noise.batch_uniform(20_000, 1, SEED))[:, 0]
    assert scipy.stats.kstest(draws, "uniform").pvalue > 1e-3


def test_permutation_moves_rows_together_and_keeps_each():
    rows, more = tf.range(50), tf.range(50) * 2
    shuffled, with_it = noise.batch_permutation([rows, more], SEED)
    assert sorted(shuffled.numpy()) == list(range(50))
    np.testing.assert_array_equal(with_it, 2 * shuffled)
    assert not np.array_equal(shuffled, rows)
    other = noise.batch_permutation([rows], (0, 2))[0]
    assert not np.array_equal(shuffled, other)


@pytest.mark.parametrize("count", [6, 5])
def test_permutation_spans_replicas(mirrored_strategy, count):
    """Two replicas, with equal or unequal numbers of rows, shuffle as one device does."""
    expected = noise.batch_permutation([tf.range(count)], SEED)[0]
    batches = mirrored_strategy.experimental_distribute_dataset(
        tf.data.Dataset.from_tensors(tf.range(count))
    )

    @tf.function
    def run(rows):
        return mirrored_strategy.run(lambda x: noise.batch_permutation([x], SEED)[0], [rows])

    parts = mirrored_strategy.experimental_local_results(run(next(iter(batches))))
    np.testing.assert_array_equal(tf.concat(parts, axis=0), expected)
