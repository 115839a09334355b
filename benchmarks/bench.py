"""What the benchmarks share: runs trained by `train.py` and scored by `evaluate.py`, each once.

A benchmark defines its runs, lets a `Bench` train and score them, and writes a page (`pages`). All
results are kept under --work-dir, in a folder for each budget and set of options.
"""

import argparse
import csv
import dataclasses
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tfvae.exports.contract import MANIFEST
from tfvae.exports.versions import versions

ROOT = Path(__file__).resolve().parents[1]

# Run -> metric -> name -> number.
Scores = dict[str, dict[str, dict[str, float]]]


class Run(Protocol):
    """One training."""

    @property
    def name(self) -> str:
        """Tells the run from every other one in the same work folder."""

    @property
    def arguments(self) -> Sequence:
        """Arguments of `train.py`, beside those that all runs of the bench share."""


@dataclasses.dataclass(frozen=True)
class Bench:
    """Trains and scores runs that share a data set and a budget, and keeps the results.

    Args:
        dataset: A name that `train.py` takes.
        folder: Where the results for this data set and budget are kept.
        epochs, batch_size: Budget of every training.
        train_options: Further arguments of `train.py`, the same for every run.
        evaluate_options: Further arguments of `evaluate.py`, the same for every call.
        data_dir, manual_dir: Where the data set's files lie, as for `train.py`; a stopped run may
            go on with other folders.
    """

    dataset: str
    folder: Path
    epochs: int
    batch_size: int
    train_options: Sequence[str] = ()
    evaluate_options: Sequence[str] = ()
    data_dir: str | None = None
    manual_dir: str | None = None

    @property
    def data_options(self) -> list[str]:
        """Where the data lie, as arguments of both scripts."""
        return passed_on(data_dir=self.data_dir, manual_dir=self.manual_dir)

    def export(self, run: Run) -> Path:
        """Folder of the run's export, with a sub-folder per version."""
        return self.folder / "saved_models" / run.name

    def train(self, run: Run) -> None:
        """Trains a run that has no export yet; goes on with one that was stopped."""
        if versions(self.export(run)):
            return
        runs = self.folder / "runs"
        arguments = ["--name", run.name, "--runs-dir", runs]
        arguments += ["--saved-models-dir", self.folder / "saved_models", *self.data_options]
        if (runs / run.name).exists():
            arguments += ["--resume"]
        else:
            arguments += ["--dataset", self.dataset]
            arguments += ["--epochs", self.epochs, "--batch-size", self.batch_size]
            arguments += [*self.train_options, *run.arguments]
        self._call("train.py", arguments, run.name)

    def scores(
        self, runs: Sequence[Run], metrics: Sequence[str], name: str, options: Sequence[str] = ()
    ) -> Scores:
        """Values of several metrics for several runs, by one call of `evaluate.py`.

        The call is made once; later its results are read from a file.

        Args:
            runs: Trained runs, each with a name of its own.
            metrics: Names that `evaluate.py` takes; a metric that compares exports gets all runs.
            name: Name of the call, for the file of its results and for the log.
            options: Further arguments of `evaluate.py`.
        Returns:
            Run -> metric -> name -> number, without the values that belong to no single run.
        """
        name = self.call_name(runs, metrics, name, options)
        documents = self.documents(runs, metrics, name, options)
        return by_run(documents, [run.name for run in runs])

    def call_name(
        self, runs: Sequence[Run], metrics: Sequence[str], name: str, options: Sequence[str] = ()
    ) -> str:
        """The name, followed by a digest of everything that tells this call from others."""
        return f"{name}-{digest([[run.name for run in runs], list(metrics), list(options)])}"

    def documents(
        self, runs: Sequence[Run], metrics: Sequence[str], name: str, options: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """What `evaluate.py --json` writes, one document per score; kept in a file of this name."""
        path = self.folder / "results" / f"{name}.json"
        if not path.exists():
            arguments = ["--metric", ",".join(metrics), "--json", path]
            arguments += ["--output-dir", self.folder / "results"]
            for run in runs:
                arguments += ["--saved-model", self.export(run)]
            path.parent.mkdir(parents=True, exist_ok=True)
            arguments += [*self.data_options, *self.evaluate_options, *options]
            self._call("evaluate.py", arguments, name)
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, list) else [found]

    def manifest(self, run: Run) -> dict[str, Any]:
        """Manifest of the run's newest export."""
        newest = versions(self.export(run))[-1]
        return json.loads((newest / MANIFEST).read_text(encoding="utf-8"))

    def seconds(self, run: Run) -> float:
        """How long the run was trained."""
        return self.manifest(run)["training"]["seconds"]

    def history(self, run: Run) -> dict[str, list[float]]:
        """Column of the run's history.csv -> its values, one per epoch."""
        path = self.folder / "runs" / run.name / "history.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {name: [float(row[name]) for row in rows] for name in rows[0]}

    def load_dataset(self, run: Run):
        """The data set that the run was trained on, a `tfvae.data.dataset.Dataset`."""
        from tfvae.data import load_dataset

        return load_dataset(
            self.dataset,
            data_dir=self.data_dir,
            manual_dir=self.manual_dir,
            **self.manifest(run)["dataset_options"],
        )

    def _call(self, script: str, arguments: Sequence, name: str) -> None:
        log = self.folder / "logs" / f"{Path(script).stem}-{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        print(f"{script} {name}", file=sys.stderr, flush=True)
        with log.open("w", encoding="utf-8") as file:
            command = [sys.executable, str(ROOT / script), *map(str, arguments)]
            done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            last = log.read_text(encoding="utf-8").strip().splitlines()[-1:]
            raise SystemExit(f"{script} failed, see {log}: {' '.join(last)}")


