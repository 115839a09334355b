"""Callbacks for any `fit`: stop at a loss that isn't finite, save, stop early, log."""

import math
import os
import time
from collections.abc import Iterable
from pathlib import Path

import keras
import tensorflow as tf

from tfvae.exports.writer import bad_weight
from tfvae.schema import UserError
from tfvae.training.checkpoints import Checkpoints, Progress
from tfvae.training.steps import SeveralSteps


class StopOnNonFinite(keras.callbacks.Callback):
    """Ends `fit` at the first batch whose logs contain NaN or infinity, before anything is saved;
    and after an epoch that leaves such a weight, which some kernels hide from the logs.

    The logs are means over the epoch so far, which stay non-finite, so no batch is missed. Keras
    passes them on as Python numbers from a thread of its own (`async_safe`), so that no step waits
    for them. The error is raised at the end of the epoch, which `stop_training` brings forward.

    Where several steps are made in one call, `SeveralSteps` knows in which of them it was.

    Args:
        terms: Names in the order in which a step computes them; the message names the first that
            isn't finite.
        advice: End of the message: what the user can do.
    Raises:
        UserError: from `on_epoch_end`; the message has the term, the epoch and the batch, both
            counted from 1, or the weight and the epoch.

    >>> callback = StopOnNonFinite(terms=["rate"])
    >>> callback.set_params({"steps": 20})
    >>> callback.set_model(keras.Sequential())
    >>> callback.on_epoch_begin(0)
    >>> callback.on_train_batch_end(6, {"loss": math.nan, "rate": math.inf})
    >>> callback.on_epoch_end(0)
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: training stopped: rate is inf in epoch 1, batch 7 of 20
    """

    async_safe = True

    def __init__(self, terms: Iterable[str] = (), advice: str = ""):
        super().__init__()
        self.terms = tuple(terms)
        self.advice = advice

    def on_epoch_begin(self, epoch, logs=None):
        self._bad_logs = {}

    def on_train_batch_end(self, batch, logs=None):
        if any(map(_is_bad, logs.values())):
            self._bad_logs[batch] = logs
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if self._bad_logs:
            first = min(self._bad_logs)
            function = getattr(self.model, "train_function", None)
            several = isinstance(function, SeveralSteps)
            batch = function.finite_until() if several else first + 1
            where = f"in epoch {epoch + 1}, batch {batch} of {self.params['steps']}"
            self._stop(self._bad_logs[first], where)
        if any(map(_is_bad, (logs or {}).values())):
            self._stop(logs, f"on the validation split after epoch {epoch + 1}")
        bad = bad_weight(self.model)
        if bad:
            raise UserError(
                f"training stopped: weight {bad} isn't finite after epoch {epoch + 1}{self.advice}"
            )

    def _stop(self, logs, where):
        order = [*self.terms, *(f"val_{name}" for name in self.terms), *logs]
        term = next(name for name in order if name in logs and _is_bad(logs[name]))
        raise UserError(f"training stopped: {term} is {logs[term]} {where}{self.advice}")


# A checkpoint is due so long after the last one: of small data sets an epoch takes no longer than
# its checkpoint.
SECONDS_BETWEEN_CHECKPOINTS = 10.0


class SaveAndStopEarly(keras.callbacks.Callback):
    """Saves the first epoch and the last, those between them where `SECONDS_BETWEEN_CHECKPOINTS`
    have passed, and keeps count of the best; with `patience` saves each one that is the best so
    far, and stops after so many epochs without a better one.

    Args:
        checkpoints: Checkpoints to write; None: write nothing (workers other than the chief).
        progress: Progress of the run so far.
        epochs: Number of epochs of the whole run.
        patience: Epochs to wait for a better score; None: never stop early.
        monitor: Name of the score in the logs, and whether "min" or "max" is the best.

    >>> saver = SaveAndStopEarly(None, Progress(), epochs=10, patience=2)
    >>> saver.set_model(keras.Sequential())
    >>> saver.on_train_begin()
    >>> for epoch, loss in enumerate([3.0, 1.0, 2.0, 1.5]):
    ...     saver.on_epoch_end(epoch, {"val_loss": loss})
    >>> saver.progress.best_epoch, saver.model.stop_training
    (2, True)
    """

    def __init__(
        self,
        checkpoints: Checkpoints | None,
        progress: Progress,
        epochs: int,
        patience: int | None = None,
        monitor: tuple[str, str] = ("val_loss", "min"),
    ):
        super().__init__()
        self.monitor = monitor
        self.checkpoints = checkpoints
        self.progress = progress
        self.epochs = epochs
        self.patience = patience

    def on_train_begin(self, logs=None):
        self._started = time.monotonic() - self.progress.seconds
        self._saved = -math.inf

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.monotonic() - self._started
        name, direction = self.monitor
        loss = logs[name] if direction == "min" else -logs[name]
        self.progress = self.progress.after_epoch(loss, seconds)
        finished = self.progress.is_finished(self.epochs, self.patience)
        best = self.patience is not None and self.progress.best_epoch == self.progress.epochs
        due = seconds >= self._saved + SECONDS_BETWEEN_CHECKPOINTS
        if self.checkpoints is not None and (finished or best or due):
            self.checkpoints.save(self.model, self.progress)
            self._saved = seconds
        if finished:
            self.model.stop_training = True


class EventFiles(keras.callbacks.Callback):
    """Writes the logs of each epoch for TensorBoard, to `train/` and `validation/` in a folder.

    `keras.callbacks.TensorBoard` needs the tensorboard package to write, and its batch hook makes
    Keras wait for the device after every step. An event file is a TFRecord file of `Event`s.

    Args:
        folder: The folder to pass to `tensorboard --logdir`.
        initial_epoch: Number of epochs done: what an earlier process wrote of later ones is void.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     events = EventFiles(Path(folder))
    ...     events.on_train_begin()
    ...     events.on_epoch_end(0, {"loss": 90.0, "val_loss": 95.0})
    ...     events.on_train_end()
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['train', 'validation']
    """

    def __init__(self, folder: Path, initial_epoch: int = 0):
        super().__init__()
        self.folder = folder
        self.initial_epoch = initial_epoch
        self._writers: dict[str, tf.io.TFRecordWriter] = {}

    def on_train_begin(self, logs=None):
        self._writers = {
            split: _event_writer(self.folder / split, self.initial_epoch)
            for split in ("train", "validation")
        }

    def on_epoch_end(self, epoch, logs=None):
        for name, value in logs.items():
            split = "validation" if name.startswith("val_") else "train"
            tag = f"epoch_{name.removeprefix('val_')}"
            summary = tf.compat.v1.Summary()
            summary.value.add(tag=tag, simple_value=value)
            event = tf.compat.v1.Event(wall_time=time.time(), step=epoch, summary=summary)
            self._writers[split].write(event.SerializeToString())
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs=None):
        for writer in self._writers.values():
            writer.close()


def _event_writer(folder: Path, initial_epoch: int) -> tf.io.TFRecordWriter:
    folder.mkdir(parents=True, exist_ok=True)
    now = time.time()
    writer = tf.io.TFRecordWriter(str(folder / f"events.out.tfevents.{now:.6f}.{os.getpid()}"))
    writer.write(
        tf.compat.v1.Event(wall_time=now, file_version="brain.Event:2").SerializeToString()
    )
    if initial_epoch:
        start = tf.compat.v1.SessionLog(status=tf.compat.v1.SessionLog.START)
        event = tf.compat.v1.Event(wall_time=now, step=initial_epoch, session_log=start)
        writer.write(event.SerializeToString())
    return writer


def _is_bad(value) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
