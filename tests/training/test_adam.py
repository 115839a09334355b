"""`FusedAdam` against Keras' Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.training.adam import FusedAdam


def steps(optimizer, jit, count=20):
    """Weights after some steps on the squared distance to a point."""
    weights = [
        keras.Variable(np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)),
        keras.Variable([3.0]),
    ]
    optimizer.build(weights)

    @tf.function(jit_compile=jit)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.add_n([tf.reduce_sum((weight - 0.5) ** 2) for weight in weights])
        optimizer.apply(tape.gradient(loss, weights))

    for _ in range(count):
        step()
    return [*weights, *optimizer.variables]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 20)},
        {"beta_1": 0.5, "epsilon": 1e-2},
        {"amsgrad": True},
    ],
)
def test_weights_and_state_are_those_of_keras(options, jit):
    options = {"learning_rate": 0.05, **options}
    found = steps(FusedAdam(**options), jit)
    expected = steps(keras.optimizers.Adam(**options), jit)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
