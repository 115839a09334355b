"""What every contender trains, and how it reports."""

import dataclasses
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

LEARNING_RATE = 0.001


@dataclasses.dataclass(frozen=True)
class Task:
    """One training: the same network, batch, precision and images for every contender.

    Args:
        arrays: Folder with train.npy and validation.npy, float32 [N, H, W, C] in [0, 1].
        model: As for `train.py`.
        network: dense or conv.
        latent_dim: Size of the code.
        batch_size: Images per step.
        epochs: Passes over the training images; the first is not counted, for it compiles.
        weights: Number of weights that the VAE of this project has.
        train_arguments: What `train.py` needs to train on the same images.

    >>> task = Task("arrays", "vae", "dense", 20, 128, 3, 1_309_344, ("--dataset", "mnist"))
    >>> Task.read(task.written()) == task
    True
    """

    arrays: str
    model: str
    network: str
    latent_dim: int
    batch_size: int
    epochs: int
    weights: int
    train_arguments: Sequence[str]

    def written(self) -> str:
        """The task as one argument of a command."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def read(cls, text: str) -> "Task":
        """What `written` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "train_arguments": tuple(fields["train_arguments"])})

    def images(self, split: str):
        """float32 [N, H, W, C] in [0, 1]."""
        import numpy as np

        return np.load(Path(self.arrays) / f"{split}.npy")

    def count(self, split: str) -> int:
        """The number of these images, without reading them."""
        import numpy as np

        return len(np.load(Path(self.arrays) / f"{split}.npy", mmap_mode="r"))

    @property
    def steps(self) -> int:
        """Steps of an epoch."""
        return self.count("train") // self.batch_size


def given_task() -> Task:
    """The task on the command line of a contender."""
    return Task.read(sys.argv[1])


def report(durations: Sequence[float], num_images: int) -> None:
    """Writes what a contender found as its last line of output.

    Args:
        durations: Seconds of each epoch: a pass over the training images, and the loss of all
            validation images.
        num_images: Training images of an epoch.
    """
    found = {
        "images_per_second": [num_images / seconds for seconds in durations[1:]],
        "first_epoch": durations[0],
        "peak_bytes": peak_bytes(),
    }
    print(json.dumps(found), flush=True)


def peak_bytes() -> int:
    """Largest memory of this process; that of `getrusage` is at least its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found, status
    return int(found[1]) * 1024
