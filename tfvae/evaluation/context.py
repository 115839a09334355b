"""What a metric may use, and what it returns."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.classifiers.scores import image_accuracy, recall_groups
from tfvae.evaluation.statistics import make_rng, mean_interval, mean_recall_interval
from tfvae.exports.reader import Export
from tfvae.schema import BINARY, IMAGE, LABEL, OBSERVED, SPLITS, TEST, DataSpec, EvaluationImages

POOL = 20_000

# Images [B, H, W, C] -> probabilities [B, L].
DomainClassifier = Callable[[np.ndarray], np.ndarray]
Rows = list[dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Subject:
    """An export and the data that it is scored on.

    Args:
        export: Opened.
        dataset: The data that it is scored on, `Dataset` or the like.
    """

    export: Export
    dataset: EvaluationImages


@dataclasses.dataclass(frozen=True)
class Context:
    """What a metric may use.

    Most metrics score one export; those that compare several either score all on the data of the
    first, or take each with its own data by `each`.

    Args:
        subjects: One, or several for metrics that compare.
        seed: Of every random draw.
        cache_dir: Where trained classifiers are kept.
        classifiers: Architecture -> classifier, used in place of trained ones.
    """

    subjects: Sequence[Subject]
    seed: int = 0
    cache_dir: Path = Path("results/classifiers")
    classifiers: Mapping[str, DomainClassifier] = dataclasses.field(default_factory=dict)
    # (Identity of the data set, architecture) -> classifier: those trained so far.
    _trained: MutableMapping[tuple[int, str], DomainClassifier] = dataclasses.field(
        default_factory=dict, repr=False
    )

    def each(self) -> Iterator["Context"]:
        """A context for each subject alone: its export, its data, the classifiers of its data."""
        for subject in self.subjects:
            yield dataclasses.replace(self, subjects=(subject,))

    @property
    def exports(self) -> tuple[Export, ...]:
        """The export of each subject."""
        return tuple(subject.export for subject in self.subjects)

    @property
    def export(self) -> Export:
        """The only, or first, export."""
        return self.subjects[0].export

    @property
    def dataset(self) -> EvaluationImages:
        """The data of the only, or first, export."""
        return self.subjects[0].dataset

    @property
    def spec(self) -> DataSpec:
        """The DataSpec of `dataset`."""
        return self.dataset.spec

    @property
    def data_name(self) -> str:
        """The data set's name for titles: of a path, its last part."""
        return self.spec.name.rstrip("/").rsplit("/", maxsplit=1)[-1]

    @property
    def can_edit(self) -> bool:
        """Whether the data set can draw an example again with one label on: the perfect edit."""
        return self.dataset.can_edit

    def architecture(self, name: str) -> str:
        """The classifier that `name` stands for; "auto" is that of Vargas Aguilar & Gu for classes.

        For attributes it is the one with batch normalisation: theirs misses rare ones (on
        `avatars` it is right on 0.94 of the labels after 15 epochs, `cnn_bn` on 0.99 after 4).
        """
        if name != "auto":
            return name
        return "cnn_bn" if self.spec.label_kind == BINARY else "cnn"

    def classifier(self, architecture: str, weights: str | None = None) -> DomainClassifier:
        """Domain classifier of the train split: images [B, H, W, C] -> probabilities [B, L].

        Args:
            architecture: A name of `ARCHITECTURES`.
            weights: What a pretrained one starts from.
        """
        if architecture in self.classifiers:
            return self.classifiers[architecture]
        key = id(self.dataset), architecture
        if key not in self._trained:
            from tfvae.classifiers.classifier import load_or_train

            self._trained[key] = load_or_train(
                self.dataset,
                architecture,
                seed=self.seed,
                cache_dir=self.cache_dir,
                weights=weights,
            )
        return self._trained[key]

    def classifier_scores(self, architecture: str) -> dict[str, tuple[float, tuple[float, float]]]:
        """How often a classifier is right on the known labels of the test split, with intervals.

        Returns:
            "accuracy"; for binary labels "balanced_accuracy", the mean over labels of the mean of
            its true positive and true negative rate. Scores without any known label are left out.
        """
        data = self.draw()
        probability = self.classifier(architecture)(data[IMAGE])
        label, known, kind = data[LABEL], data[OBSERVED] > 0, self.spec.label_kind
        right, weight = image_accuracy(probability, label, known, kind)
        scores = {}
        if weight.any():
            mean = float(np.average(right, weights=weight))
            scores["accuracy"] = mean, mean_interval(right, self.seed, weight)
        hits, members = recall_groups(probability, label, known, kind)
        if kind == BINARY and members.any():
            recalls = hits.sum(axis=0) / members.sum(axis=0)
            interval = mean_recall_interval(hits, members, self.seed)
            scores["balanced_accuracy"] = float(recalls.mean()), interval
        return scores

    def draw(self, split: str = TEST, count: int | None = None) -> dict[str, np.ndarray]:
        """Images of a split (and labels, where there are some) in a random order of the seed.

        Args:
            split: Its name.
            count: At most this many, all of them different; None for the whole split. They are
                drawn from the split's first 20,000.
        """
        arrays = self.dataset.arrays(split, limit=POOL if count else None)
        order = self.rows(split, count)
        return {name: values[order] for name, values in arrays.items()}

    def rows(self, split: str = TEST, count: int | None = None) -> np.ndarray:
        """Where the images that `draw` returns lie in the data set's `arrays`, int64 [N]."""
        total = self.spec.num_examples[split]
        total = min(total, POOL) if count else total
        return make_rng(self.seed, SPLITS.index(split)).permutation(total)[: count or total]

    def edited(self, split: str, rows: np.ndarray, label: int) -> np.ndarray:
        """The examples at `rows`, drawn again with a label on, float32 [N, H, W, C].

        Raises:
            UserError: the data set can't edit (see `can_edit`).
        """
        return self.dataset.edited(split, rows, label)


@dataclasses.dataclass(frozen=True)
class Result:
    """What a metric returns.

    Args:
        values: Name -> number; the names are listed in docs/metrics/.
        intervals: Name -> (low, high), 95 %, for names of `values`.
        num_images: Images that the values are taken over.
        settings: What the metric decided itself (the strength that it chose).
        tables: Title -> rows, each a mapping from column to cell.
        figures: Name -> matplotlib figure.
        notes: Sentences that a reader of the values must know.
    """

    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    num_images: int
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tables: Mapping[str, Rows] = dataclasses.field(default_factory=dict)
    figures: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
