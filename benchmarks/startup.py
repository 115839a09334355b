"""How long `train.py` takes to its first step, beside `import tensorflow` alone.

    python -m benchmarks.startup
    python -m benchmarks.startup --models vae ccvae stargan --rounds 5

A run of one step is started again and again, and in turns with it a Python that imports TensorFlow
and ends. A run's time is that until it prints that its only epoch is over: imports, data, the model
and its compilation, the step, and the loss of the validation images.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks.bench import ROOT
from benchmarks.throughput.load import OtherLoad
from tfvae.evaluation.report import markdown_table
from tfvae.models import MODELS

TENSORFLOW = "import tensorflow"


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    seconds: dict[str, list[float]] = {name: [] for name in (TENSORFLOW, *given.models)}
    with OtherLoad() as others:
        for _ in range(given.rounds):
            for name, found in seconds.items():
                found.append(imported() if name == TENSORFLOW else first_step(name, given.dataset))
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    rows = [
        {
            "": name,
            "seconds": f"{median:.2f}",
            "of the import": f"{median / medians[TENSORFLOW]:.2f}",
        }
        for name, median in medians.items()
    ]
    print("\n".join(markdown_table(rows)))
    print(f"Medians of {given.rounds} rounds; other programs used {others.cores:.2f} cores.")


def imported() -> float:
    """Seconds of a Python that imports TensorFlow."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", TENSORFLOW], check=True, capture_output=True)
    return time.perf_counter() - began


def first_step(model: str, dataset: str) -> float:
    """Seconds from the start of `train.py` to the end of its only step, which has 64 images."""
    command = [sys.executable, ROOT / "train.py", "--model", model, "--dataset", dataset,
               "--epochs", "1", "--train-images", "64", "--batch-size", "64"]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            for line in process.stdout:
                if line.startswith("1 epochs in"):
                    seconds = time.perf_counter() - began
                    process.communicate()
                    return seconds
    raise SystemExit(f"{model} did not end its epoch on {dataset}: {' '.join(map(str, command))}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.startup",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--models", nargs="+", default=["vae", "ccvae"], choices=MODELS, metavar="MODEL")
    add("--dataset", default="digits", metavar="NAME")
    add("--rounds", type=int, default=5, metavar="N")
    return parser


if __name__ == "__main__":
    main()
