"""Images made for a label beside real images that have it."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from tfvae.evaluation.context import POOL, Context, Intervals, Rows, Values
from tfvae.evaluation.features import Features
from tfvae.evaluation.image_sets import Score, kernel_distance
from tfvae.evaluation.labels import drawn_labels, label_inputs
from tfvae.evaluation.statistics import make_rng, row_seeds, samples_interval
from tfvae.evaluation.transfer import transfer
from tfvae.schema import IMAGE, LABEL, OBSERVED, TEST

# Purpose of a stream of random numbers; `generation` draws labels with another one.
LABELS = 7
# Fewer images than this say nothing of a label.
LEAST = 10

DRAWS, RECONSTRUCTIONS, TRANSFERS = "label_draws", "label_reconstructions", "transfers"
EDITS = "label_edits"


@dataclasses.dataclass(frozen=True)
class LabelScores:
    """Kernel distances of images made for a label to real images with it.

    Args:
        values, intervals: Names without that of the network -> means over labels, with 95 %
            intervals.
        rows: One per label, for a table.
        notes: Sentences on what is left out.

    >>> LabelScores({"transfers_kid": 0.1}, {}, [], notes=["Left out: Bald."]).notes
    ['Left out: Bald.']
    """

    values: Values
    intervals: Intervals
    rows: Rows
    notes: list[str]


class MeanOverLabels:
    """Mean of one distance per label, with the share of each image in its error: an image may be
    compared for several labels.

    >>> mean = MeanOverLabels()
    >>> terms = np.array([-1.0, 1.0])
    >>> for value in (0.2, 0.4):
    ...     mean.add((value, terms, terms), {"made": [0, 1], "train": [2, 3]})
    >>> round(mean.value, 3), [len(each) for each in mean.samples()]
    (0.3, [2, 2])
    """

    def __init__(self) -> None:
        self.found: list[float] = []
        self.terms: dict[str, dict[int, float]] = {}

    def add(self, score: Score, rows: Mapping[str, Sequence[int] | np.ndarray]) -> None:
        """Adds the score of one label.

        Args:
            score: A distance and its linear terms of two samples.
            rows: Name of each sample -> which of its images the terms are of.
        """
        value, *terms = score
        self.found.append(value)
        for (name, indices), each in zip(rows.items(), terms, strict=True):
            of_sample = self.terms.setdefault(name, {})
            for index, term in zip(indices, (each - each.mean()) / len(each), strict=True):
                of_sample[int(index)] = of_sample.get(int(index), 0.0) + float(term)

    @property
    def value(self) -> float:
        """The mean."""
        return float(np.mean(self.found))

    def samples(self, less: float = 0.0, other: "MeanOverLabels | None" = None) -> list[np.ndarray]:
        """Linear terms of the mean, or of it less so many times another one: one array for each
        sample."""
        found = []
        for name in dict.fromkeys([*self.terms, *(other.terms if other else ())]):
            own, others = self.terms.get(name, {}), other.terms.get(name, {}) if other else {}
            rows = own.keys() | others.keys()
            terms = [own.get(row, 0.0) - less * others.get(row, 0.0) for row in sorted(rows)]
            found.append(np.array(terms) * len(terms) / len(self.found))
        return found

    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean."""
        return samples_interval(self.value, *self.samples())

    def ratio(self, other: "MeanOverLabels") -> tuple[float, tuple[float, float]]:
        """This mean over another one, of the same labels, with its 95 % interval."""
        ratio = self.value / other.value
        terms = self.samples(ratio, other)
        return ratio, samples_interval(ratio, *(each / other.value for each in terms))