def by_run(documents: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Scores:
    """The documents' values, sorted by run.

    A document about one export holds its values under their own names, one about several exports
    holds those of a run as `RUN/NAME`.

    >>> cis = {"metric": "cis", "saved_model": ["x/a", "x/b"], "values": {"a/cis": 0.5, "best": 1}}
    >>> by_run([cis], ["a", "b"])
    {'a': {'cis': {'cis': 0.5}}, 'b': {'cis': {}}}
    """
    found: Scores = {name: {} for name in names}
    for document in documents:
        metric, exports, values = document["metric"], document["saved_model"], document["values"]
        if isinstance(exports, str):
            found[Path(exports).parent.name][metric] = dict(values)
            continue
        for name in names:
            start = f"{name}/"
            own = {k.removeprefix(start): v for k, v in values.items() if k.startswith(start)}
            found[name][metric] = own
    return found


def make_parser(
    module: str,
    description: str,
    name: str,
    *,
    dataset: str,
    epochs: int,
    batch_size: int,
    quick: str,
    metrics: bool = True,
) -> argparse.ArgumentParser:
    """The arguments that all benchmarks take.

    Args:
        module: The script, as `python -m` takes it.
        description: Its docstring.
        name: Name of the default work folder and page.
        dataset, epochs, batch_size: Defaults.
        quick: What --quick trains, for its help text.
        metrics: Whether the benchmark calls `evaluate.py`, whose metrics take `--set`.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}", description=description, formatter_class=_Formatter
    )
    add = parser.add_argument
    add("--dataset", default=dataset, metavar="NAME", help="data set, as for train.py")
    add("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED",
        help="each model is trained once with each of these seeds")  # fmt: skip
    add("--epochs", type=int, default=epochs, metavar="N",
        help="passes over the training images, for every model")  # fmt: skip
    add("--batch-size", type=int, default=batch_size, metavar="SIZE", help="images per step")
    if metrics:
        add("--set", nargs="*", metavar="KEY=VALUE", help="options of the metrics")
    parser.set_defaults(set=[])
    add("--image-size", type=int, metavar="SIZE", help="resize the images to this many pixels "
        "square")  # fmt: skip
    add("--data-dir", metavar="DIR", help="where TensorFlow Datasets keeps its files")
    add("--manual-dir", metavar="DIR", help="folder with archives fetched by hand")
    add("--work-dir", type=Path, default=Path("runs") / name, metavar="DIR",
        help="where everything that was trained and scored is kept")  # fmt: skip
    add("--output", type=Path, default=Path("results") / f"{name}.md", metavar="FILE",
        help="the page; its figures are written beside it")  # fmt: skip
    add("--quick", action="store_true", help=quick)
    return parser


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the description, and ends each help text with the default."""

    def _get_help_string(self, action: argparse.Action) -> str:
        default = action.default
        if default in (None, False, argparse.SUPPRESS, [], {}):
            return action.help or ""
        shown = " ".join(map(str, default)) if isinstance(default, list) else default
        return f"{action.help} (default: {shown})"


def make_bench(given: argparse.Namespace, *more) -> Bench:
    """The bench for the arguments of `make_parser`.

    Everything that changes a training or a score changes its folder: the budget, the options that
    are passed on, and `more`, plain values such as the benchmark's own table of options.
    """
    train = passed_on(image_size=given.image_size)
    evaluate = ["--set", *given.set] if given.set else []
    what = [given.dataset, given.epochs, given.batch_size, train, evaluate, *more]
    name = f"{re.sub(r'[^-.0-9A-Za-z]', '_', given.dataset)}-{given.epochs}ep-{digest(what)}"
    return Bench(
        given.dataset,
        given.work_dir / name,
        given.epochs,
        given.batch_size,
        train,
        evaluate,
        given.data_dir,
        given.manual_dir,
    )


def passed_on(**options: Any) -> list[str]:
    """The options that aren't None, as a command line.

    >>> passed_on(image_size=28, data_dir=None)
    ['--image-size', '28']
    """
    found = ((f"--{name.replace('_', '-')}", value) for name, value in options.items())
    return [text for option, value in found if value is not None for text in (option, str(value))]


def digest(what) -> str:
    """Eight hexadecimal digits that tell plain values apart; the order of keys doesn't matter.

    >>> digest({"epochs": 8, "seed": 0}) == digest({"seed": 0, "epochs": 8})
    True
    """
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:8]
