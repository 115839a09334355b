"""What the benchmarks share: runs trained by `train.py` and scored by `evaluate.py`, each once.

A benchmark states its runs, asks a `Bench` to train and score them, and writes a page. Whatever
was done is kept under --work-dir, in a folder for each budget and set of options.
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

import numpy as np
from scipy import stats

ROOT = Path(__file__).resolve().parents[1]

# Run -> metric -> name -> number.
Scores = dict[str, dict[str, dict[str, float]]]


class Run(Protocol):
    """One training."""

    @property
    def name(self) -> str:
        """Says all that differs within a work folder."""

    @property
    def arguments(self) -> Sequence:
        """Of `train.py`, beside those that all runs of the bench share."""


@dataclasses.dataclass(frozen=True)
class Bench:
    """Where things lie and what all runs share.

    Args:
        dataset: A name that `train.py` takes.
        folder: Of this data set and budget.
        epochs, batch_size: Of every training.
        train_options, evaluate_options: Passed on.
        data_options: Of both scripts: where the data lie; a run may go on with them elsewhere.
    """

    dataset: str
    folder: Path
    epochs: int
    batch_size: int
    train_options: Sequence[str] = ()
    evaluate_options: Sequence[str] = ()
    data_options: Sequence[str] = ()

    def export(self, run: Run) -> Path:
        """The run's export: a folder of versions."""
        return self.folder / "saved_models" / run.name

    def train(self, run: Run) -> None:
        """Trains unless the export is there; goes on with a run that was stopped."""
        if any(self.export(run).glob("*/saved_model.pb")):
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
        """Values of several metrics for several runs, by one call; not repeated.

        Args:
            runs: Trained; of different names.
            metrics: Names that `evaluate.py` takes; those that compare see all runs at once.
            name: Of the call, in the log.
            options: Further arguments of `evaluate.py`.
        Returns:
            Run -> metric -> name -> number; what belongs to no run alone is left out.
        """
        documents = self.documents(runs, metrics, self.call_name(runs, metrics, name, options))
        return by_run(documents, [run.name for run in runs])

    def call_name(
        self, runs: Sequence[Run], metrics: Sequence[str], name: str, options: Sequence[str] = ()
    ) -> str:
        """The name with what tells this call from others."""
        return f"{name}-{digest([[run.name for run in runs], list(metrics), list(options)])}"

    def documents(
        self, runs: Sequence[Run], metrics: Sequence[str], name: str, options: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """What `evaluate.py --json` writes, one document per score; kept under the name."""
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
        """Of the run's newest export."""
        newest = max(
            self.export(run).glob("*/manifest.json"), key=lambda path: int(path.parent.name)
        )
        return json.loads(newest.read_text(encoding="utf-8"))

    def seconds(self, run: Run) -> float:
        """Time that the run spent training."""
        return self.manifest(run)["training"]["seconds"]

    def history(self, run: Run) -> dict[str, list[float]]:
        """Column of the run's history.csv -> its figures, one per epoch."""
        path = self.folder / "runs" / run.name / "history.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {name: [float(row[name]) for row in rows] for name in rows[0]}

    def _call(self, script: str, arguments: Sequence, name: str) -> None:
        log = self.folder / "logs" / f"{Path(script).stem}-{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        print(f"{script} {name}", file=sys.stderr, flush=True)
        with log.open("w", encoding="utf-8") as file:
            command = [sys.executable, ROOT / script, *map(str, arguments)]
            done = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            last = log.read_text(encoding="utf-8").strip().splitlines()[-1:]
            raise SystemExit(f"{script} failed, see {log}: {' '.join(last)}")


def by_run(documents: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Scores:
    """The documents' values sorted by run: those of a single export, or those named `RUN/...`."""
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


def bench_of(given: argparse.Namespace, *more) -> Bench:
    """The bench for the arguments of `make_parser`.

    Whatever changes a training or a score changes its folder: the budget, the options that are
    passed on, and `more`, plain values such as the benchmark's own table of options.
    """
    train = passed_on(given, "image_size")
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
        passed_on(given, "data_dir", "manual_dir"),
    )


def make_parser(
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
        description: The benchmark's docstring.
        name: Of the benchmark, for the default folders.
        dataset, epochs, batch_size: Defaults.
        quick: Help of --quick.
        metrics: Whether it calls `evaluate.py`, whose metrics take `--set`.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default=dataset)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=epochs, help="of every model")
    parser.add_argument("--batch-size", type=int, default=batch_size)
    if metrics:
        parser.add_argument("--set", nargs="*", metavar="KEY=VALUE", help="of the metrics")
    parser.set_defaults(set=[])
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--data-dir")
    parser.add_argument("--manual-dir")
    parser.add_argument("--work-dir", type=Path, default=Path("runs") / name)
    parser.add_argument("--output", type=Path, default=Path("results") / f"{name}.md")
    parser.add_argument("--quick", action="store_true", help=quick)
    return parser


def passed_on(given: argparse.Namespace, *names: str) -> list[str]:
    """Those of the named arguments that were given, as a command line."""
    found = ((f"--{name.replace('_', '-')}", getattr(given, name)) for name in names)
    return [text for option, value in found if value is not None for text in (option, str(value))]


def write_page(path: Path, lines: Sequence[str]) -> None:
    """Writes the benchmark's page and prints it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path}\n\n" + "\n".join(lines))


def digest(what) -> str:
    """Eight letters that differ for different values."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:8]


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the mean over seeds (Student's t); None of a single one."""
    if len(values) < 2:
        return None
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return np.mean(values) - half, np.mean(values) + half


def cells(seeds: Sequence[int]) -> str:
    """What `summary` put into the cells, as a sentence for the page."""
    if len(seeds) < 2:
        return "Cells: one seed, so differences between rows may be chance."
    return "Cells: mean over seeds [95 % t-interval over seeds, which may end past 1]."


def summary(values: Sequence[float], digits: int = 3) -> str:
    """Mean over seeds with its interval, as a cell."""
    bounds = interval(values)
    spread = "" if bounds is None else f" [{bounds[0]:.{digits}f}, {bounds[1]:.{digits}f}]"
    return f"{np.mean(values):.{digits}f}{spread}"
