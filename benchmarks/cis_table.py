"""Table 1 of the dual-space study (E): models trained alike and compared by the CIS.

    python benchmarks/cis_table.py              # avatars, 20 and 40 domains, 3 seeds
    python benchmarks/cis_table.py --quick      # does it run? one epoch of two models; no result

Every model sees the same images equally often in batches of the same size, with the options of
`OPTIONS`, chosen on validation images (docs/results/cis.md); its strength is chosen on validation
images too, by `evaluate.py --metric cis`. Trained runs and scored ones are kept under --work-dir,
in a folder for each budget and set of options, and not repeated: the command goes on where it was
stopped. Training doesn't notice that code has changed; give another --work-dir then.
"""

import argparse
import dataclasses
import hashlib
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from tfvae.evaluation.report import markdown_table

ROOT = Path(__file__).resolve().parents[1]

# What differs from the defaults of `train.py`.
VAE_SETTINGS = "--set pixel_likelihood=gaussian_learned latent_dim=128"
OPTIONS = {
    "cvae": VAE_SETTINGS,
    "m2": VAE_SETTINGS,
    "ccvae": VAE_SETTINGS,
    "dualvae": VAE_SETTINGS,
    "fader": "--learning-rate 2e-3 --set adversary_weight=2e-5 ramp_images=51200",
    # bfloat16 is 2.7 times as fast on two cores, and as good on validation images.
    "stargan": "--learning-rate 5e-4 --precision mixed_bfloat16 --set critic_steps=1",
}

# Table 1 of the study: CelebA, mean and standard deviation over repeats. Its CVAE is M2, which is
# `cvae` where all labels are known.
PAPER = {
    "cvae": {20: "-0.112 ± 0.007", 40: "-0.152 ± 0.006"},
    "fader": {20: "0.075 ± 0.008", 40: "-0.002 ± 0.003"},
    "stargan": {20: "0.068 ± 0.188", 40: "0.050 ± 0.032"},
    "dualvae": {20: "0.163 ± 0.025", 40: "0.140 ± 0.020"},
}
MODELS = ("cvae", "fader", "stargan", "dualvae")


@dataclasses.dataclass(frozen=True)
class Run:
    """One training: its name says all that differs within a work folder."""

    model: str
    domains: int
    seed: int
    missing: float = 0.0

    @property
    def name(self) -> str:
        missing = f"-missing{self.missing:g}" if self.missing else ""
        return f"{self.model}-{self.domains}{missing}-s{self.seed}"


@dataclasses.dataclass(frozen=True)
class Bench:
    """Where things lie and what all runs share.

    Args:
        dataset: A data set with attributes.
        folder: Of this dataset and budget.
        epochs, batch_size: Of every training.
        train_options, evaluate_options: Passed on.
    """

    dataset: str
    folder: Path
    epochs: int
    batch_size: int
    train_options: Sequence[str] = ()
    evaluate_options: Sequence[str] = ()

    def export(self, run: Run) -> Path:
        return self.folder / "saved_models" / run.name

    def train(self, run: Run) -> None:
        """Trains unless the export is there; goes on with a run that was stopped."""
        if any(self.export(run).glob("*/saved_model.pb")):
            return
        runs = self.folder / "runs"
        arguments = ["--name", run.name, "--runs-dir", runs]
        arguments += ["--saved-models-dir", self.folder / "saved_models"]
        if (runs / run.name).exists():
            arguments += ["--resume"]
        else:
            arguments += ["--model", run.model, "--dataset", self.dataset]
            arguments += ["--labels", run.domains, "--seed", run.seed]
            arguments += ["--epochs", self.epochs, "--batch-size", self.batch_size]
            arguments += ["--missing-labels", run.missing, *self.train_options]
            arguments += OPTIONS.get(run.model, "").split()
        self._call("train.py", arguments, run.name)

    def score(self, runs: Sequence[Run], name: str) -> dict:
        """Values of `cis` for several runs together; not repeated."""
        name = f"{name}-{digest([run.name for run in runs])}"
        path = self.folder / "results" / f"{name}.json"
        if not path.exists():
            arguments = ["--metric", "cis", "--json", path, "--output-dir", self.folder / "results"]
            for run in runs:
                arguments += ["--saved-model", self.export(run)]
            path.parent.mkdir(parents=True, exist_ok=True)
            self._call("evaluate.py", [*arguments, *self.evaluate_options], name)
        values = json.loads(path.read_text(encoding="utf-8"))["values"]
        if len(runs) == 1:
            # A single export's values bear no run's name.
            values |= {f"{runs[0].name}/{name}": value for name, value in values.items()}
        return values

    def seconds(self, run: Run) -> float:
        """Time that the run spent training."""
        manifest = max(
            self.export(run).glob("*/manifest.json"), key=lambda path: int(path.parent.name)
        )
        return json.loads(manifest.read_text(encoding="utf-8"))["training"]["seconds"]

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


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.models, given.seeds, given.domains = ["cvae", "dualvae"], [0], [5]
        given.epochs, given.missing = 1, [0.9]
        given.set = ["classifier=cnn", "num_images=40", "repeats=1", "validation_images=20"]
    bench = bench_of(given)
    page = [
        f"Data set `{given.dataset}`, {given.epochs} epochs in batches of {given.batch_size} for "
        f"every model, seeds {', '.join(map(str, given.seeds))}. Cells: mean over seeds [95 % "
        "t-interval over seeds]. Options of the metric: "
        f"{' '.join(given.set) or 'the defaults'}.",
    ]
    for domains in given.domains:
        page += _table(bench, given.models, domains, given.seeds)
    if given.missing and given.missing_models:
        page += _missing(bench, given.missing_models, max(given.domains), given)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text("\n".join(page) + "\n", encoding="utf-8")
    print(f"{given.output}\n\n" + "\n".join(page))


