"""The searches of `table4`: each is run and scored once."""

import dataclasses
import json
import sys
import time
from typing import Any

from benchmarks.bench import Bench
from benchmarks.study_c.plan import LEVELS, STUDY, TABLE_LEVELS, Plan, Run
from tfvae import files
from tfvae.cli.common import load_tensorflow
from tfvae.schema import CATEGORICAL

# Images of a class on a sheet.
SHOWN = 15
# Architecture of the classifier that scores.
ARCHITECTURE = "cnn_bn"


class Searches:
    """The searches for one autoencoder, and their scores.

    Results that were kept are read; the first one that is missing loads TensorFlow and the export.

    Args:
        bench: Holds the export.
        run: The autoencoder.
        plan: Which generators are searched, and how they are scored.
    """

    def __init__(self, bench: Bench, run: Run, plan: Plan):
        self.bench = bench
        self.run = run
        self.plan = plan
        self._parts: Any = None

    def results(self) -> dict[str, Any]:
        """Scores of real images and reconstructions under "images", and of each generator."""
        return {name: self._load_or_run(name) for name in ("images", *self.plan.generators)}

    def study_rows(self) -> dict[str, Any]:
        """Scores of those generators that the study reports for this autoencoder."""
        names = [name for name in self.plan.generators if (self.run.kind, name) in STUDY]
        return {name: self._load_or_run(name) for name in names}

    def _load_or_run(self, name: str) -> Any:
        path = self.plan.result_path(self.bench, self.run, name)
        if not path.exists():
            print(f"{self.run.name} {name}", file=sys.stderr, flush=True)
            made = self._images() if name == "images" else self._generator(name)
            files.write_json(path, made)
        return json.loads(path.read_text(encoding="utf-8"))

    def _load(self):
        """The problem that is searched, the problem that scores its candidates, and the data."""
        if self._parts is None:
            load_tensorflow()
            from tfvae.classifiers.cache import load_or_train
            from tfvae.exports.reader import Export
            from tfvae.generators.problem import FitProblem

            export = Export.load(self.bench.export(self.run))
            dataset = self.bench.load_dataset(self.run)
            cache = self.bench.folder / "classifiers"
            searching = FitProblem.for_export(
                export,
                dataset,
                seed=self.run.seed,
                cache_dir=cache,
                searched_on=self.plan.searched_on,
            )
            classifiers = searching.classifiers
            if not self.plan.own_score:
                independent = load_or_train(dataset, ARCHITECTURE, seed=0, cache_dir=cache)
                classifiers = {ARCHITECTURE: independent}
            scoring = FitProblem(
                export,
                classifiers,
                searching.codes,
                searching.classes,
                num_draws=self.plan.draws,
                # Draws that no search has made.
                seed=1_000_000 + self.run.seed,
            )
            self._parts = searching, scoring, dataset
        return self._parts

    def _generator(self, name: str) -> dict[str, Any]:
        from tfvae.generators import GENERATORS

        searching, scoring, _ = self._load()
        start = time.monotonic()
        search = GENERATORS.load(name)(searching, **self.plan.settings.get(name, {}))
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
        """Draws images of every class and writes them as a picture beside the results."""
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
        sheet = self.plan.result_path(self.bench, self.run, name)
        files.write(sheet.with_suffix(".png"), lambda path: plots.save_figure(figure, path, dpi=80))

    def _images(self) -> dict[str, Any]:
        """Cosine and accuracy of real test images and of their reconstructions, with intervals over
        images, and the accuracies of the classifiers that search."""
        from tfvae.evaluation.metrics.generation import known_labels

        searching, scoring, dataset = self._load()
        test = dataset.arrays("test")
        classifier = next(iter(scoring.classifiers.values()))
        export = searching.export
        found: dict[str, Any] = {}
        images = {
            "real": test["image"],
            "reconstructed": export.call("reconstruct", image=test["image"])["image"],
        }
        for name, values in images.items():
            known = known_labels(values, classifier(values), test, CATEGORICAL)
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
