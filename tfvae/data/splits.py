"""Seeded choices: who is in which split, and whose labels are hidden. NumPy only."""

import math
import numbers

import numpy as np

from tfvae.schema import BINARY, TEST, TRAIN, VALIDATION, UsageError, UserError

_WORD = 0xFFFFFFFF


def _generator(seed):
    # RandomState: its streams are frozen, those of numpy.random.Generator may change with a
    # version of NumPy, and a split must not.
    return np.random.RandomState([seed & _WORD, (seed >> 32) & _WORD])


def stratified_order(classes, seed):
    """A seeded order of which any prefix holds every class in its share, to within one.

    Args:
        classes: [N] integers; equal numbers throughout give a plain permutation.
        seed: integer.
    Returns:
        [N] int64, a permutation of 0..N-1.
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
    """Cuts a data set into three splits, stratified by class.

    Args:
        classes: [N] integers, all equal where there are none.
        seed: integer.
        validation: Share of the validation split; at least one example.
        test: Share of the test split; at least one example, unless the share is 0.
    Returns:
        {"train": rows, "validation": rows, "test": rows}, each int64 in an order of which any
        prefix of validation and test holds the classes in their shares.
    Raises:
        UserError: too few examples for every split to have one.
    """
    count = len(classes)
    in_test = max(1, round(test * count)) if test else 0
    in_validation = max(1, round(validation * count))
    if count <= in_test + in_validation:
        purpose = "validation and test" if test else "validation"
        raise UserError(f"too few images ({count}) to set some aside for {purpose}")
    order = stratified_order(classes, seed)
    # Two strata cuts in a row: test from all, validation from what is left.
    rest = order[in_test:]
    inner = stratified_order(np.asarray(classes)[rest], seed + 1)
    return {
        TRAIN: rest[inner[in_validation:]],
        VALIDATION: rest[inner[:in_validation]],
        TEST: order[:in_test],
    }


def check_ratio(what, ratio):
    """Raises UsageError unless `ratio`, the ratio of `what`, is a number from 0 to 1."""
    if not isinstance(ratio, numbers.Real) or math.isnan(ratio) or not 0 <= ratio <= 1:
        raise UsageError(f"the ratio of {what} must lie between 0 and 1, got {ratio!r}")


def labelled_rows(observed):
    """Rows of `observed` [N, L] with any known label, int64; none where it is None."""
    if observed is None:
        return np.empty(0, np.int64)
    return np.flatnonzero(np.asarray(observed).any(axis=1)).astype(np.int64)


def hide_labels(label, observed, kind, ratio, seed):
    """The mask of known labels after hiding exactly `round(ratio * n)` of the n known ones.

    Categorical labels are hidden per image and stratified by class, so that each class keeps its
    share to within one; binary ones are hidden per entry. A larger ratio under the same seed hides
    the same ones and more.

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
    """
    check_ratio("missing labels", ratio)
    # In C order: the flat view below would be a copy of another, and hide nothing.
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
