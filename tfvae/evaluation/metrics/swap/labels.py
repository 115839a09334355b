"""Which label of the source a label of the target stands for, and how often a swap keeps it."""

import dataclasses

import numpy as np

from tfvae.classifiers.scores import recall_groups
from tfvae.evaluation.statistics import proportion_interval
from tfvae.schema import CATEGORICAL, DataSpec, UsageError


@dataclasses.dataclass(frozen=True)
class SharedLabels:
    """The labels that two data sets share.

    Args:
        names: Of the labels, as the target has them.
        source, target: Their columns, [S] each.
        source_kind, target_kind: Of all labels.

    >>> first = DataSpec("photos", (8, 8, 1), ("hat", "beard"), "binary")
    >>> second = DataSpec("drawings", (8, 8, 1), ("beard", "scar"), "binary")
    >>> shared_labels(first, second).names
    ('beard',)
    """

    names: tuple[str, ...]
    source: tuple[int, ...]
    target: tuple[int, ...]
    source_kind: str | None
    target_kind: str | None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def are_classes(self) -> bool:
        """Whether both sides have one class per image."""
        return self.source_kind == self.target_kind == CATEGORICAL

    def from_source(self, label: np.ndarray) -> np.ndarray:
        """The shared labels [N, S] of source labels [N, L]."""
        return label[:, list(self.source)]

    def from_target(self, label: np.ndarray) -> np.ndarray:
        """The shared labels [N, S] of target labels [N, L'], or probabilities of them."""
        return label[:, list(self.target)]


def shared_labels(
    source: DataSpec, target: DataSpec, class_map: tuple[str, ...] | None = None
) -> SharedLabels:
    """The labels of equal names, or those that a map names.

    Args:
        source, target: The data.
        class_map: Entries "NAME:NAME", a label of the source and one of the target.
    Raises:
        UsageError: an entry of another form, with an unknown name, or with one that is used twice.

    >>> digits = DataSpec("digits", (8, 8, 1), ("0", "1"), "categorical")
    >>> things = DataSpec("things", (8, 8, 1), ("automobile", "airplane"), "categorical")
    >>> shared = shared_labels(digits, things, ("0:airplane", "1:automobile"))
    >>> shared.source, shared.target
    ((0, 1), (1, 0))
    """
    pairs = [(name, name) for name in source.label_names if name in target.label_names]
    if class_map is not None:
        pairs = [_entry(text) for text in class_map]
        for position, spec in enumerate((source, target)):
            given = [pair[position] for pair in pairs]
            for name in given:
                if name not in spec.label_names:
                    known = ", ".join(spec.label_names) or "none"
                    raise UsageError(
                        f"class_map: {spec.name} has no label {name!r} (its labels: {known})"
                    )
                if given.count(name) > 1:
                    raise UsageError(f"class_map: {name!r} is given twice")
    columns = zip(*((source.label_names.index(a), target.label_names.index(b)) for a, b in pairs))
    first, second = tuple(columns) or ((), ())
    names = tuple(name for _, name in pairs)
    return SharedLabels(names, first, second, source.label_kind, target.label_kind)


@dataclasses.dataclass(frozen=True)
class Agreement:
    """How often a classifier of the target's data reads the source's labels off an image.

    Args:
        value: For classes the share of images whose class is read, else the balanced accuracy: the
            mean over labels of that of the true positive and the true negative rate.
        interval: 95 % interval of `value` over images.
        per_label: Recall of each class, or balanced accuracy of each label, NaN where unknown, [S].

    >>> Agreement(0.75, (0.5, 0.9), np.array([1.0, 0.5])).per_label.mean()
    np.float64(0.75)
    """

    value: float
    interval: tuple[float, float]
    per_label: np.ndarray


def agreement(probability: np.ndarray, label: np.ndarray, shared: SharedLabels) -> Agreement | None:
    """The agreement of a reading with the labels; None if no label is known.

    Args:
        probability: Of the target's labels, [N, L'].
        label: The shared labels of the same images, NaN where unknown, [N, S].
        shared: Which labels these are.

    >>> spec = DataSpec("faces", (8, 8, 1), ("hat",), "binary")
    >>> probability, label = np.array([[0.9], [0.8], [0.1]]), np.array([[1.0], [0.0], [0.0]])
    >>> agreement(probability, label, shared_labels(spec, spec)).value
    0.75
    """
    known = ~np.isnan(label)
    label = np.nan_to_num(label)
    if shared.are_classes:
        # Images of classes that the other side lacks are left out.
        members = (label > 0.5) & known
        read = np.eye(probability.shape[1])[probability.argmax(axis=1)]
        hits = members & (shared.from_target(read) > 0.5)
        rows = members.any(axis=1)
        if not rows.any():
            return None
        right = hits.any(axis=1)[rows].astype(np.float64)
        value, interval = float(right.mean()), proportion_interval(right)
        return Agreement(value, interval, _ratio(hits.sum(axis=0), members.sum(axis=0)))
    read = shared.from_target(probability)
    hits, members = recall_groups(read, label, known, None)
    if not members.any():
        return None
    value = float((hits.sum(axis=0) / members.sum(axis=0)).mean())
    right = ((read > 0.5) == (label > 0.5)) & known
    positive, negative = (label > 0.5) & known, (label <= 0.5) & known
    recalls = [
        _ratio((right & each).sum(axis=0), each.sum(axis=0)) for each in (positive, negative)
    ]
    return Agreement(
        value,
        proportion_interval(hits, members),
        (recalls[0] + recalls[1]) / 2,
    )


def chance(shared: SharedLabels, label: np.ndarray, target: DataSpec) -> tuple[float, float]:
    """The agreement of a reading that ignores the image: at random, and always the most frequent.

    Args:
        shared: The labels.
        label: The shared labels of the source images, [N, S].
        target: The target's data.
    Returns:
        (random, most frequent); balanced accuracies are 1/2 for both.

    >>> spec = DataSpec("digits", (8, 8, 1), ("0", "1"), "categorical")
    >>> chance(shared_labels(spec, spec), np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]]), spec)
    (0.5, 0.75)
    """
    if not shared.are_classes:
        return 0.5, 0.5
    counts = np.nan_to_num(label).sum(axis=0)
    return 1 / target.num_labels, float(counts.max() / max(counts.sum(), 1))


def _entry(text: str) -> tuple[str, str]:
    first, colon, second = text.partition(":")
    if not (colon and first.strip() and second.strip()):
        raise UsageError(f"class_map: {text!r} is not of the form NAME:NAME")
    return first.strip(), second.strip()


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
