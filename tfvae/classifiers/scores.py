"""Scores of label probabilities against labels of which some are unknown; pure NumPy."""

import numpy as np

from tfvae.schema import CATEGORICAL


def accuracy(
    probability: np.ndarray, label: np.ndarray, observed: np.ndarray, label_kind: str
) -> float | None:
    """Share of the known labels that are right; None where none is known. Arrays [N, L]."""
    right, weight = image_accuracy(probability, label, observed, label_kind)
    return float(np.average(right, weights=weight)) if weight.any() else None


def image_accuracy(
    probability: np.ndarray, label: np.ndarray, observed: np.ndarray, label_kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """(share of right labels, weight in the mean over images), [N] each."""
    score = categorical_scores if label_kind == CATEGORICAL else binary_scores
    right, weight, _, _ = score(probability, label, observed > 0)
    return right, weight


def categorical_scores(probability: np.ndarray, label: np.ndarray, known: np.ndarray):
    """Per-image scores of one-hot labels.

    Args:
        probability: [N, L].
        label: [N, L], one-hot.
        known: bool [N, L]; an image counts where its whole row is known.
    Returns:
        right [N], weight [N] (1 where known), recall [L] (NaN without examples), log loss [N],
        nats.
    """
    weight = known.all(axis=1).astype(np.float64)
    truth = label.argmax(axis=1)
    right = (probability.argmax(axis=1) == truth).astype(np.float64)
    chosen = np.take_along_axis(probability, truth[:, None], axis=1)[:, 0]
    log_loss = -np.log(np.clip(chosen.astype(np.float64), 1e-7, 1))
    counts = (label * weight[:, None]).sum(axis=0)
    hits = (label * (right * weight)[:, None]).sum(axis=0)
    recall = np.divide(hits, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return right, weight, recall, log_loss


def binary_scores(probability: np.ndarray, label: np.ndarray, known: np.ndarray):
    """Per-image scores of 0/1 labels at threshold 0.5, over known entries alone.

    Returns:
        share of right entries [N], weight [N] (number of known entries), balanced accuracy [L]
        (NaN unless both classes occur), log loss per known entry [N], nats.
    """
    weight = known.sum(axis=1).astype(np.float64)
    truth = label > 0.5
    hit = (probability > 0.5) == truth
    divisor = np.maximum(weight, 1)
    right = (hit & known).sum(axis=1) / divisor
    clipped = np.clip(probability.astype(np.float64), 1e-7, 1 - 1e-7)
    log_loss = -(known * np.log(np.where(truth, clipped, 1 - clipped))).sum(axis=1) / divisor

    def recall(of: np.ndarray) -> np.ndarray:
        count = (of & known).sum(axis=0)
        hits = (hit & of & known).sum(axis=0)
        return np.divide(hits, count, out=np.full(len(count), np.nan), where=count > 0)

    return right, weight, (recall(truth) + recall(~truth)) / 2, log_loss


def recall_groups(probability: np.ndarray, label: np.ndarray, known: np.ndarray, label_kind: str):
    """The groups over whose recalls `balanced_accuracy` is a mean.

    Returns:
        hits, members: bool [N, G]; the classes, or both values of each label that has both.
    """
    truth = label > 0.5
    right = predicted_labels(probability, label_kind) == truth
    members = truth & known
    if label_kind != CATEGORICAL:
        negative = ~truth & known
        both = members.any(axis=0) & negative.any(axis=0)
        members = np.concatenate([members[:, both], negative[:, both]], axis=1)
        right = np.concatenate([right[:, both]] * 2, axis=1)
    return members & right, members


def confusion_matrix(probability: np.ndarray, label: np.ndarray) -> np.ndarray:
    """[L, L]: how often the true label (row) was taken for another (column)."""
    return label.T.astype(np.int64) @ predicted_labels(probability, CATEGORICAL).astype(np.int64)


def predicted_labels(probability: np.ndarray, label_kind: str) -> np.ndarray:
    """bool [N, L]: one-hot of the largest probability, or all above 0.5."""
    if label_kind == CATEGORICAL:
        return np.eye(probability.shape[1], dtype=bool)[probability.argmax(axis=1)]
    return probability > 0.5


def label_hits(probability: np.ndarray, label: np.ndarray, label_kind: str) -> np.ndarray:
    """Whether each label is seen as it is, bool [N, L]; categorical: is the right one on top?"""
    if label_kind == CATEGORICAL:
        right = probability.argmax(axis=1) == label.argmax(axis=1)
        return np.repeat(right[:, None], label.shape[1], axis=1)
    return (probability > 0.5) == (label > 0.5)
