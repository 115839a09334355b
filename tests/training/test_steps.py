"""Several steps in one call are the same steps."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.data import load_dataset
from tfvae.models import build_model
from tfvae.schema import DataSpec, UserError
from tfvae.training.callbacks import StopOnNonFinite
from tfvae.training.config import RunConfig
from tfvae.training.fit import compiled_model, dtype_policy, training_batches
from tfvae.training.fit import fit as run_fit
from tfvae.training.steps import SeveralSteps

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
        model.train_function = SeveralSteps(model, STEPS)
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

        model.train_function = SeveralSteps(model, STEPS)
        model.fit(batches(), steps_per_epoch=STEPS, callbacks=[Stop()], shuffle=False, verbose=0)
        assert int(model.optimizer.iterations) == counted


class Broken(keras.Model):
    """Logs running means; those of `rate` are bad from one step on, the others from the next."""

    def __init__(self, bad_step):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.bad_step = bad_step
        self.terms = {name: keras.metrics.Mean(name=name) for name in ("loss", "rate")}
        self.steps = self.add_weight(shape=(), dtype="int32", initializer="zeros", trainable=False)
        self.built = True

    @property
    def metrics(self):
        return list(self.terms.values())

    def train_step(self, batch):
        step = tf.identity(self.steps)
        self.steps.assign_add(1)
        for name, metric in self.terms.items():
            bad = step >= self.bad_step + (name == "loss")
            metric.update_state(tf.where(bad, np.nan, 1.0))
        return {name: metric.result() for name, metric in self.terms.items()}


@pytest.mark.parametrize("bad_step", [0, 2, 4, 6])
@pytest.mark.parametrize("per_call", [1, 3, STEPS])
def test_the_first_bad_step_is_named(per_call, bad_step):
    """With the term that is bad first, though all are at the end of the call."""
    model = Broken(STEPS + bad_step)
    model.compile("adam")
    model.steps_per_execution = per_call
    model.train_function = SeveralSteps(model, STEPS)
    data = tf.data.Dataset.from_tensors(tf.zeros([2, 1])).repeat()
    wanted = f"rate is nan in epoch 2, batch {bad_step + 1} of {STEPS}"
    with pytest.raises(UserError, match=wanted):
        model.fit(
            data,
            steps_per_epoch=STEPS,
            epochs=3,
            shuffle=False,
            verbose=0,
            callbacks=[StopOnNonFinite(["loss", "rate"])],
        )


def test_a_scaled_loss_does_not_hide_a_step():
    """Its optimizer doesn't count steps whose gradients aren't finite."""
    with dtype_policy("mixed_float16"):
        model = build_model("vae", SPEC, {"latent_dim": 3})
        model.compile()
    model.steps_per_execution = 3
    model.train_function = SeveralSteps(model, STEPS)
    images = np.zeros([STEPS, 4, 8, 8, 1], np.float32)
    images[4] = np.nan
    data = tf.data.Dataset.from_tensor_slices({"image": images}).repeat()
    with pytest.raises(UserError, match=f"in epoch 1, batch 5 of {STEPS}"):
        model.fit(
            data,
            steps_per_epoch=STEPS,
            shuffle=False,
            verbose=0,
            callbacks=[StopOnNonFinite(model.term_weights())],
        )


def test_a_run_makes_the_steps_of_its_epochs():
    """39 steps in calls of 20, which is no divisor."""
    dataset = load_dataset("digits")
    config = RunConfig(model="vae", epochs=2, batch_size=32, settings={"network": "dense"})
    model = compiled_model(config, dataset, tf.distribute.get_strategy())
    assert model.steps_per_execution == 20 and dataset.steps_per_epoch(32) == 39
    run_fit(model, training_batches(dataset, config), dataset, config, callbacks=[])
    assert int(model.optimizer.iterations) == 2 * 39
