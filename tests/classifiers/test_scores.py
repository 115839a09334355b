"""Accuracy, recall and log loss, with unknown labels left out."""

import numpy as np
import pytest
from sklearn import metrics

from tfvae.classifiers import scores as label_scores
from tfvae.schema import BINARY, CATEGORICAL


@pytest.fixture
def draws():
    rng = np.random.default_rng(0)
    probability = rng.dirichlet(np.ones(4), size=60)
    label = np.eye(4)[rng.integers(0, 4, 60)]
    known = np.repeat(rng.uniform(size=(60, 1)) < 0.7, 4, axis=1)
    return probability, label, known


def test_categorical_scores_equal_scikit_learn(draws):
    probability, label, known = draws
    right, weight, recall, log_loss = label_scores.categorical_scores(*draws)
    rows = known[:, 0]
    truth, guess = label[rows].argmax(1), probability[rows].argmax(1)
    assert np.average(right, weights=weight) == metrics.accuracy_score(truth, guess)
    assert np.mean(recall) == pytest.approx(metrics.balanced_accuracy_score(truth, guess))
    assert np.average(log_loss, weights=weight) == pytest.approx(
        metrics.log_loss(truth, probability[rows])
    )
    matrix = label_scores.confusion_matrix(probability[rows], label[rows])
    assert np.array_equal(matrix, metrics.confusion_matrix(truth, guess))
    accuracy = label_scores.accuracy(probability, label, known.astype(float), CATEGORICAL)
    assert accuracy == metrics.accuracy_score(truth, guess)


def test_binary_scores_equal_scikit_learn_per_label():
    rng = np.random.default_rng(1)
    probability, label = rng.uniform(size=(80, 3)), rng.integers(0, 2, (80, 3)).astype(float)
    known = rng.uniform(size=(80, 3)) < 0.6
    right, weight, balanced, log_loss = label_scores.binary_scores(probability, label, known)
    entries = (probability > 0.5) == (label > 0.5)
    assert np.average(right, weights=weight) == pytest.approx(entries[known].mean())
    for index in range(3):
        rows = known[:, index]
        expected = metrics.balanced_accuracy_score(
            label[rows, index], probability[rows, index] > 0.5
        )
        assert balanced[index] == pytest.approx(expected)
    assert np.average(log_loss, weights=weight) == pytest.approx(
        metrics.log_loss(label[known], probability[known])
    )


def test_unknown_labels_change_nothing():
    rng = np.random.default_rng(1)
    probability, label = rng.uniform(size=(80, 3)), rng.integers(0, 2, (80, 3)).astype(float)
    observed = (rng.uniform(size=(80, 3)) < 0.6).astype(float)
    flipped = np.where(observed > 0, label, 1 - label)
    scores = [label_scores.accuracy(probability, y, observed, BINARY) for y in (label, flipped)]
    assert scores[0] == scores[1]
    assert label_scores.accuracy(probability, label, 0 * observed, BINARY) is None


def test_labels_without_examples_have_no_recall(draws):
    probability, label, known = draws
    label = np.eye(4)[np.zeros(60, int)]
    recall = label_scores.categorical_scores(probability, label, known)[2]
    assert np.isnan(recall[1:]).all() and not np.isnan(recall[0])


@pytest.mark.parametrize("kind", [BINARY, CATEGORICAL])
def test_recall_groups_average_to_the_balanced_accuracy(kind):
    rng = np.random.default_rng(3)
    probability = rng.uniform(size=(60, 4))
    label = (rng.uniform(size=(60, 4)) < 0.4).astype(float)
    label[:, 3] = 0
    known = rng.uniform(size=(60, 4)) < 0.7
    score = label_scores.binary_scores
    if kind == CATEGORICAL:
        label, score = np.eye(4)[rng.integers(3, size=60)], label_scores.categorical_scores
        known[:] = known[:, :1]
    hits, members = label_scores.recall_groups(probability, label, known, kind)
    sizes = members.sum(axis=0)
    recalls = hits.sum(axis=0)[sizes > 0] / sizes[sizes > 0]
    assert recalls.mean() == pytest.approx(np.nanmean(score(probability, label, known)[2]))
