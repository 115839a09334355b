"""MMD against loops, and against what is known of Gaussians in closed form."""

import numpy as np
import pytest
import scipy.integrate
import tensorflow as tf

from tfvae.probability import mmd, replicas

BANDWIDTH = 1.5
# Two Gaussians in three dimensions.
MEAN, OTHER_MEAN = np.array([0.5, -0.2, 0.0]), np.zeros(3)
COVARIANCE = np.array([[1.5, 0.4, 0.0], [0.4, 0.7, 0.1], [0.0, 0.1, 0.3]])
OTHER_COVARIANCE = np.eye(3)

every_kernel = pytest.mark.parametrize("name", mmd.KERNELS)


def sample(seed, count, mean=MEAN, covariance=COVARIANCE):
    return np.random.default_rng(seed).multivariate_normal(mean, covariance, size=count)


def estimate(codes, others, name, bandwidth=BANDWIDTH):
    return float(mmd.squared_mmd(codes, others, mmd.KERNELS[name], bandwidth))


def kernel_value(name, one, two, bandwidth):
    """k of two codes, written out."""
    square = sum((a - b) ** 2 for a, b in zip(one, two))
    if name == "gaussian":
        return np.exp(-square / (2 * bandwidth**2))
    if name == "mixture":
        widths = [factor * bandwidth for factor in (0.25, 0.5, 1, 2, 4)]
        return np.mean([np.exp(-square / (2 * width**2)) for width in widths])
    return 2 * bandwidth**2 / (2 * bandwidth**2 + square)


def expected_gaussian(shift, covariance, bandwidth):
    """E exp(-|d|^2 / (2 s^2)) of d ~ N(shift, covariance)."""
    scaled = np.eye(len(shift)) + covariance / bandwidth**2
    exponent = shift @ np.linalg.solve(scaled, shift) / bandwidth**2
    return np.exp(-0.5 * exponent) / np.sqrt(np.linalg.det(scaled))


def expected_kernel(name, shift, covariance, bandwidth):
    if name == "gaussian":
        return expected_gaussian(shift, covariance, bandwidth)
    if name == "mixture":
        widths = [factor * bandwidth for factor in (0.25, 0.5, 1, 2, 4)]
        return np.mean([expected_gaussian(shift, covariance, width) for width in widths])

    # 1 / (1 + a) is the integral of exp(-t) exp(-t a): Gaussian kernels of bandwidth s / sqrt(t).
    def weighted(t):
        return np.exp(-t) * expected_gaussian(shift, covariance, bandwidth / np.sqrt(t))

    return scipy.integrate.quad(weighted, 0, np.inf)[0]


def exact(name, bandwidth=BANDWIDTH):
    """MMD^2 of the two Gaussians."""
    none = np.zeros(3)
    return (
        expected_kernel(name, none, 2 * COVARIANCE, bandwidth)
        + expected_kernel(name, none, 2 * OTHER_COVARIANCE, bandwidth)
        - 2 * expected_kernel(name, MEAN - OTHER_MEAN, COVARIANCE + OTHER_COVARIANCE, bandwidth)
    )


def many_estimates(name, repeats, other_mean=OTHER_MEAN, other_covariance=OTHER_COVARIANCE):
    """Of independent samples of 7 and 5 rows, [repeats]."""
    codes = sample(0, (repeats, 7))
    others = sample(1, (repeats, 5), other_mean, other_covariance)

    @tf.function
    def run(pairs):
        def of_one(pair):
            return mmd.squared_mmd(*pair, mmd.KERNELS[name], BANDWIDTH)

        return tf.map_fn(of_one, pairs, fn_output_signature=tf.float32)

    return run((tf.constant(codes, tf.float32), tf.constant(others, tf.float32))).numpy()


@every_kernel
@pytest.mark.parametrize("counts", [(6, 6), (5, 8), (2, 2)])
def test_equals_the_double_loop(name, counts):
    """Equal pairs are left out within a sample, and no pair is left out between samples."""
    codes, others = sample(0, counts[0]), sample(1, counts[1], OTHER_MEAN, OTHER_COVARIANCE)

    def mean_of(first, second, keep):
        return np.mean(
            [
                kernel_value(name, one, two, BANDWIDTH)
                for i, one in enumerate(first)
                for j, two in enumerate(second)
                if keep(i, j)
            ]
        )

    expected = (
        mean_of(codes, codes, lambda i, j: i != j)
        + mean_of(others, others, lambda i, j: i != j)
        - 2 * mean_of(codes, others, lambda i, j: True)
    )
    assert estimate(codes, others, name) == pytest.approx(expected, abs=1e-6)


@every_kernel
def test_a_sample_against_itself_shows_that_the_cross_term_is_whole(name):
    """Mean over all pairs is ((n - 1) m + 1) / n where m is that of the different ones."""
    codes, count = sample(0, 9), 9
    values = [kernel_value(name, one, two, BANDWIDTH) for one in codes for two in codes]
    different = (sum(values) - count) / (count * (count - 1))
    expected = -2 * (1 - different) / count
    assert estimate(codes, codes, name) == pytest.approx(expected, abs=1e-6)


