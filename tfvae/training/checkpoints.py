"""Checkpoints of a run: the last epoch and the best, each complete or not there at all."""

import dataclasses
import errno
import json
import math
import os
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import keras

from tfvae import files
from tfvae.reading import ReadError, read_json, sha256
from tfvae.schema import UserError

WEIGHTS = "model.weights.h5"
PROGRESS = "progress.json"
PREFIX = "epoch-"
# Key, in the progress file, of the digest of the file of weights: h5py doesn't notice damage.
DIGEST = "weights_sha256"


@dataclasses.dataclass(frozen=True)
class Progress:
    """How far a run is. With the weights and the optimizer this is all of its state: the order of
    images and the noise follow from the seed, the epoch and the optimizer's count of steps.

    Args:
        epochs: Number of epochs done.
        best_epoch: The epoch, counted from 1, with the best validation score; 0: none yet.
        best_loss: That score, with its sign turned if higher is better.
        seconds: Time spent on training.
        dataset_fingerprint: `Dataset.fingerprint` of the training data.
        configuration: `config.fixed_fields`; None in checkpoints of earlier versions.

    >>> progress = Progress().after_epoch(3.0, seconds=60.0).after_epoch(5.0, seconds=120.0)
    >>> progress.epochs, progress.best_epoch, progress.best_loss
    (2, 1, 3.0)
    >>> progress.is_finished(epochs=10, patience=None), progress.is_finished(epochs=10, patience=1)
    (False, True)
    """

    epochs: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    seconds: float = 0.0
    dataset_fingerprint: str | None = None
    configuration: Mapping[str, Any] | None = None
    # Where Pydantic reads it.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"strict": True}

    def after_epoch(self, validation_loss: float, seconds: float) -> "Progress":
        """Progress one epoch later."""
        later = dataclasses.replace(self, epochs=self.epochs + 1, seconds=seconds)
        if validation_loss < self.best_loss:
            return dataclasses.replace(later, best_epoch=later.epochs, best_loss=validation_loss)
        return later

    def is_finished(self, epochs: int, patience: int | None) -> bool:
        """Whether all epochs are done, or the last `patience` of them didn't improve the score."""
        return self.epochs >= epochs or (
            patience is not None and self.epochs - self.best_epoch >= patience
        )


class Checkpoints:
    """The checkpoints of a run in one folder: `epoch-0007/` and so on.

    A checkpoint is written under a hidden name, flushed and renamed, and older ones are deleted
    only then: if the process is killed or the disk is full, the last good one is still there.

    Args:
        folder: The folder of the checkpoints.

    >>> import tempfile
    >>> model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1)])
    >>> model.compile("sgd")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoints = Checkpoints(Path(folder))
    ...     for epochs in (1, 2, 3):
    ...         checkpoints.save(model, Progress(epochs=epochs, best_epoch=1))
    ...     checkpoints.restore(model, checkpoints.latest().epochs)
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['epoch-0001', 'epoch-0003']
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def latest(self) -> Progress:
        """The progress at the newest checkpoint; without one, that of a run before its start.

        Raises:
            UserError: its progress file can't be read.
        """
        epochs = max(self._epochs(), default=0)
        if not epochs:
            return Progress()
        path = self.path(epochs) / PROGRESS
        try:
            if DIGEST not in read_json(path):
                raise ReadError(f"{path} lacks {DIGEST!r}")
            progress = read_json(path, Progress)
            if progress.epochs != epochs:
                raise ReadError(f"{path} is of epoch {progress.epochs}")
            settings = (progress.configuration or {"settings": {}}).get("settings")
            if not isinstance(settings, dict):
                raise ReadError(f"{path}: configuration.settings isn't a mapping")
        except ReadError as error:
            raise UserError(f"{error}; {self._way_out(epochs)}") from None
        return progress

    def has(self, epochs: int) -> bool:
        """Whether there is a checkpoint of this epoch."""
        return epochs in self._epochs()

    def save(self, model: keras.Model, progress: Progress) -> None:
        """Writes a checkpoint and deletes those that are neither this one nor the best.

        Raises:
            UserError: it can't be written; the last good one is intact.
        """
        target = self.path(progress.epochs)
        try:
            files.remove_leftovers(self.folder, alone=True)
            with files.hidden_folder(self.folder) as folder:
                _check_space(folder, model)
                model.save_weights(folder / WEIGHTS)
                fields = {**dataclasses.asdict(progress), DIGEST: sha256(folder / WEIGHTS)}
                (folder / PROGRESS).write_text(json.dumps(fields, indent=1), encoding="utf-8")
                files.publish(folder, target, flush=True, replace=True)
        # h5py reports a write that fails on closing as a RuntimeError.
        except (OSError, RuntimeError) as error:
            last = max(self._epochs(), default=0)
            kept = (
                f"that of epoch {last} is intact and --resume goes on from it"
                if last
                else "there is no earlier one"
            )
            raise UserError(
                f"cannot write the checkpoint of epoch {progress.epochs} in {self.folder}: "
                f"{files.reason(error)}; {kept}"
            ) from error
        for epochs in self._epochs() - {progress.epochs, progress.best_epoch}:
            shutil.rmtree(self.path(epochs), ignore_errors=True)

    def restore(self, model: keras.Model, epochs: int) -> None:
        """Loads weights and optimizer as they were after `epochs` epochs.

        Raises:
            UserError: the checkpoint is gone, damaged or of another model.
        """
        # Models of this package build theirs when compiled, also where there are several.
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        path = self.path(epochs) / WEIGHTS
        try:
            if sha256(path) != read_json(self.path(epochs) / PROGRESS)[DIGEST]:
                raise ValueError("its bytes are not those that were written")
            with warnings.catch_warnings():
                # Keras only warns when the optimizer's state doesn't fit, and goes on without.
                warnings.filterwarnings("error", message="Skipping variable loading")
                model.load_weights(path)
        # Keras and h5py have an error of their own for each way in which a file can be wrong.
        except Exception as error:
            raise UserError(
                f"cannot restore {path}: {files.reason(error)}; {self._way_out(epochs)}"
            ) from error

    def path(self, epochs: int) -> Path:
        return self.folder / f"{PREFIX}{epochs:04d}"

    def _epochs(self) -> set[int]:
        names = (path.name.removeprefix(PREFIX) for path in self.folder.glob(f"{PREFIX}*"))
        numbers = {int(name) for name in names if files.is_number(name)}
        return {number for number in numbers if self.path(number).is_dir()}

    def _way_out(self, epochs: int) -> str:
        others = self._epochs() - {epochs}
        if not others:
            return "start again under another --name"
        return f"delete {self.path(epochs)} to go on from epoch {max(others)}"


def _check_space(folder: Path, model: keras.Model) -> None:
    """Raises OSError if a checkpoint will not fit: h5py can crash when the disk is full."""
    variables = list(model.variables)
    for optimizer in getattr(model, "optimizers", [model.optimizer]):
        variables += optimizer.variables
    needed = sum(math.prod(variable.shape) * 4 for variable in variables) + 2**20
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
