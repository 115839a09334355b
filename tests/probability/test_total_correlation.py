"""The estimate of the total correlation, by hand, by enumeration and for Gaussians."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.probability.total_correlation import stratified_log_weights, total_correlation


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_weighted_sum_of_posteriors_is_unbiased(count):
    """Over all ordered batches of `count` of 5 images whose first row is the code's own image, and
    over this image, each posterior has the weight 1/5 in the mean."""
    total = np.zeros(5)
    batches = list(itertools.permutations(range(5), count))
    for batch in batches:
        weights = np.exp(stratified_log_weights(tf.range(1), count, dataset_size=5)[0])
        assert weights.sum() == pytest.approx(1, abs=1e-6)
        total[list(batch)] += weights
    np.testing.assert_allclose(total / len(batches), 0.2, atol=1e-6)
    if count > 1:
        # For the first image alone: its own posterior has exactly the weight 1/5.
        assert weights[0] == pytest.approx(0.2)


def test_rows_of_a_replica_have_the_weights_that_they_have_together():
    whole = stratified_log_weights(tf.range(6), 6, dataset_size=100)
    part = stratified_log_weights(4 + tf.range(2), 6, dataset_size=100)
    np.testing.assert_array_equal(part, whole[4:])
    # The last row's next one is the first.
    assert float(whole[5, 0]) == pytest.approx(np.log(95 / 500))


def test_a_data_set_smaller_than_the_batch_counts_as_the_batch():
    np.testing.assert_array_equal(
        stratified_log_weights(tf.range(4), 4, dataset_size=1),
        stratified_log_weights(tf.range(4), 4, dataset_size=4),
    )


def test_total_correlation_against_loops():
    rng = np.random.default_rng(0)
    z, mean, stddev = rng.normal(size=(4, 3)), rng.normal(size=(6, 3)), rng.gamma(2, size=(6, 3))
    weights = rng.dirichlet(np.ones(6), size=4)
    found = total_correlation(
        *(tf.constant(x, tf.float32) for x in (z, mean, stddev, np.log(weights)))
    )
    for row in range(4):
        densities = np.array(
            [
                [stats.norm.pdf(z[row, d], mean[m, d], stddev[m, d]) for d in range(3)]
                for m in range(6)
            ]
        )
        joint = weights[row] @ densities.prod(axis=1)
        each = weights[row] @ densities
        assert float(found[row]) == pytest.approx(np.log(joint) - np.log(each).sum(), abs=1e-4)


def test_total_correlation_of_a_gaussian():
    """Means N(0, S) and unit variances make q(z) = N(0, S + I), whose TC is known."""
    rng = np.random.default_rng(0)
    scale = np.array([[1.0, 0.9], [0.9, 1.0]]) * 2
    mean = rng.multivariate_normal([0, 0], scale, size=1500).astype(np.float32)
    z = mean + rng.normal(size=mean.shape).astype(np.float32)
    weights = stratified_log_weights(tf.range(1500), 1500, dataset_size=1500)
    found = float(tf.reduce_mean(total_correlation(z, mean, tf.ones_like(mean), weights)))
    correlation = 1.8 / 3
    assert found == pytest.approx(-0.5 * np.log(1 - correlation**2), abs=0.05)
    shuffled = np.stack([mean[:, 0], rng.permutation(mean[:, 1])], axis=1)
    z = shuffled + rng.normal(size=mean.shape).astype(np.float32)
    found = float(tf.reduce_mean(total_correlation(z, shuffled, tf.ones_like(mean), weights)))
    assert found == pytest.approx(0, abs=0.05)
