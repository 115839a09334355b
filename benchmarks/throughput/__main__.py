"""Training images per second, beside PyTorch and pythae and beside the machine's limit.

    pip install '.[bench]'
    python -m benchmarks.throughput             # dense network, MNIST
    python -m benchmarks.throughput --network conv --dataset avatars --train-images 8000
    python -m benchmarks.throughput --contenders vae ccvae dualvae fader stargan
    python -m benchmarks.throughput --quick     # trial run; its figures mean nothing

All contenders train the same network in the same batches on the same images, in single precision;
an epoch ends with the loss of the validation images. This project is run by `train.py` with all
that belongs to it: its data pipeline, logs, and a checkpoint every ten seconds. The contenders take
turns for several rounds, each in a process of its own, so that a machine that becomes slower does
so for all. The first epoch, which compiles, is not counted.

Other programs spoil the figures; the command refuses to start beside them.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import ROOT, passed_on
from benchmarks.pages import write_page
from benchmarks.throughput.load import OtherLoad, idle_load
from benchmarks.throughput.task import Task
from tfvae.data import load_dataset
from tfvae.evaluation.report import markdown_table
from tfvae.models import MODELS, build_model

# Name -> module, arguments, and the package that it needs.
OTHERS = {
    "one-batch": ("tfvae_run", ("one-batch",), "tfvae"),
    "pytorch": ("pytorch_run", (), "torch"),
    "pytorch-compiled": ("pytorch_run", ("compile",), "torch"),
    "pythae": ("pythae_run", (), "pythae"),
    "limit": ("products", (), "numpy"),
}
# Cores that other programs may use.
QUIET = 0.1

# Of one process: {"images_per_second": [...], "first_epoch": seconds, "peak_bytes": ...}.
Found = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.dataset, given.train_images, given.image_size = "digits", 256, None
        given.epochs, given.rounds, given.busy = 2, 2, True
    missing = [name for name in given.contenders if not _installed(name)]
    for name in missing:
        print(f"{name} is left out: {OTHERS[name][2]} isn't installed", file=sys.stderr)
    names = [name for name in given.contenders if name not in missing]
    if not names:
        raise SystemExit("no contender is left")
    if given.epochs < 2:
        raise SystemExit("--epochs must be 2 or more: the first isn't counted")
    load = idle_load()
    if load > QUIET and not given.busy:
        raise SystemExit(f"other programs use {load:.1f} cores; --busy measures beside them")
    found: dict[str, list[Found]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder, OtherLoad() as others:
        tasks = {name: _task(name, given, folder) for name in names}
        for number in range(given.rounds):
            for name in names:
                print(f"round {number + 1}: {name}", file=sys.stderr, flush=True)
                found[name].append(run(name, tasks[name]))
    write_page(given.output, page(given, found, others.cores))


def _installed(name: str) -> bool:
    return name not in OTHERS or importlib.util.find_spec(OTHERS[name][2]) is not None


def _task(name: str, given: argparse.Namespace, folder: str) -> Task:
    """The task of a contender; the images are written for the first of them."""
    data = load_dataset(
        given.dataset,
        data_dir=given.data_dir,
        manual_dir=given.manual_dir,
        image_size=given.image_size,
    )
    if given.train_images is not None:
        data = data.with_train_images(given.train_images, seed=0)
    for split in ("train", "validation"):
        path = Path(folder) / f"{split}.npy"
        if not path.exists():
            np.save(path, data.arrays(split)["image"])
    model = name if name in MODELS else "vae"
    settings = {
        key: value
        for key, value in {"network": given.network, "pixel_likelihood": "bernoulli"}.items()
        if key in MODELS.defaults(model)
    }
    # `fader` and `stargan` have networks of their own, and neither of the settings.
    chosen = ["--set", *(f"{key}={value}" for key, value in settings.items())] if settings else []
    vae = build_model("vae", data.spec, {"network": given.network, "pixel_likelihood": "bernoulli"})
    return Task(
        folder,
        model,
        given.network,
        vae.latent_dim,
        given.batch_size,
        given.epochs,
        vae.count_params(),
        (
            *("--dataset", given.dataset),
            *passed_on(
                image_size=given.image_size,
                train_images=given.train_images,
                data_dir=given.data_dir,
                manual_dir=given.manual_dir,
            ),
            *chosen,
        ),
    )


def run(name: str, task: Task) -> Found:
    """What a contender reports; SystemExit with the end of its output if it fails."""
    module, further, _ = OTHERS.get(name, ("tfvae_run", (), ""))
    command = [sys.executable, "-m", f"benchmarks.throughput.{module}", task.written(), *further]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed: {' '.join(done.stderr.strip().splitlines()[-3:])}")
    return json.loads(done.stdout.splitlines()[-1])


def page(
    given: argparse.Namespace, found: Mapping[str, Sequence[Found]], other_cores: float
) -> list[str]:
    """Medians over all epochs of all rounds, and their ratios to the first contender."""
    speeds = {
        name: [speed for each in rounds for speed in each["images_per_second"]]
        for name, rounds in found.items()
    }
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    first = next(iter(medians))
    rows = []
    for name, rounds in found.items():
        row = {
            "": name,
            "images/s": f"{medians[name]:,.0f}",
            "lowest, highest": f"{min(speeds[name]):,.0f}, {max(speeds[name]):,.0f}",
            f"{first}: times as fast": f"{medians[first] / medians[name]:.2f}",
        }
        if "limit" in medians:
            row["share of the limit"] = f"{medians[name] / medians['limit']:.2f}"
        if name != "limit":
            row["first epoch, s"] = f"{statistics.median(r['first_epoch'] for r in rounds):.1f}"
            row["peak memory, MiB"] = f"{max(r['peak_bytes'] for r in rounds) / 2**20:,.0f}"
        rows.append(row)
    return [
        f"Data set `{given.dataset}`, network `{given.network}`, batches of {given.batch_size}, "
        f"{given.rounds} rounds of {given.epochs} epochs without the first. Other programs used "
        f"{other_cores:.2f} cores.",
        "",
        *markdown_table(rows),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    choices = [*MODELS, *OTHERS]
    add("--contenders", nargs="+", choices=choices, metavar="NAME", default=["vae", *OTHERS],
        help=f"models of this project, and {', '.join(OTHERS)}; the first is compared with the "
             "others (default: vae and all that are no model)")  # fmt: skip
    add("--dataset", default="mnist", metavar="NAME", help="as for train.py (default: mnist)")
    add("--network", choices=("dense", "conv"), default="dense", help="(default: dense)")
    add(
        "--batch-size", type=int, default=128, metavar="SIZE", help="images per step (default: 128)"
    )
    add("--epochs", type=int, default=4, metavar="N", help="of each round (default: 4)")
    add("--rounds", type=int, default=5, metavar="N", help="turns of each contender (default: 5)")
    add("--train-images", type=int, metavar="N", help="train on so many of the images")
    add("--image-size", type=int, metavar="SIZE", help="resize the images to this many pixels "
        "square")  # fmt: skip
    add("--data-dir", metavar="DIR", help="where TensorFlow Datasets keeps its files")
    add("--manual-dir", metavar="DIR", help="folder with archives fetched by hand")
    add("--busy", action="store_true", help="measure although other programs are running")
    add("--output", type=Path, default=Path("results/throughput.md"), metavar="FILE",
        help="the page (default: results/throughput.md)")  # fmt: skip
    add("--quick", action="store_true", help="trial run on a few digits")
    return parser


if __name__ == "__main__":
    main()