def per_label_scores(
    context: Context,
    network: Features,
    train: Mapping[str, np.ndarray],
    test: Mapping[str, np.ndarray],
    per_label: int,
    strength: float,
) -> LabelScores:
    """Compares what the export makes for each label with training images that have it.

    Args:
        context: Its export.
        network: Whose features are compared.
        train, test: Images and labels of both splits.
        per_label: Images of each label, at most.
        strength: Of the transfers.

    Copies of images, compared by their mean brightness; classes of ten images and more:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> data = load_dataset("digits")
    >>> copy = lambda signature, image, label: {"image": image}
    >>> export = SimpleNamespace(signatures={"reconstruct": {"inputs": []}}, call=copy)
    >>> context = Context([Subject(export, data)])
    >>> brightness = Features("brightness", lambda images: images.mean(axis=(1, 2)))
    >>> train, test = context.draw("train"), context.draw("test")
    >>> found = per_label_scores(context, brightness, train, test, per_label=20, strength=1.0)
    >>> len(found.rows), abs(found.values["label_reconstructions_kid"]) < 0.1
    (10, True)
    """
    names = context.spec.label_names
    has, own, lacking = (
        [_rows(data, index, value, per_label) for index in range(len(names))]
        for data, value in ((train, 1), (test, 1), (test, 0))
    )
    kept = [
        index
        for index in range(len(names))
        if min(map(len, (has[index], own[index], lacking[index]))) >= LEAST
    ]
    found = LabelScores({}, {}, [], _left_out([n for i, n in enumerate(names) if i not in kept]))
    if not kept:
        return found
    makers = {
        DRAWS: _draws(context, network, test, per_label),
        RECONSTRUCTIONS: _reconstructions(context, network, test, own, kept),
        TRANSFERS: _transfers(context, network, test, lacking, strength),
        EDITS: _edits(context, network, lacking),
    }
    made = {name: maker for name, maker in makers.items() if maker is not None}
    used = _used(has, kept)
    real = _lookup(used, network.extract(train[IMAGE][used]))
    means = {name: MeanOverLabels() for name in made}
    for index in tqdm(kept, desc="labels", disable=None, leave=False):
        row = {"label": names[index], "training images": len(has[index])}
        for name, mean in means.items():
            features, rows = made[name](index)
            score = kernel_distance(features, real(has[index]))
            mean.add(score, {"draws" if name == DRAWS else "test": rows, "train": has[index]})
            row[f"{name} kid".replace("_", " ")] = score[0]
        found.rows.append(row)
    for name, mean in means.items():
        found.values[f"{name}_kid"] = mean.value
        found.intervals[f"{name}_kid"] = mean.interval()
    if {RECONSTRUCTIONS, TRANSFERS} <= means.keys():
        if means[RECONSTRUCTIONS].interval()[0] > 0:
            ratio, interval = means[TRANSFERS].ratio(means[RECONSTRUCTIONS])
            found.values["transfers_ratio"], found.intervals["transfers_ratio"] = ratio, interval
        else:
            found.notes.append(
                "There is no transfers_ratio: the distance of the reconstructions, which would "
                "divide it, may be 0."
            )
    return found


def _left_out(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [
        f"Left out of the means over labels, for fewer than {LEAST} images with or without them: "
        f"{', '.join(names)}."
    ]


def _rows(data: Mapping[str, np.ndarray], label: int, value: int, count: int) -> np.ndarray:
    """The first images of which this is known to be the value of a label."""
    known = data[OBSERVED][:, label] > 0
    return np.flatnonzero(known & ((data[LABEL][:, label] > 0.5) == value))[:count]


def _used(rows: Sequence[np.ndarray], labels: Sequence[int]) -> np.ndarray:
    """The images of any of these labels, each once, in order."""
    return np.unique(np.concatenate([rows[label] for label in labels]))


def _lookup(used: np.ndarray, features: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Function: rows among `used` -> their features. An image of several labels passes the network
    once."""
    return lambda rows: features[np.searchsorted(used, rows)]


# Each of the following is a function of a label: features [N, F], and which images they are of.
# None if the export can't make such images.
Made = Callable[[int], tuple[np.ndarray, np.ndarray]]


def _draws(context: Context, network: Features, test, count: int) -> Made | None:
    export = context.export
    if "sample" not in export.signatures or LABEL not in export.inputs("sample"):
        return None
    rng = make_rng(context.seed, LABELS)
    kind, labels = context.spec.label_kind, context.spec.num_labels
    seeds = row_seeds(context.seed, labels * count).reshape(labels, count)

    def draw(index: int):
        label = drawn_labels(test, index, count, kind, rng)
        images = export.call("sample", seed=seeds[index], label=label)[IMAGE]
        return network.extract(images), seeds[index]

    return draw


def _reconstructions(context: Context, network: Features, test, own, kept) -> Made | None:
    export = context.export
    if "reconstruct" not in export.signatures:
        return None
    used = _used(own, kept)
    some = {name: values[used] for name, values in test.items()}
    label = label_inputs(export, some, "reconstruct")
    images = export.call("reconstruct", image=some[IMAGE], label=label)[IMAGE]
    rebuilt = _lookup(used, network.extract(images))
    return lambda index: (rebuilt(own[index]), own[index])


def _transfers(context: Context, network: Features, test, lacking, strength: float) -> Made | None:
    if "transfer" not in context.export.signatures:
        return None

    def transferred(index: int):
        images = test[IMAGE][lacking[index]]
        return network.extract(transfer(context.export, images, index, strength)), lacking[index]

    return transferred


def _edits(context: Context, network: Features, lacking) -> Made | None:
    if not context.can_edit:
        return None
    rows = context.rows(TEST, POOL)

    def edited(index: int):
        images = context.edited(TEST, rows[lacking[index]], index)
        return network.extract(images), lacking[index]

    return edited
