"""Several training steps in one call of a graph.

Between two calls Keras runs Python: on two CPU cores that costs 1.5 ms, a quarter of a step of a
dense network.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

# Steps in one call, where they are short.
MOST_STEPS = 32
# Steps of 64 convolved images take about as long as they have pixels; so many make half a second.
PIXELS_PER_CALL = 2**14


def steps_per_call(model: keras.Model, steps_per_epoch: int) -> int:
    """Number of steps in one call: fewer the longer they are, so that the progress is still seen.

    >>> from tfvae.models import build_model
    >>> from tfvae.schema import DataSpec
    >>> small, large = (build_model("vae", DataSpec("a", (n, n, 3))) for n in (8, 64))
    >>> steps_per_call(small, 859), steps_per_call(small, 19), steps_per_call(large, 859)
    (32, 19, 4)
    """
    if isinstance(model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
        # Whether all scores are finite would have to be agreed on at every step.
        return 1
    if tf.config.list_physical_devices("GPU") or model.prefers_xla:
        return min(MOST_STEPS, steps_per_epoch)
    height, width, _ = model.spec.image_shape
    return min(max(1, PIXELS_PER_CALL // (height * width)), MOST_STEPS, steps_per_epoch)


def train_function(
    model: keras.Model, steps_per_epoch: int
) -> Callable[[Any], Mapping[str, tf.Tensor]]:
    """What Keras is to call in a `fit` on endless batches: `model.steps_per_execution` steps.

    Keras' own function would go beyond the end of an epoch, if that isn't a multiple. Here the last
    call of an epoch makes the steps that are left. No step is made once a logged score isn't
    finite, so that the optimizer's count of steps is that of the first bad one.

    Args:
        model: Compiled.
        steps_per_epoch: As in `fit`.
    Returns:
        Function: iterator over batches -> the running means of the epoch.

    >>> from tfvae.models import build_model
    >>> from tfvae.schema import DataSpec
    >>> model = build_model("vae", DataSpec("tiny", (8, 8, 1)))
    >>> model.compile(steps_per_execution=2)
    >>> batch = tf.data.Dataset.from_tensors({"image": tf.zeros([4, 8, 8, 1])})
    >>> batches, steps = iter(batch.repeat()), train_function(model, steps_per_epoch=3)
    >>> counts = [(steps(batches), int(model.optimizer.iterations))[1] for _ in range(4)]
    >>> counts
    [2, 3, 5, 6]
    """
    strategy = model.distribute_strategy

    @tf.autograph.experimental.do_not_convert
    def one_step(batch):
        strategy.run(model.train_step, args=(batch,))

    def several(iterator, count):
        step = tf.constant(0)
        while step < count and _all_finite(model.metrics):
            one_step(iterator.get_next())
            step += 1
        return {metric.name: metric.result() for metric in model.metrics}

    if not model.run_eagerly:
        one_step = tf.function(one_step, jit_compile=model.jit_compile, reduce_retracing=True)
        several = tf.function(several)
    done = 0

    def call(iterator):
        nonlocal done
        count = min(model.steps_per_execution, steps_per_epoch - done)
        done = (done + count) % steps_per_epoch
        return several(iterator, tf.constant(count))

    return call


def _all_finite(metrics) -> tf.Tensor:
    # Sums stay as they are, NaN or infinite, to the end of the epoch.
    totals = [tf.convert_to_tensor(metric.total) for metric in metrics]
    return tf.reduce_all(tf.math.is_finite(tf.stack(totals)))
