"""Seeded splits and hidden labels, in NumPy."""

import numpy as np
import pytest

from tfvae.data.splits import hide_labels, split_rows, stratified_order
from tfvae.schema import BINARY, CATEGORICAL, UsageError, UserError

CLASSES = np.repeat([0, 1, 2], [100, 40, 7])


def test_stratified_order_is_a_permutation_with_shares_in_every_prefix():
    order = stratified_order(CLASSES, seed=3)
    assert sorted(order) == list(range(147))
    for length in (10, 50, 100, 147):
        counts = np.bincount(CLASSES[order[:length]], minlength=3)
        np.testing.assert_allclose(counts, np.array([100, 40, 7]) * length / 147, atol=1.0)


# Recorded once: a stored test split must be the same on every machine and version.
EXPECTED = {
    "train": [16, 9, 2, 13, 12, 1, 6, 15, 5, 0, 11, 18, 7, 14, 19, 4],
    "validation": [8, 17],
    "test": [10, 3],
}


@pytest.mark.parametrize("seed", [0, 1, -1, 2**40 + 1])
def test_splits_are_disjoint_and_complete(seed):
    rows = split_rows(CLASSES, seed, validation=0.1, test=0.2)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(147))
    assert [len(rows[split]) for split in ("train", "validation", "test")] == [103, 15, 29]
    again = split_rows(CLASSES, seed, validation=0.1, test=0.2)
    assert all(np.array_equal(rows[split], again[split]) for split in rows)
    other = split_rows(CLASSES, seed + 2, validation=0.1, test=0.2)
    assert not np.array_equal(rows["test"], other["test"])


def test_too_few_images_for_three_splits():
    with pytest.raises(UserError, match=r"too few images \(2\)"):
        split_rows(np.zeros(2), 0)
    assert [len(part) for part in split_rows(np.zeros(3), 0).values()] == [1, 1, 1]


@pytest.mark.parametrize("ratio", [0, 0.1, 0.5, 0.9, 0.99, 1])
def test_categorical_labels_are_hidden_per_image_and_stratified(ratio):
    label = np.eye(3, dtype=np.uint8)[CLASSES]
    observed = hide_labels(label, np.ones_like(label), CATEGORICAL, ratio, seed=5)
    assert np.all(observed == observed[:, :1])
    assert (observed[:, 0] == 0).sum() == round(ratio * 147)
    kept = np.bincount(CLASSES[observed[:, 0] == 1], minlength=3)
    np.testing.assert_allclose(kept, np.array([100, 40, 7]) * (1 - ratio), atol=1.5)


@pytest.mark.parametrize("ratio", [0, 0.25, 0.9, 1])
def test_binary_labels_are_hidden_per_entry_among_the_known(ratio):
    known = (np.arange(600).reshape(100, 6) % 5 > 0).astype(np.uint8)
    observed = hide_labels(np.ones((100, 6)), known, BINARY, ratio, seed=5)
    assert observed.sum() == known.sum() - round(ratio * known.sum())
    assert np.all(observed <= known)


@pytest.mark.parametrize("kind", [BINARY, CATEGORICAL])
def test_hiding_repeats_and_a_larger_ratio_hides_the_same_and_more(kind):
    label = np.eye(3, dtype=np.uint8)[CLASSES]
    ones = np.ones_like(label)
    few, again = (hide_labels(label, ones, kind, 0.3, seed=1) for _ in range(2))
    assert np.array_equal(few, again)
    assert np.all(hide_labels(label, ones, kind, 0.6, seed=1) <= few)
    assert not np.array_equal(few, hide_labels(label, ones, kind, 0.3, seed=2))


@pytest.mark.parametrize("ratio", [-0.1, 1.1, float("nan"), float("inf"), "0.5", None])
def test_ratio_outside_0_to_1_is_refused(ratio):
    with pytest.raises(UsageError, match="between 0 and 1"):
        hide_labels(np.ones((4, 2)), np.ones((4, 2)), BINARY, ratio, seed=0)


def test_the_split_never_changes():
    rows = split_rows(np.arange(20) % 2, seed=0)
    assert {split: part.tolist() for split, part in rows.items()} == EXPECTED


def test_labels_are_hidden_in_any_memory_order():
    """A choice of columns lies in memory column by column."""
    known = np.ones((100, 6), np.uint8)[:, [4, 2, 0]]
    hidden = hide_labels(np.zeros((100, 3)), np.asfortranarray(known), BINARY, 0.9, seed=1)
    assert hidden.sum() == 30
    np.testing.assert_array_equal(
        hidden, hide_labels(np.zeros((100, 3)), np.ascontiguousarray(known), BINARY, 0.9, seed=1)
    )