def bench_of(given) -> Bench:
    """The bench for parsed arguments; whatever changes a training or a score changes its folder."""
    train = _options(given, "image_size")
    evaluate = ["--set", *given.set] if given.set else []
    what = [given.dataset, given.epochs, given.batch_size, train, evaluate, OPTIONS]
    name = f"{re.sub(r'[^-.0-9A-Za-z]', '_', given.dataset)}-{given.epochs}ep-{digest(what)}"
    folders = _options(given, "data_dir", "manual_dir")
    return Bench(
        given.dataset,
        given.work_dir / name,
        given.epochs,
        given.batch_size,
        [*folders, *train],
        [*folders, *evaluate],
    )


def digest(what) -> str:
    """Eight letters that differ for different values."""
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:8]


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the mean over seeds (Student's t); None of a single one."""
    if len(values) < 2:
        return None
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return np.mean(values) - half, np.mean(values) + half


def summary(values: Sequence[float]) -> str:
    """Mean over seeds with its interval, as a cell."""
    bounds = interval(values)
    spread = "" if bounds is None else f" [{bounds[0]:.3f}, {bounds[1]:.3f}]"
    return f"{np.mean(values):.3f}{spread}"


def _table(bench: Bench, models: Sequence[str], domains: int, seeds: Sequence[int]) -> list[str]:
    """The models of one number of domains, best first, and what DualVAE has over each other."""
    runs = {model: [Run(model, domains, seed) for seed in seeds] for model in models}
    for run in itertools.chain(*runs.values()):
        bench.train(run)
    found = [
        bench.score([Run(model, domains, seed) for model in models], f"table-{domains}-s{seed}")
        for seed in seeds
    ]

    def values(model: str, part: str) -> list[float]:
        return [each[f"{run.name}/{part}"] for each, run in zip(found, runs[model], strict=True)]

    first, rows = found[0], []
    for model in sorted(models, key=lambda name: -np.mean(values(name, "cis"))):
        row = {"model": f"`{model}`", "CIS": summary(values(model, "cis"))}
        row |= {part: summary(values(model, part)) for part in ("ts", "rs")}
        if "oracle_cis" in first:
            row["share of oracle"] = summary(values(model, "share_of_oracle"))
        if "dualvae" in models and model != "dualvae":
            pairs = zip(values("dualvae", "cis"), values(model, "cis"), strict=True)
            row["dualvae's CIS less it"] = summary([ours - other for ours, other in pairs])
        row["strength"] = ", ".join(f"{value:g}" for value in values(model, "strength"))
        row["training, s"] = f"{np.mean([bench.seconds(run) for run in runs[model]]):.0f}"
        row["study, on CelebA"] = PAPER.get(model, {}).get(domains, "")
        rows.append(row)
    for name in ("oracle", "identity"):
        if f"{name}_cis" in first:
            rows.append({"model": name, "CIS": f"{first[f'{name}_cis']:.3f}"})
    return [
        *("", f"## {domains} domains", ""),
        *markdown_table(rows),
        "",
        f"The classifier is right on {first['classifier_accuracy']:.3f} of the test labels"
        f" (balanced: {first['classifier_balanced_accuracy']:.3f}).",
    ]


def _missing(bench: Bench, models: Sequence[str], domains: int, given) -> list[str]:
    """CIS with labels hidden, and its share of the CIS with all."""
    ratios = [0.0, *sorted(given.missing)]
    cases = list(itertools.product(models, ratios))
    found = []
    for seed in given.seeds:
        runs = [Run(model, domains, seed, ratio) for model, ratio in cases]
        for run in runs:
            bench.train(run)
        found.append(bench.score(runs, f"missing-{domains}-s{seed}"))

    def values(model: str, ratio: float, part: str) -> list[float]:
        names = [Run(model, domains, seed, ratio).name for seed in given.seeds]
        return [each[f"{name}/{part}"] for each, name in zip(found, names, strict=True)]

    rows = []
    for model, ratio in cases:
        pairs = list(zip(values(model, ratio, "cis"), values(model, 0.0, "cis"), strict=True))
        row = {"model": f"`{model}`", "labels hidden": f"{ratio:.0%}"}
        row |= {part: summary(values(model, ratio, part)) for part in ("cis", "ts", "rs")}
        row["less than with all labels"] = summary([some - full for some, full in pairs])
        if all(full > 0 for _, full in pairs):
            row["share of it"] = summary([some / full for some, full in pairs])
        rows.append(row)
    return ["", f"## Missing labels, {domains} domains", "", *markdown_table(rows)]


def _options(given, *names: str) -> list[str]:
    found = ((f"--{name.replace('_', '-')}", getattr(given, name)) for name in names)
    return [text for option, value in found if value is not None for text in (option, str(value))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", default="avatars", help="one with attributes")
    parser.add_argument("--domains", type=int, nargs="+", default=[20, 40])
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=8, help="of every model")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--missing", type=float, nargs="*", default=[0.9], help="labels hidden")
    parser.add_argument("--missing-models", nargs="*", default=["dualvae"])
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="of the metric")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--data-dir")
    parser.add_argument("--manual-dir")
    parser.add_argument("--work-dir", type=Path, default=Path("runs/cis_table"))
    parser.add_argument("--output", type=Path, default=Path("results/cis_table.md"))
    parser.add_argument("--quick", action="store_true", help="one epoch of two models")
    return parser


if __name__ == "__main__":
    main()
