"""The argument of every metric, and its result."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.classifiers.scores import image_accuracy, recall_groups
from tfvae.evaluation.statistics import make_rng, proportion_interval
from tfvae.exports.reader import Export
from tfvae.schema import (
    BINARY,
    IMAGE,
    LABEL,
    OBSERVED,
    SPLITS,
    TEST,
    DataSpec,
    EvaluationImages,
    UserError,
)

# Images of a split that are drawn from, at most.
POOL = 20_000

# Images [B, H, W, C] -> probabilities [B, L].
DomainClassifier = Callable[[np.ndarray], np.ndarray]
Rows = list[dict[str, Any]]
Values = dict[str, float]
Intervals = dict[str, tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Subject:
    """An export and the data that it is scored on.

    Args:
        export: As `tfvae.load` returns it.
        dataset: As `tfvae.load_dataset` returns it, or another object with the same methods.

    >>> from tfvae.data import load_dataset
    >>> export = Export(Path("saved_models/vae_digits/1"), manifest={}, spec=None)
    >>> subject = Subject(export, load_dataset("digits"))
    >>> subject.export.name, subject.dataset.spec.name
    ('vae_digits/1', 'digits')
    """

    export: Export
    dataset: EvaluationImages


@dataclasses.dataclass(frozen=True)
class Context:
    """The argument of every metric: exports, data, classifiers and the seed.

    Most metrics score one export; those that compare several either score all of them on the data
    of the first, or each on its own data by `each`.

    Args:
        subjects: One, or several for metrics that compare.
        seed: Of every random draw.
        cache_dir: Folder in which trained classifiers are kept.
        classifiers: Architecture -> classifier, used in place of trained ones.
        kept: What is computed once: the trained classifiers, and what a classifier says of all test
            images. Contexts with the same mapping share it.

    >>> from tfvae.data import load_dataset
    >>> context = Context([Subject(None, load_dataset("digits"))], seed=1)
    >>> context.data_name, context.spec.num_labels, context.can_edit
    ('digits', 10, False)
    >>> drawn = context.draw(count=5)
    >>> drawn["image"].shape, bool((drawn["label"] == context.draw(count=5)["label"]).all())
    ((5, 28, 28, 1), True)
    """

    subjects: Sequence[Subject]
    seed: int = 0
    cache_dir: Path = Path("results/classifiers")
    classifiers: Mapping[str, DomainClassifier] = dataclasses.field(default_factory=dict)
    kept: MutableMapping[tuple, Any] = dataclasses.field(default_factory=dict, repr=False)

    def each(self) -> Iterator["Context"]:
        """A context for each subject alone: its export, its data, the classifiers of its data.

        >>> context = Context([Subject("first", None), Subject("second", None)])
        >>> [alone.export for alone in context.each()]
        ['first', 'second']
        """
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
        """The name of the data set in titles; of a path, its last part."""
        return self.spec.name.rstrip("/").rsplit("/", maxsplit=1)[-1]

    @property
    def can_edit(self) -> bool:
        """Whether the data set can draw an example again with one label switched on, which is the
        perfect edit."""
        return self.dataset.can_edit

    def architecture(self, name: str) -> str:
        """The architecture that `name` stands for; "auto" is the one of Vargas Aguilar & Gu for
        classes.

        For attributes "auto" is the one with batch normalisation: theirs misses rare attributes (on
        `avatars` its accuracy is 0.94 after 15 epochs, that of `cnn_bn` 0.99 after 4).

        >>> from tfvae.data import load_dataset
        >>> Context([Subject(None, load_dataset("digits"))]).architecture("auto")
        'cnn'
        """
        if name != "auto":
            return name
        return "cnn_bn" if self.spec.label_kind == BINARY else "cnn"

    def classifier(self, architecture: str, weights: str | None = None) -> DomainClassifier:
        """Domain classifier of the train split: images [B, H, W, C] -> probabilities [B, L].

        Args:
            architecture: A name of `ARCHITECTURES`.
            weights: The weights from which the training of a pretrained one starts.

        >>> import numpy as np
        >>> uniform = lambda images: np.full([len(images), 10], 0.1)
        >>> context = Context([Subject(None, None)], classifiers={"cnn": uniform})
        >>> context.classifier("cnn")(np.zeros([2, 28, 28, 1])).shape
        (2, 10)
        """
        if architecture in self.classifiers:
            return self.classifiers[architecture]
        key = "classifier", id(self.dataset), architecture, self.seed, weights
        if key not in self.kept:
            from tfvae.classifiers.cache import load_or_train

            trained = load_or_train(
                self.dataset,
                architecture,
                seed=self.seed,
                cache_dir=self.cache_dir,
                weights=weights,
            )
            # With the data set, whose identity is part of the key.
            self.kept[key] = trained, self.dataset
        return self.kept[key][0]

    def test_probabilities(self, architecture: str, weights: str | None = None) -> np.ndarray:
        """What a classifier says of all test images, in the order of `draw()`: [N, L].

        Arguments as for `classifier`.

        >>> from tfvae.data import load_dataset
        >>> zero = lambda images: np.eye(10)[np.zeros(len(images), int)]  # always the class "0"
        >>> context = Context([Subject(None, load_dataset("digits"))], classifiers={"cnn": zero})
        >>> context.test_probabilities("cnn").mean(axis=0)[:2].tolist()
        [1.0, 0.0]
        """
        classifier = self.classifier(architecture, weights)
        key = "test", id(self.dataset), id(classifier), self.seed
        if key not in self.kept:
            self.kept[key] = classifier(self.draw()[IMAGE]), self.dataset, classifier
        return self.kept[key][0]

    def classifier_scores(
        self, architecture: str, weights: str | None = None
    ) -> dict[str, tuple[float, tuple[float, float]]]:
        """Scores of a classifier on the known labels of the test split, with 95 % intervals.

        Returns:
            "accuracy"; for binary labels "balanced_accuracy", the mean over labels of the mean of
            its true positive and true negative rate. Scores without any known label are left out.

        >>> from tfvae.data import load_dataset
        >>> zero = lambda images: np.eye(10)[np.zeros(len(images), int)]  # always the class "0"
        >>> context = Context([Subject(None, load_dataset("digits"))], classifiers={"cnn": zero})
        >>> accuracy, (low, high) = context.classifier_scores("cnn")["accuracy"]
        >>> low < accuracy < high, 0.05 < accuracy < 0.15
        (True, True)
        """
        # In this order: both draw all test images.
        probability = self.test_probabilities(architecture, weights)
        data = self.draw()
        label, known, kind = data[LABEL], data[OBSERVED] > 0, self.spec.label_kind
        right, weight = image_accuracy(probability, label, known, kind)
        scores = {}
        if weight.any():
            mean = float(np.average(right, weights=weight))
            scores["accuracy"] = mean, proportion_interval(right, weight)
        hits, members = recall_groups(probability, label, known, kind)
        if kind == BINARY and members.any():
            recalls = hits.sum(axis=0) / members.sum(axis=0)
            scores["balanced_accuracy"] = float(recalls.mean()), proportion_interval(hits, members)
        return scores

    def draw(self, split: str = TEST, count: int | None = None) -> dict[str, np.ndarray]:
        """Images of a split, and their labels if there are any, in a random order.

        Args:
            split: Its name.
            count: At most this many images, all of them different, drawn from the first 20,000 of
                the split; None for the whole split.
        """
        arrays = self.dataset.arrays(split, limit=POOL if count else None)
        order = self.rows(split, count)
        return {name: values[order] for name, values in arrays.items()}

    def rows(self, split: str = TEST, count: int | None = None) -> np.ndarray:
        """Indices in the data set's `arrays` of the images that `draw` returns, int64 [N].

        >>> from tfvae.data import load_dataset
        >>> data = load_dataset("digits")
        >>> context = Context([Subject(None, data)])
        >>> rows = context.rows(count=3)
        >>> bool((context.draw(count=3)["image"] == data.arrays("test")["image"][rows]).all())
        True
        """
        total = self.spec.num_examples[split]
        total = min(total, POOL) if count else total
        return make_rng(self.seed, SPLITS.index(split)).permutation(total)[: count or total]

    def factors(self, split: str = TEST) -> np.ndarray:
        """The factors of variation, int64 [N, F]; rows are those of the data set's `arrays`.

        Raises:
            UserError: they aren't known.

        >>> from tfvae.data import load_dataset
        >>> Context([Subject(None, load_dataset("digits"))]).factors()
        Traceback (most recent call last):
            ...
        tfvae.schema.UserError: the factors of the data set digits aren't known
        """
        factors = self.dataset.factors(split)
        if factors is None:
            raise UserError(f"the factors of the data set {self.spec.name} aren't known")
        return factors

    def nuisances(self, split: str) -> Mapping[str, np.ndarray] | None:
        """What the images were drawn from beside their labels: name -> [N], rows as in the data
        set's `arrays`; None where that isn't known."""
        return self.dataset.nuisances(split)

    def edited(self, split: str, rows: np.ndarray, label: int) -> np.ndarray:
        """The examples at `rows`, drawn again with a label switched on, float32 [N, H, W, C].

        Raises:
            UserError: the data set can't edit (see `can_edit`).
        """
        return self.dataset.edited(split, rows, label)


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of a metric.

    Args:
        values: Name -> number; the names are listed in docs/metrics/.
        intervals: Name -> (low, high), 95 %, for names of `values`.
        num_images: Number of images that the values are computed from.
        settings: Settings that the metric chose itself, such as a strength.
        tables: Title -> rows, each a mapping from column to cell.
        figures: Name -> matplotlib figure.
        animations: Name -> frames that are repeated without end, uint8 [T, H, W, 3].
        notes: Sentences that a reader needs in order to understand the values.

    >>> result = Result({"mse": 0.02}, {"mse": (0.01, 0.03)}, num_images=100)
    >>> result.values["mse"], result.notes
    (0.02, ())
    """

    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    num_images: int
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tables: Mapping[str, Rows] = dataclasses.field(default_factory=dict)
    figures: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    animations: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
