"""A model built, compiled and fitted as a `RunConfig` says; shared by runs and trials."""

import contextlib
import math
import sys
from collections.abc import Iterator, Sequence

import keras
import tensorflow as tf

from tfvae.models import build_model
from tfvae.schema import VALIDATION
from tfvae.training.config import RunConfig

IMAGES_SHOWN = 250_000
EPOCH_LIMITS = (15, 200)

XLA = {"on": lambda model: True, "off": lambda model: False, "auto": lambda model: _xla_pays(model)}


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Sets Keras' dtype policy and gives the old one back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def default_epochs(num_images: int) -> int:
    """Epochs that show `IMAGES_SHOWN` images, within `EPOCH_LIMITS`."""
    low, high = EPOCH_LIMITS
    return min(max(low, math.ceil(IMAGES_SHOWN / num_images)), high)


def compiled_model(config: RunConfig, dataset, strategy) -> keras.Model:
    """A fresh model with its optimizer; the same one for the same configuration.

    Raises:
        UsageError: wrong settings.
        UserError: the model needs labels that the data lack.
    """
    keras.utils.set_random_seed(config.seed)
    with strategy.scope():
        model = build_model(config.model_name, dataset.spec, config.settings, seed=config.seed)
        steps = config.num_epochs * dataset.steps_per_epoch(config.batch_size)
        model.run_images = steps * config.batch_size
        rate = config.learning_rate or model.learning_rate
        optimizer = keras.optimizers.Adam(
            _SCHEDULES[config.lr_schedule](rate, steps), beta_1=model.adam_beta_1
        )
        model.compile(optimizer=optimizer, jit_compile=XLA[config.jit](model))
    return model


def training_batches(dataset, config: RunConfig, initial_epoch: int = 0) -> tf.data.Dataset:
    """What a run sees from an epoch on; raises as `train_batches` of the data set does."""
    return dataset.train_batches(
        config.batch_size,
        seed=config.seed,
        missing_labels=config.missing_labels,
        labelled_share=config.labelled_share,
        initial_epoch=initial_epoch,
    )


def fit(
    model: keras.Model,
    batches: tf.data.Dataset,
    dataset,
    config: RunConfig,
    callbacks: Sequence[keras.callbacks.Callback],
    initial_epoch: int = 0,
) -> keras.callbacks.History:
    """`model.fit` on `training_batches` with the validation split beside them."""
    return model.fit(
        batches,
        epochs=config.num_epochs,
        initial_epoch=initial_epoch,
        steps_per_epoch=dataset.steps_per_epoch(config.batch_size),
        validation_data=dataset.batches(VALIDATION, config.batch_size),
        callbacks=list(callbacks),
        # The pipeline has shuffled; Keras would warn that it cannot.
        shuffle=False,
        verbose=1 if sys.stdout and sys.stdout.isatty() else 0,
    )


def split_scores(model: keras.Model, dataset, split: str, batch_size: int) -> dict[str, float]:
    """What the model logs, over one split."""
    logs = model.evaluate(dataset.batches(split, batch_size), verbose=0, return_dict=True)
    return {name: float(value) for name, value in logs.items()}


def _xla_pays(model: keras.Model) -> bool:
    if model.distribute_strategy.num_replicas_in_sync > 1:
        # The step holds the reduction over replicas, which XLA doesn't compile.
        return False
    return bool(tf.config.list_physical_devices("GPU")) or model.prefers_xla


_SCHEDULES = {
    "constant": lambda rate, steps: rate,
    "cosine": keras.optimizers.schedules.CosineDecay,
}