@every_kernel
def test_mean_of_small_samples_is_the_exact_value(name):
    """Unbiased: 4000 estimates from 7 and 5 rows; tolerance 4 standard errors of their mean."""
    estimates = many_estimates(name, 4000)
    error = estimates.std() / np.sqrt(len(estimates))
    assert estimates.mean() == pytest.approx(exact(name), abs=4 * error)
    # The tolerance tells the value from zero.
    assert exact(name) > 8 * error


@every_kernel
def test_mean_is_zero_where_the_distributions_are_equal(name):
    estimates = many_estimates(name, 4000, MEAN, COVARIANCE)
    error = estimates.std() / np.sqrt(len(estimates))
    assert abs(estimates.mean()) < 4 * error
    assert (estimates < 0).mean() > 0.2


@every_kernel
def test_large_samples_come_close(name):
    """2000 rows each: the spread of the estimate is below a tenth of the value."""
    others = sample(1, 2000, OTHER_MEAN, OTHER_COVARIANCE)
    assert estimate(sample(0, 2000), others, name) == pytest.approx(exact(name), rel=0.3)


@every_kernel
@pytest.mark.parametrize("counts", [(1, 1), (1, 4), (4, 1), (0, 0)])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_fewer_than_two_rows_give_zero_without_gradient(name, counts, jit_compile):
    codes, others = (tf.ones([count, 3]) for count in counts)

    @tf.function(jit_compile=jit_compile)
    def run():
        with tf.GradientTape() as tape:
            tape.watch(codes)
            value = mmd.squared_mmd(codes, others, mmd.KERNELS[name], BANDWIDTH)
        return value, tape.gradient(value, codes)

    value, gradient = run()
    assert float(value) == 0.0
    np.testing.assert_array_equal(gradient, np.zeros([counts[0], 3]))


@every_kernel
def test_gradient_is_that_of_finite_differences(name):
    codes, others = sample(0, 4), sample(1, 4, OTHER_MEAN, OTHER_COVARIANCE)
    # Twice the same code: a distance of 0 must not break the gradient.
    codes[1] = codes[0]
    variable = tf.Variable(codes, dtype=tf.float32)
    with tf.GradientTape() as tape:
        value = mmd.squared_mmd(variable, others, mmd.KERNELS[name], BANDWIDTH)
    step = np.zeros_like(codes)
    step[2, 1] = 0.05
    slope = (estimate(codes + step, others, name) - estimate(codes - step, others, name)) / 0.1
    gradient = tape.gradient(value, variable).numpy()
    assert gradient[2, 1] == pytest.approx(slope, rel=0.02, abs=1e-5)
    assert np.isfinite(gradient).all()


@every_kernel
def test_half_precision_codes_are_measured_in_float32(name):
    codes = tf.cast(sample(0, 6), tf.float16)
    value = mmd.squared_mmd(codes, codes, mmd.KERNELS[name], BANDWIDTH)
    assert value.dtype == tf.float32
    expected = estimate(codes.numpy().astype("float32"), codes.numpy().astype("float32"), name)
    assert float(value) == expected


@every_kernel
def test_far_codes_keep_their_small_distances(name):
    """|z|^2 + |z'|^2 - 2 z z' would lose them in float32."""
    codes, others = sample(0, 6), sample(1, 6, OTHER_MEAN, OTHER_COVARIANCE)
    # Representable, so that the shift itself rounds nothing away.
    codes, others = np.round(codes * 64) / 64, np.round(others * 64) / 64
    near, far = estimate(codes, others, name), estimate(codes + 4096, others + 4096, name)
    assert far == pytest.approx(near, abs=1e-6)


@pytest.mark.parametrize("count", [6, 5, 1])
def test_replicas_measure_their_rows_together(mirrored_strategy, count):
    """Value and gradient are those of one device, with equal, unequal and empty parts."""
    rows = tf.constant(sample(0, count), tf.float32)
    others = tf.constant(sample(1, 6, OTHER_MEAN, OTHER_COVARIANCE), tf.float32)

    def share_of_loss(part):
        with tf.GradientTape() as tape:
            tape.watch(part)
            value = mmd.squared_mmd(replicas.over_replicas(part), others, mmd.gaussian, BANDWIDTH)
            loss = value * tf.cast(tf.shape(part)[0], tf.float32) / count
        return value[tf.newaxis], tape.gradient(loss, part)

    expected, gradient = share_of_loss(rows)
    batches = mirrored_strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensors(rows))

    @tf.function
    def run(parts):
        return mirrored_strategy.run(share_of_loss, [parts])

    values, gradients = run(next(iter(batches)))
    for value in mirrored_strategy.experimental_local_results(values):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    found = tf.concat(mirrored_strategy.experimental_local_results(gradients), axis=0)
    np.testing.assert_allclose(found, gradient, rtol=1e-4, atol=1e-6)
