"""Contenders: this project, by the code of `train.py` with all that belongs to it; and the same on
one batch that stays in memory, to see what the data pipeline costs.

The event file tells when each epoch ended.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.throughput.task import LEARNING_RATE, Task, given_task, report
from tfvae.cli.train import main as train


def main() -> None:
    task = given_task()
    if "one-batch" in sys.argv[2:]:
        _without_pipeline()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        times = _times(task, Path(folder))
    report(np.diff(times).tolist(), task.steps * task.batch_size)


def _without_pipeline() -> None:
    from tfvae.training import run

    read = run.training_batches
    run.training_batches = lambda *arguments: read(*arguments).take(1).cache().repeat()


def _times(task: Task, folder: Path) -> list[float]:
    """When the training began, and when each epoch ended."""
    failed = train(
        [
            *("--model", task.model, "--name", "x", "--epochs", str(task.epochs)),
            *("--batch-size", str(task.batch_size), "--learning-rate", str(LEARNING_RATE)),
            *("--runs-dir", str(folder / "runs"), "--saved-models-dir", str(folder / "exports")),
            *task.train_arguments,
        ]
    )
    if failed:
        raise SystemExit(failed)
    import tensorflow as tf

    (path,) = folder.glob("runs/x/tensorboard/train/events*")
    events = map(
        tf.compat.v1.Event.FromString, tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    )
    # All scores of an epoch have its number; the first event of the file comes before any.
    return sorted(
        {event.step if event.summary.value else -1: event.wall_time for event in events}.values()
    )


if __name__ == "__main__":
    main()
