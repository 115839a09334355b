"""Building, compiling and fitting a model by a `RunConfig`; shared by runs and trials."""

import contextlib
import math
import sys
from collections.abc import Iterator, Sequence

import keras
import tensorflow as tf

from tfvae.models import build_model
from tfvae.schema import VALIDATION
from tfvae.training.adam import FusedAdam
from tfvae.training.config import RunConfig
from tfvae.training.origin import freeze
from tfvae.training.steps import SeveralSteps, steps_per_call

IMAGES_SHOWN = 200_000
EPOCH_LIMITS = (15, 200)

XLA = {"on": lambda model: True, "off": lambda model: False, "auto": lambda model: _xla_pays(model)}


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Sets Keras' dtype policy for the duration of a `with` block.

    >>> with dtype_policy("mixed_bfloat16"):
    ...     keras.layers.Dense(1).compute_dtype
    'bfloat16'
    >>> keras.layers.Dense(1).compute_dtype
    'float32'
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def default_epochs(num_images: int) -> int:
    """As many epochs as it takes to process `IMAGES_SHOWN` images, within `EPOCH_LIMITS`.

    >>> default_epochs(60_000), default_epochs(5_000), default_epochs(100)
    (15, 40, 200)
    """
    low, high = EPOCH_LIMITS
    return min(max(low, math.ceil(IMAGES_SHOWN / num_images)), high)


def compiled_model(config: RunConfig, dataset, strategy) -> keras.Model:
    """A new model with its optimizer; equal configurations give equal weights.

    Raises:
        UsageError: wrong settings, or a part to freeze that the model lacks.
        UserError: the model needs labels that the data lack.

    >>> from tfvae.data import load_dataset
    >>> config = RunConfig(model="beta_vae", epochs=1, settings={"network": "dense"})
    >>> model = compiled_model(config, load_dataset("digits"), tf.distribute.get_strategy())
    >>> type(model).__name__, round(float(model.optimizer.learning_rate), 6)
    ('BetaVAE', 0.001)
    """
    keras.utils.set_random_seed(config.seed)
    with strategy.scope():
        model = build_model(config.model_name, dataset.spec, config.settings, seed=config.seed)
        steps = config.num_epochs * dataset.steps_per_epoch(config.batch_size)
        model.run_images = steps * config.batch_size
        if config.freeze is not None:
            freeze(model, config.freeze)
        rate = config.learning_rate or model.learning_rate
        optimizer = FusedAdam(_SCHEDULES[config.lr_schedule](rate, steps), beta_1=model.adam_beta_1)
        model.compile(optimizer=optimizer, jit_compile=XLA[config.jit](model))
    # Not an argument of `compile`, which a saved model would remember.
    model.steps_per_execution = steps_per_call(
        model, config.batch_size, dataset.steps_per_epoch(config.batch_size)
    )
    return model


def training_batches(dataset, config: RunConfig, initial_epoch: int = 0) -> tf.data.Dataset:
    """The batches of a run from an epoch on; raises as `train_batches` of the data set does.

    >>> from tfvae.data import load_dataset
    >>> batches = training_batches(load_dataset("digits"), RunConfig(model="vae", batch_size=32))
    >>> next(iter(batches))["image"].shape.as_list()
    [32, 28, 28, 1]
    """
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
    """`model.fit` on `training_batches`; scores the validation split after every epoch.

    >>> from tfvae.data import load_dataset
    >>> dataset = load_dataset("digits")
    >>> config = RunConfig(model="mmd_vae", epochs=1, batch_size=512, jit="off")
    >>> model = compiled_model(config, dataset, tf.distribute.get_strategy())
    >>> history = fit(model, training_batches(dataset, config), dataset, config, callbacks=[])
    >>> sorted(name for name in history.history if name.startswith("val_"))
    ['val_distortion', 'val_elbo', 'val_loss', 'val_mmd', 'val_rate']
    """
    steps = dataset.steps_per_epoch(config.batch_size)
    if model.steps_per_execution > 1:
        model.train_function = SeveralSteps(model, steps)
    return model.fit(
        batches,
        epochs=config.num_epochs,
        initial_epoch=initial_epoch,
        steps_per_epoch=steps,
        validation_data=dataset.batches(VALIDATION, config.batch_size),
        callbacks=list(callbacks),
        # The batches are shuffled already; Keras would warn that it can't shuffle them.
        shuffle=False,
        verbose=1 if sys.stdout and sys.stdout.isatty() else 0,
    )


def split_scores(model: keras.Model, dataset, split: str, batch_size: int) -> dict[str, float]:
    """The scores that the model logs, as means over one split.

    >>> from tfvae.data import load_dataset
    >>> dataset = load_dataset("digits")
    >>> config = RunConfig(model="vae", epochs=1, settings={"network": "dense"}, jit="off")
    >>> model = compiled_model(config, dataset, tf.distribute.get_strategy())
    >>> scores = split_scores(model, dataset, VALIDATION, batch_size=64)
    >>> abs(scores["elbo"] + scores["distortion"] + scores["rate"]) < 0.01
    True
    """
    logs = model.evaluate(dataset.batches(split, batch_size), verbose=0, return_dict=True)
    return {name: float(value) for name, value in logs.items()}


def _xla_pays(model: keras.Model) -> bool:
    if model.distribute_strategy.num_replicas_in_sync > 1:
        # The step contains the reduction over replicas, which XLA doesn't compile.
        return False
    return bool(tf.config.list_physical_devices("GPU")) or model.prefers_xla


_SCHEDULES = {
    "constant": lambda rate, steps: rate,
    "cosine": keras.optimizers.schedules.CosineDecay,
}
