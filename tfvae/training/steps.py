"""Several training steps in one call of a graph.

Between two calls Keras runs Python: on two CPU cores that costs 1.5 ms, a quarter of a step of a
dense network.
"""

import math

import keras
import tensorflow as tf

# Steps in one call, where they are short.
MOST_STEPS = 32
# So many pixels, over all images of a call, take a quarter to half of a second on two CPU cores: by
# dense networks, and by convolutional ones.
DENSE_PIXELS, CONV_PIXELS = 2**23, 2**20


def steps_per_call(model: keras.Model, batch_size: int, steps_per_epoch: int) -> int:
    """Number of steps in one call: fewer the longer they are, so that the progress is still seen.

    All calls of an epoch have about as many.

    >>> from tfvae.models import build_model
    >>> from tfvae.schema import DataSpec
    >>> small, large = (build_model("vae", DataSpec("a", (n, n, 3))) for n in (8, 64))
    >>> [steps_per_call(model, 64, steps) for model, steps in [(small, 37), (large, 859)]]
    [19, 4]
    """
    if isinstance(model.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 1
    most = MOST_STEPS
    if not tf.config.list_physical_devices("GPU"):
        height, width, _ = model.spec.image_shape
        pixels = DENSE_PIXELS if model.prefers_xla else CONV_PIXELS
        most = min(most, max(1, pixels // (height * width * batch_size)))
    return math.ceil(steps_per_epoch / math.ceil(steps_per_epoch / most))


class SeveralSteps:
    """What Keras is to call in a `fit` on endless batches: `model.steps_per_execution` steps.

    Keras' own function would go beyond the end of an epoch, if that isn't a multiple. Here the last
    call of an epoch makes the steps that are left. After a step whose logs aren't all finite, the
    logs stay those of that step.

    Args:
        model: Compiled.
        steps_per_epoch: As in `fit`.

    >>> from tfvae.models import build_model
    >>> from tfvae.schema import DataSpec
    >>> model = build_model("vae", DataSpec("tiny", (8, 8, 1)))
    >>> model.compile(steps_per_execution=2)
    >>> batch = tf.data.Dataset.from_tensors({"image": tf.zeros([4, 8, 8, 1])})
    >>> batches, steps = iter(batch.repeat()), SeveralSteps(model, steps_per_epoch=3)
    >>> [(sorted(steps(batches))[0], steps.finite_until()) for _ in range(4)]
    [('distortion', 2), ('distortion', 3), ('distortion', 2), ('distortion', 3)]
    """

    def __init__(self, model: keras.Model, steps_per_epoch: int):
        self._model = model
        self._steps_per_epoch = steps_per_epoch
        self._several = _several_steps(model)
        # Of the epoch: steps made, logs after them, and what `finite_until` returns.
        self._done = 0
        self._logs: dict[str, tf.Tensor] = {}
        self._finite_until = tf.constant(0)

    def __call__(self, iterator) -> dict[str, tf.Tensor]:
        """The running means of the epoch, after the next steps."""
        if self._done == 0:
            self._logs = {}
            self._finite_until = tf.constant(0)
        count = min(self._model.steps_per_execution, self._steps_per_epoch - self._done)
        self._done = (self._done + count) % self._steps_per_epoch
        # Of all metrics, though a model may have some that it logs in validation only.
        before = {metric.name: tf.constant(0.0) for metric in self._model.metrics} | self._logs
        self._logs, self._finite_until = self._several(
            iterator, tf.constant(count), before, self._finite_until
        )
        return self._logs

    def finite_until(self) -> int:
        """Number of the epoch's steps so far up to the first whose logs aren't all finite, which
        counts too."""
        return int(self._finite_until)


def _several_steps(model: keras.Model):
    """Function (iterator, number of steps, logs, count) -> (logs, count)."""
    strategy = model.distribute_strategy

    @tf.autograph.experimental.do_not_convert
    def one_step(batch):
        logs = strategy.run(model.train_step, args=(batch,))
        return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

    def several(iterator, count, logs, finite_until):
        names = []
        for _ in tf.range(count):
            now = one_step(iterator.get_next())
            names[:] = now
            # No branch: on a GPU the next step would wait for its condition.
            finite = tf.reduce_all(tf.math.is_finite(tf.stack(list(logs.values()))))
            logs = {k: tf.where(finite, now.get(k, value), value) for k, value in logs.items()}
            finite_until += tf.cast(finite, tf.int32)
        return {name: logs[name] for name in names}, finite_until

    if model.run_eagerly:
        return several
    one_step = tf.function(one_step, jit_compile=model.jit_compile, reduce_retracing=True)
    return tf.function(several)
