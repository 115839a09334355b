"""Table 4 and figure 1 of study C: generators of classes, scored by a classifier of their own.

    python benchmarks/generation_table.py --manual-dir DIR    # MNIST, 3 seeds
    python benchmarks/generation_table.py --quick             # does it run? digits; no result

Each autoencoder is trained by `train.py`. Each generator is fitted to it as `train.py --generator`
does; of its search the most varied candidates at several accuracies, by the classifiers that
searched, are drawn anew and scored by the classifier of `evaluate.py --metric generation`. What was
trained, searched and scored is kept under --work-dir.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common import Bench, bench_of, make_parser, summary, write_page

from tfvae.cli.common import load_tensorflow
from tfvae.evaluation.report import markdown_table

# Accuracy by the searching classifiers -> the candidate with the lowest cosine; None: eq. 4.
LEVELS = (None, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
TABLE_LEVELS = (0.995, 0.999)
# Table 4: cosine and accuracy, by the paper's classifier of reconstructions.
PAPER = {
    ("ELBO-20", "simple"): "0.9200 / 0.995",
    ("MMD-20", "simple"): "0.8870 / 0.9968",
    ("MMD-10", "medium1"): "0.8168 / 0.9960",
}
DRAWS = 1000
JUDGE = "cnn_bn"
MODELS = {"ELBO": "vae", "MMD": "mmd_vae"}


@dataclasses.dataclass(frozen=True)
class Run:
    """One autoencoder: objective ("ELBO", "MMD"), size of the code, seed."""

    objective: str
    latent_dim: int
    seed: int

    @property
    def kind(self) -> str:
        """As the paper calls it."""
        return f"{self.objective}-{self.latent_dim}"

    @property
    def name(self) -> str:
        return f"{MODELS[self.objective]}-d{self.latent_dim}-s{self.seed}"

    @property
    def arguments(self) -> list:
        settings = ["network=dense", f"latent_dim={self.latent_dim}"]
        return ["--model", MODELS[self.objective], "--seed", self.seed, "--set", *settings]


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.dataset, given.epochs, given.seeds, given.vaes = "digits", 2, [0], ["MMD-10"]
        given.generators, given.draws = ["simple", "medium2"], 20
        given.searched_on, given.settings = "images", {"medium2": {"steps": 10}}
    bench = bench_of(given, given.draws)
    kinds = [(kind.partition("-")[0], int(kind.partition("-")[2])) for kind in given.vaes]
    runs = [Run(*kind, seed) for seed in given.seeds for kind in kinds]
    for run in runs:
        bench.train(run)
    found = {run: Scored(bench, run, given).results() for run in runs}
    page = [
        f"Data set `{given.dataset}`, {given.epochs} epochs in batches of {given.batch_size}, "
        f"study C's dense networks, seeds {', '.join(map(str, given.seeds))}. {given.draws} images "
        "per class and row, scored by a classifier of real images that took no part in the search. "
        "Cells: mean over seeds [95 % t-interval over seeds].",
        "",
        *markdown_table(table(found, given)),
        "",
        "## Beside them",
        "",
        *markdown_table(points(found)),
    ]
    write_page(given.output, page)
    figures(found, given)


class Scored:
    """One autoencoder with its searches; everything is loaded when something is missing.

    Args:
        bench: Where the export is.
        run: Its autoencoder.
        given: Arguments.
    """

    def __init__(self, bench: Bench, run: Run, given: argparse.Namespace):
        self.bench = bench
        self.run = run
        self.given = given
        self._parts: Any = None

    def results(self) -> dict[str, Any]:
        """ "images" -> scores of real images and reconstructions; generator -> its points."""
        names = ["images", *self.given.generators]
        return {name: self._kept(name) for name in names}

    def _kept(self, name: str) -> Any:
        path = self.bench.folder / "results" / f"{self.run.name}-{name}.json"
        if not path.exists():
            print(f"{self.run.name} {name}", file=sys.stderr, flush=True)
            made = self._images() if name == "images" else self._generator(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(made, indent=1), encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))

    def _load(self):
        """(task that searches, task that scores, data set)."""
        if self._parts is None:
            load_tensorflow()
            from tfvae.data import load_dataset
            from tfvae.evaluation.classifier import load_or_train
            from tfvae.evaluation.export import Export
            from tfvae.generators.task import Task

            folders = {"data_dir": self.given.data_dir, "manual_dir": self.given.manual_dir}
            dataset = load_dataset(self.given.dataset, **folders)
            export = Export.load(self.bench.export(self.run))
            cache = self.bench.folder / "classifiers"
            searching = Task.of(
                export,
                dataset,
                seed=self.run.seed,
                cache_dir=cache,
                searched_on=self.given.searched_on,
            )
            judge = load_or_train(dataset, JUDGE, seed=0, cache_dir=cache)
            scoring = Task(
                export,
                [judge],
                searching.codes,
                searching.classes,
                num_draws=self.given.draws,
                # Of draws that no search has made.
                seed=1_000_000 + self.run.seed,
            )
            self._parts = searching, scoring, dataset
        return self._parts

    def _generator(self, name: str) -> dict[str, Any]:
        from tfvae.generators import generator_function

        searching, scoring, _ = self._load()
        start = time.monotonic()
        search = generator_function(name)(searching, **self.given.settings.get(name, {}))
        seconds = time.monotonic() - start
        rows, drawn = [], {}
        for level in LEVELS:
            sampler, best = search.chosen(level)
            chosen = search.candidates.index(best)
            if chosen not in drawn:
                drawn[chosen] = dataclasses.asdict(scoring.score(sampler))
            reached = level is None or best.score.accuracy >= level
            searched = dataclasses.asdict(best.score)
            rows.append({"level": level, "reached": reached, "searched": searched}
                        | {"scored": drawn[chosen], "settings": best.settings})  # fmt: skip
            if level in TABLE_LEVELS:
                path = self.bench.folder / "generators" / f"{self.run.name}-{name}-{level}.keras"
                path.parent.mkdir(parents=True, exist_ok=True)
                sampler.save(path)
        return {"seconds": seconds, "trials": len(search.candidates), "points": rows}

    def _images(self) -> dict[str, Any]:
        """Cosine and accuracy of real test images and their reconstructions, and of classifiers."""
        import numpy as np

        from tfvae.evaluation.statistics import cosine_pairs

        searching, scoring, dataset = self._load()
        test = dataset.arrays("test")
        classes = test["label"].argmax(axis=1)
        judge = scoring.classifiers[0]
        export = searching.export
        found = {}
        images = {
            "real": test["image"],
            "reconstructed": export.call("reconstruct", image=test["image"])["image"],
        }
        for name, values in images.items():
            cosines = [cosine_pairs(values[classes == row])[0] for row in np.unique(classes)]
            right = judge(values).argmax(axis=1) == classes
            found[name] = {"cosine": float(np.mean(cosines)), "accuracy": float(right.mean())}
        accuracies = [each.accuracy["test"] for each in searching.classifiers]
        both = ("reconstructions", "images")
        names = both if self.given.searched_on == "both" else (self.given.searched_on,)
        found["classifiers"] = dict(zip(names, accuracies, strict=True))
        return found


def table(found: Mapping[Run, Mapping], given: argparse.Namespace) -> list[dict[str, Any]]:
    """Rows of table 4: autoencoder, generator and level, seeds together."""
    rows = []
    for kind in given.vaes:
        runs = [run for run in found if run.kind == kind]
        for name in given.generators:
            for level in TABLE_LEVELS:
                points_ = [point_at(found[run][name], level) for run in runs]
                scored = [point["scored"] for point in points_]
                first = level == TABLE_LEVELS[0]
                seconds = [found[run][name]["seconds"] for run in runs]
                rows.append(
                    {
                        "VAE": kind if first else "",
                        "generator": f"`{name}`" if first else "",
                        "asked for": level if all(p["reached"] for p in points_) else f"{level} *",
                        "cosine": summary([score["cosine"] for score in scored], 4),
                        "accuracy": summary([score["accuracy"] for score in scored], 4),
                        "accuracy in the search": summary(
                            [point["searched"]["accuracy"] for point in points_], 4
                        ),
                        "search, s": f"{max(seconds):.0f}" if first else "",
                        "study": PAPER.get((kind, name), "") if first else "",
                    }
                )
    return rows


def points(found: Mapping[Run, Mapping]) -> list[dict[str, Any]]:
    """Real test images, their reconstructions and the searching classifiers, seeds together."""
    rows = []
    for kind in dict.fromkeys(run.kind for run in found):
        each = [results["images"] for run, results in found.items() if run.kind == kind]
        for name in ("real", "reconstructed"):
            rows.append(
                {
                    "VAE": kind,
                    "images": f"{name} test images",
                    "cosine": summary([one[name]["cosine"] for one in each], 4),
                    "accuracy": summary([one[name]["accuracy"] for one in each], 4),
                }
            )
        for name in each[0]["classifiers"]:
            accuracy = summary([one["classifiers"][name] for one in each], 4)
            rows.append(
                {"VAE": kind, "images": f"searching classifier of {name}", "accuracy": accuracy}
            )
    return rows


def point_at(result: Mapping, level: float | None) -> Mapping:
    """What a search gave for an accuracy."""
    return next(point for point in result["points"] if point["level"] == level)


def figures(found: Mapping[Run, Mapping], given: argparse.Namespace) -> None:
    """Figure 1 of the first seed, and a sheet of the best generator's images."""
    from tfvae.evaluation import plots

    seed = given.seeds[0]
    figure = plots.new_figure(4.2 * len(given.vaes), 4, "Accuracy against cosine similarity")
    axes = figure.subplots(1, len(given.vaes), sharey=True, squeeze=False)[0]
    for axis, kind in zip(axes, given.vaes, strict=True):
        run = next(run for run in found if run.kind == kind and run.seed == seed)
        for name in given.generators:
            scored = sorted(
                (point["scored"]["cosine"], point["scored"]["accuracy"])
                for point in found[run][name]["points"]
            )
            axis.plot(*zip(*scored, strict=True), "o-", markersize=3, label=name)
        for name, marker in (("real", "*"), ("reconstructed", "P")):
            point = found[run]["images"][name]
            axis.plot(point["cosine"], point["accuracy"], marker, color="black", label=name)
        axis.set(title=kind, xlabel="cosine similarity")
    axes[0].set(ylabel="accuracy", ylim=(0.88, 1.003))
    axes[-1].legend(loc="lower left", fontsize=7)
    _save(figure, given.output.with_name(f"{given.output.stem}-curves.png"))


def _save(figure, path: Path) -> None:
    figure.savefig(path, dpi=100)
    print(path)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        __doc__,
        "generation_table",
        dataset="mnist",
        epochs=20,
        batch_size=128,
        quick="digits, one autoencoder of two epochs",
    )
    from tfvae.generators import GENERATORS

    parser.add_argument("--vaes", nargs="+", default=["ELBO-20", "MMD-20", "MMD-10"],
                        help="objective and size of the code")  # fmt: skip
    parser.add_argument("--generators", nargs="+", default=list(GENERATORS))
    parser.add_argument("--draws", type=int, default=DRAWS, help="images per class in a score")
    parser.set_defaults(searched_on="both", settings={})
    return parser


if __name__ == "__main__":
    main()
