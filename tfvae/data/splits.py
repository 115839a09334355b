"""Seeded choices: which example is in which split, and which labels are hidden. NumPy only."""

import math
import numbers

import numpy as np

from tfvae.schema import BINARY, CATEGORICAL, TEST, TRAIN, VALIDATION, UsageError, UserError

_WORD = 0xFFFFFFFF


def _generator(seed: int) -> np.random.RandomState:
    # RandomState: its streams are frozen, those of numpy.random.Generator may change with a
    # version of NumPy, and a split must not.
    return np.random.RandomState([seed & _WORD, (seed >> 32) & _WORD])


def stratified_order(classes: np.ndarray, seed: int) -> np.ndarray:
    """A seeded order; every prefix holds each class in its share of the whole, to within one.

    Args:
        classes: [N] integers; all equal, they give a plain permutation.
        seed: integer.
    Returns:
        [N] int64, a permutation of 0..N-1.

    >>> classes = np.array([0] * 30 + [1] * 10)
    >>> order = stratified_order(classes, seed=0)
    >>> int(classes[order[:20]].sum())
    5
    """
    classes = np.asarray(classes)
    generator = _generator(seed)
    shuffled = generator.permutation(len(classes))
    # The i-th of a class's n members stands at (i + 1/2) / n of the way.
    place = np.empty(len(classes))
    for value in np.unique(classes):
        members = np.flatnonzero(classes[shuffled] == value)
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return shuffled[np.argsort(place, kind="stable")].astype(np.int64)


def split_rows(
    classes: np.ndarray, seed: int, *, validation: float = 0.1, test: float = 0.1
) -> dict[str, np.ndarray]:
    """Divides a data set into three splits, stratified by class.

    Args:
        classes: [N] integers, all equal for a data set without classes.
        seed: integer.
        validation: Share of the validation split; at least one example.
        test: Share of the test split; at least one example, unless the share is 0.
    Returns:
        {"train": rows, "validation": rows, "test": rows}, int64. Every prefix of the rows of
        validation and test holds the classes in their shares.
    Raises:
        UserError: too few examples for every split to have one.

    >>> rows = split_rows(np.zeros(100), seed=0)
    >>> {split: len(chosen) for split, chosen in rows.items()}
    {'train': 80, 'validation': 10, 'test': 10}
    """
    count = len(classes)
    in_test = max(1, round(test * count)) if test else 0
    in_validation = max(1, round(validation * count))
    if count <= in_test + in_validation:
        purpose = "validation and test" if test else "validation"
        raise UserError(f"too few images ({count}) to set some aside for {purpose}")
    order = stratified_order(classes, seed)
    # Two stratified cuts in turn: test from all rows, validation from the remaining ones.
    rest = order[in_test:]
    inner = stratified_order(np.asarray(classes)[rest], seed + 1)
    return {
        TRAIN: rest[inner[in_validation:]],
        VALIDATION: rest[inner[:in_validation]],
        TEST: order[:in_test],
    }


def check_ratio(what: str, ratio: float) -> None:
    """Raises UsageError unless `ratio`, the ratio of `what`, is a number from 0 to 1.

    >>> check_ratio("missing labels", 1.5)
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: the ratio of missing labels must lie between 0 and 1, got 1.5
    """
    if not isinstance(ratio, numbers.Real) or math.isnan(ratio) or not 0 <= ratio <= 1:
        raise UsageError(f"the ratio of {what} must lie between 0 and 1, got {ratio!r}")


def labelled_rows(observed: np.ndarray | None) -> np.ndarray:
    """Numbers of the rows of `observed` [N, L] with any known label, int64; empty if it is None.

    >>> labelled_rows(np.array([[0, 0], [0, 1], [1, 1]])).tolist()
    [1, 2]
    """
    if observed is None:
        return np.empty(0, np.int64)
    return np.flatnonzero(np.asarray(observed).any(axis=1)).astype(np.int64)


def hide_labels(
    label: np.ndarray, observed: np.ndarray, kind: str, ratio: float, seed: int
) -> np.ndarray:
    """The mask of known labels after hiding exactly `round(ratio * n)` of the n known labels.

    Categorical labels are hidden per image and stratified by class, so that each class keeps its
    share to within one; binary labels are hidden per entry. A larger ratio under the same seed
    hides the same labels and more.

    Args:
        label: [N, L], 0 or 1.
        observed: [N, L], 1 where the label is known.
        kind: "categorical" or "binary".
        ratio: Share to hide, 0 to 1.
        seed: integer.
    Returns:
        [N, L] uint8.
    Raises:
        UsageError: `ratio` is outside 0..1.

    >>> label, observed = np.eye(2)[[0, 1] * 50], np.ones([100, 2])
    >>> known = hide_labels(label, observed, "categorical", ratio=0.9, seed=0)
    >>> (label * known).sum(axis=0).tolist()  # of 50 per class
    [5.0, 5.0]
    """
    check_ratio("missing labels", ratio)
    # In C order: for another order, `reshape` below would change a copy and hide nothing.
    remaining = np.array(observed, dtype=np.uint8, order="C")
    if kind == BINARY:
        known = np.flatnonzero(remaining)
        order = stratified_order(np.zeros(len(known)), seed)
        remaining.reshape(-1)[known[order[: round(ratio * len(known))]]] = 0
    else:
        known = np.flatnonzero(remaining.all(axis=1))
        order = stratified_order(np.argmax(label[known], axis=1), seed)
        remaining[known[order[: round(ratio * len(known))]]] = 0
    return remaining


def untaught_labels(label: np.ndarray, observed: np.ndarray, kind: str) -> np.ndarray:
    """Numbers of the labels that these examples can't teach: a class of which none is known, or an
    attribute that is never on, or never off, where it is known.

    Args:
        label: [N, L], 0 or 1.
        observed: [N, L], 1 where the label is known.
        kind: "categorical" or "binary".

    >>> label = np.array([[1, 0, 1], [0, 0, 0]])
    >>> untaught_labels(label, np.ones([2, 3]), "binary").tolist()
    [1]
    """
    known = np.asarray(observed, bool)
    on = (known & (np.asarray(label) > 0)).any(axis=0)
    if kind == CATEGORICAL:
        return np.flatnonzero(~on)
    off = (known & (np.asarray(label) == 0)).any(axis=0)
    return np.flatnonzero(~(on & off))
