"""The searches of `table4`: each is run and scored once."""

import argparse
import dataclasses
import json
import sys
import time
from typing import Any

from benchmarks.bench import Bench
from benchmarks.study_c.page import LEVELS, PAPER, TABLE_LEVELS, result_of
from tfvae import files
from tfvae.cli.common import load_tensorflow
from tfvae.schema import CATEGORICAL

SHOWN = 15
JUDGE = "cnn_bn"


class Scored:
    """One autoencoder with its searches; everything is loaded when something is missing.

    Args:
        bench: Where the export is.
        run: Its autoencoder, a `table4.Run`.
        given: Arguments.
    """

    def __init__(self, bench: Bench, run: Any, given: argparse.Namespace):
        self.bench = bench
        self.run = run
        self.given = given
        self._parts: Any = None

    def results(self) -> dict[str, Any]:
        """ "images" -> scores of real images and reconstructions; generator -> its points."""
        names = ["images", *self.given.generators]
        return {name: self._kept(name) for name in names}

    def study_rows(self) -> dict[str, Any]:
        """Generator -> its points, for those that the study reports for this autoencoder."""
        names = [name for name in self.given.generators if (self.run.kind, name) in PAPER]
        return {name: self._kept(name) for name in names}

    def _kept(self, name: str) -> Any:
        path = result_of(self.bench, self.run, name, self.given)
        if not path.exists():
            print(f"{self.run.name} {name}", file=sys.stderr, flush=True)
            made = self._images() if name == "images" else self._generator(name)
            files.write_json(path, made)
        return json.loads(path.read_text(encoding="utf-8"))

    def _load(self):
        """(problem that searches, problem that scores, data set)."""
        if self._parts is None:
            load_tensorflow()
            from tfvae.classifiers.classifier import load_or_train
            from tfvae.data import load_dataset
            from tfvae.exports.reader import Export
            from tfvae.generators.problem import FitProblem

            export = Export.load(self.bench.export(self.run))
            dataset = load_dataset(
                self.given.dataset,
                data_dir=self.given.data_dir,
                manual_dir=self.given.manual_dir,
                **export.manifest["dataset_options"],
            )
            cache = self.bench.folder / "classifiers"
            searching = FitProblem.for_export(
                export,
                dataset,
                seed=self.run.seed,
                cache_dir=cache,
                searched_on=self.given.searched_on,
            )
            judges = searching.classifiers
            if not self.given.own_score:
                judges = {JUDGE: load_or_train(dataset, JUDGE, seed=0, cache_dir=cache)}
            scoring = FitProblem(
                export,
                judges,
                searching.codes,
                searching.classes,
                num_draws=self.given.draws,
                # Of draws that no search has made.
                seed=1_000_000 + self.run.seed,
            )
            self._parts = searching, scoring, dataset
        return self._parts

    def _generator(self, name: str) -> dict[str, Any]:
        from tfvae.generators import GENERATORS

        searching, scoring, _ = self._load()
        start = time.monotonic()
        search = GENERATORS.load(name)(searching, **self.given.settings.get(name, {}))
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
            if level == TABLE_LEVELS[0]:
                self._sheet(name, sampler)
        return {
            "seconds": seconds,
            "trials": len(search.candidates),
            "points": rows,
            "best_so_far": search.best_so_far(TABLE_LEVELS[0]),
        }

    def _sheet(self, name: str, sampler) -> None:
        """Images of every class, as a picture beside the results."""
        import numpy as np
        import tensorflow as tf

        from tfvae import plots

        _, scoring, dataset = self._load()
        names = dataset.spec.label_names
        rows = [
            scoring.draw(sampler, tf.fill([SHOWN], row), tf.constant([row, 0])).numpy()
            for row in range(len(names))
        ]
        figure = plots.image_grid(
            np.stack(rows), f"{self.run.kind}, {name}", row_labels=list(names)
        )
        sheet = result_of(self.bench, self.run, name, self.given).with_suffix(".png")
        files.write(sheet, lambda path: figure.savefig(path, dpi=80))

    def _images(self) -> dict[str, Any]:
        """Cosine and accuracy of real test images and their reconstructions, each with its interval
        over images, and the accuracy of the classifiers that search."""
        from tfvae.evaluation.metrics.generation import known_labels

        searching, scoring, dataset = self._load()
        test = dataset.arrays("test")
        judge = next(iter(scoring.classifiers.values()))
        export = searching.export
        found: dict[str, Any] = {}
        images = {
            "real": test["image"],
            "reconstructed": export.call("reconstruct", image=test["image"])["image"],
        }
        for name, values in images.items():
            known = known_labels(values, judge(values), test, CATEGORICAL, seed=0)
            cosine, accuracy = known.scores["cosine_similarity"], known.scores["accuracy"]
            found[name] = {
                "cosine": cosine[0],
                "accuracy": accuracy[0],
                "intervals": {"cosine": cosine[1], "accuracy": accuracy[1]},
            }
        found["classifiers"] = {
            name: each.accuracy["test"] for name, each in searching.classifiers.items()
        }
        return found
