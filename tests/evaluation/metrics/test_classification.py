"""The accuracy of exports that classify perfectly, with unknown labels left out."""

import itertools

import numpy as np
import pytest

from tests.evaluation.toys import scored, toy_dataset


def test_perfect_classification(categorical, everything, tmp_path):
    result = scored("classification", [everything], categorical, output_dir=tmp_path)
    assert result.values["accuracy"] == result.values["balanced_accuracy"] == 1
    # 100 of 100, and 10 of 10 in each of ten classes.
    for name in ("accuracy", "balanced_accuracy"):
        assert result.intervals[name] == (pytest.approx(0.05 ** (1 / 100)), 1)
    assert [row["recall"] for row in result.tables["Per label"]] == [1] * 10


def test_majority_is_the_best_constant(binary, export_of, tmp_path):
    values = scored(
        "classification", [export_of(binary, {"classify": "classify"})], binary, output_dir=tmp_path
    ).values
    arrays = binary.arrays("test")
    label, observed = arrays["label"], arrays["observed"]
    constants = [np.array(bits) for bits in itertools.product((0, 1), repeat=label.shape[1])]
    accuracies = [((label == each) * observed).sum() / observed.sum() for each in constants]
    assert values["majority_accuracy"] == pytest.approx(max(accuracies))


def test_majority_of_classes_is_the_share_of_the_largest(export_of, tmp_path):
    data = toy_dataset()
    export = export_of(data, {"classify": "classify"})
    arrays = data.arrays("test")
    rows = np.flatnonzero(arrays["label"][:, 3])
    arrays["observed"][: len(arrays["observed"]) // 2] = 0
    arrays["observed"][rows] = 1
    known = arrays["observed"][:, 0] > 0
    result = scored("classification", [export], data, output_dir=tmp_path)
    value = result.values["majority_accuracy"]
    assert value == pytest.approx(len(rows) / known.sum())
    low, high = result.intervals["majority_accuracy"]
    assert low < value < high


def test_binary_classification_masks_unknown_labels(binary, export_of, tmp_path):
    export = export_of(binary, {"classify": "classify"})
    # Wrong wherever it isn't known: no effect.
    labels, observed = (binary.arrays("test")[name] for name in ("label", "observed"))
    assert (observed == 0).any()
    changed = np.where(observed > 0, labels, 1 - labels)
    original = binary._splits["test"]["label"]
    binary._splits["test"]["label"] = changed.astype(np.float32)
    try:
        result = scored("classification", [export], binary, output_dir=tmp_path)
    finally:
        binary._splits["test"]["label"] = original
    assert result.values["accuracy"] == result.values["balanced_accuracy"] == 1
