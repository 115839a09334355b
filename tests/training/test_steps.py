"""Several steps in one call are the same steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.test_callbacks import Scripted
from tfvae.models import build_model
from tfvae.schema import DataSpec, UserError
from tfvae.training.callbacks import StopOnNonFinite
from tfvae.training.steps import train_function

SPEC = DataSpec("tiny", (8, 8, 1), ("cat", "dog"), "categorical")
STEPS = 7


def batches(seed=0):
    rng = np.random.default_rng(seed)
    examples = {
        "image": rng.random([40, 8, 8, 1], np.float32),
        "label": np.eye(2, dtype=np.float32)[rng.integers(2, size=40)],
        "observed": np.ones([40, 2], np.float32),
    }
    return tf.data.Dataset.from_tensor_slices(examples).repeat().batch(4)


def trained(per_call, model="vae", jit=False, strategy=None, **options):
    """Logs of two epochs, and the weights after them."""
    keras.utils.set_random_seed(0)
    with (strategy or tf.distribute.get_strategy()).scope():
        model = build_model(model, SPEC, {"latent_dim": 3, **options}, seed=1)
        model.compile(keras.optimizers.Adam(1e-2), jit_compile=jit)
    model.steps_per_execution = per_call or 1
    if per_call:
        model.train_function = train_function(model, STEPS)
    history = model.fit(batches(), steps_per_epoch=STEPS, epochs=2, shuffle=False, verbose=0)
    return history.history, [np.asarray(weight) for weight in model.get_weights()]


@pytest.mark.parametrize(("per_call", "jit"), [(1, False), (3, False), (32, False), (3, True)])
def test_they_end_with_the_bits_of_keras_own(per_call, jit):
    """Also where the last call of an epoch has fewer steps than the others."""
    logs, weights = trained(None, jit=jit)
    same_logs, same_weights = trained(per_call, jit=jit)
    np.testing.assert_equal(same_weights, weights)
    np.testing.assert_equal(same_logs, logs)


def test_models_of_two_optimizers():
    np.testing.assert_equal(trained(3, "dualvae"), trained(None, "dualvae"))


def test_two_replicas_equal_one_device(mirrored_strategy):
    logs, weights = trained(3, "ccvae")
    same_logs, same_weights = trained(3, "ccvae", strategy=mirrored_strategy)
    for name, values in logs.items():
        np.testing.assert_allclose(same_logs[name], values, rtol=1e-4, err_msg=name)
    for weight, same in zip(weights, same_weights, strict=True):
        np.testing.assert_allclose(same, weight, atol=1e-4)


def test_a_second_fit_begins_an_epoch():
    """Though the first one was stopped within its epoch."""
    model = build_model("vae", SPEC, {"latent_dim": 3})
    model.compile()
    model.steps_per_execution = 3
    for counted in (3, 3 + STEPS):

        class Stop(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None, first=counted == 3):
                self.model.stop_training = first

        model.train_function = train_function(model, STEPS)
        model.fit(batches(), steps_per_epoch=STEPS, callbacks=[Stop()], shuffle=False, verbose=0)
        assert int(model.optimizer.iterations) == counted


@pytest.mark.parametrize("bad_step", [0, 4, 6])
@pytest.mark.parametrize("per_call", [3, STEPS])
def test_no_step_follows_the_first_bad_one(per_call, bad_step):
    model = Scripted(STEPS + bad_step)
    model.compile("adam")
    model.steps_per_execution = per_call
    model.train_function = train_function(model, STEPS)
    data = tf.data.Dataset.from_tensors(tf.zeros([2, 1])).repeat()
    wanted = f"zeta is nan in epoch 2, batch {bad_step + 1} of {STEPS}"
    with pytest.raises(UserError, match=wanted):
        model.fit(
            data,
            steps_per_epoch=STEPS,
            epochs=3,
            shuffle=False,
            verbose=0,
            callbacks=[StopOnNonFinite(["zeta"])],
        )
    assert int(model.optimizer.iterations) == STEPS + bad_step + 1
