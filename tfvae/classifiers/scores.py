"""Scores of label probabilities against labels, some of them unknown; pure NumPy."""

import numpy as np

from tfvae.schema import CATEGORICAL


def accuracy(
    probability: np.ndarray, label: np.ndarray, observed: np.ndarray, label_kind: str | None
) -> float | None:
    """Share of the known labels that are predicted correctly; None if no label is known.

    Args:
        probability, label, observed: [N, L].
        label_kind: "categorical" or "binary".

    >>> probability, label = np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([[1, 0], [0, 1]])
    >>> accuracy(probability, label, observed=np.ones([2, 2]), label_kind=CATEGORICAL)
    0.5
    >>> accuracy(probability, label, observed=np.zeros([2, 2]), label_kind=CATEGORICAL) is None
    True
    """
    right, weight = image_accuracy(probability, label, observed, label_kind)
    return float(np.average(right, weights=weight)) if weight.any() else None


def image_accuracy(
    probability: np.ndarray, label: np.ndarray, observed: np.ndarray, label_kind: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """(share of correctly predicted labels, weight in the mean over images), [N] each.

    The second label of the second image is unknown:

    >>> probability, label = np.array([[0.9, 0.6], [0.9, 0.6]]), np.array([[1, 0], [1, 0]])
    >>> share, weight = image_accuracy(probability, label, np.array([[1, 1], [1, 0]]), "binary")
    >>> share.tolist(), weight.tolist()
    ([0.5, 1.0], [2.0, 1.0])
    """
    score = categorical_scores if label_kind == CATEGORICAL else binary_scores
    right, weight, _, _ = score(probability, label, observed > 0)
    return right, weight


def categorical_scores(
    probability: np.ndarray, label: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per-image scores of one-hot labels.

    Args:
        probability: [N, L].
        label: [N, L], one-hot.
        known: bool [N, L]; an image has weight 1 where its whole row is known, else 0.
    Returns:
        right [N] (1 where the class is predicted correctly), weight [N], recall [L] (NaN for a
        class without examples), log loss [N], nats.

    >>> probability, label = np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[1, 0], [0, 1]])
    >>> right, weight, recall, log_loss = categorical_scores(probability, label, label >= 0)
    >>> right.tolist(), recall.tolist(), round(float(log_loss[0]), 3)  # -log 0.5
    ([1.0, 0.0], [1.0, 0.0], 0.693)
    """
    weight = np.all(known, axis=1).astype(np.float64)
    truth = label.argmax(axis=1)
    right = (probability.argmax(axis=1) == truth).astype(np.float64)
    chosen = np.take_along_axis(probability, truth[:, None], axis=1)[:, 0]
    log_loss = -np.log(np.clip(chosen.astype(np.float64), 1e-7, 1))
    counts = (label * weight[:, None]).sum(axis=0)
    hits = (label * (right * weight)[:, None]).sum(axis=0)
    recall = np.divide(hits, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return right, weight, recall, log_loss


def binary_scores(
    probability: np.ndarray, label: np.ndarray, known: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per-image scores of 0/1 labels at threshold 0.5, over known entries alone.

    Args:
        probability: [N, L].
        label: [N, L], 0 or 1.
        known: bool [N, L].
    Returns:
        share of correctly predicted entries [N], weight [N] (number of known entries), balanced
        accuracy [L] (NaN unless both values occur), log loss per known entry [N], nats.

    >>> probability, label = np.array([[0.5], [0.9]]), np.array([[0], [1]])
    >>> right, weight, balanced, log_loss = binary_scores(probability, label, label >= 0)
    >>> right.tolist(), balanced.tolist(), log_loss.round(3).tolist()  # -log 0.5, -log 0.9
    ([1.0, 1.0], [1.0], [0.693, 0.105])
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


def recall_groups(
    probability: np.ndarray, label: np.ndarray, known: np.ndarray, label_kind: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """The groups of images whose recalls `balanced_accuracy` averages.

    Args:
        probability, label: [N, L].
        known: bool [N, L].
        label_kind: "categorical" or "binary".
    Returns:
        hits, members: bool [N, G]. The groups are the classes, or both values of each binary label
        that has both; a hit is a member whose label is predicted correctly.

    >>> probability, label = np.array([[0.9], [0.6], [0.2]]), np.array([[1], [0], [0]])
    >>> hits, members = recall_groups(probability, label, label >= 0, "binary")
    >>> members.sum(axis=0).tolist(), hits.sum(axis=0).tolist()  # present, absent
    ([1, 2], [1, 1])
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


def majority(label: np.ndarray, known: np.ndarray, label_kind: str | None) -> np.ndarray:
    """The best prediction that ignores the image: 1 for the most frequent class, or for each
    attribute that more than half of the images have, else 0, [L].

    Args:
        label: [N, L].
        known: bool [N, L].
        label_kind: "categorical" or "binary".

    >>> label = np.array([[1, 0], [1, 0], [0, 1]])
    >>> majority(label, label >= 0, "categorical").tolist()
    [1.0, 0.0]
    """
    count = (label * known).sum(axis=0).astype(np.float64)
    if label_kind == CATEGORICAL:
        return np.eye(len(count))[count.argmax()]
    return (2 * count > known.sum(axis=0)).astype(np.float64)


def confusion_matrix(probability: np.ndarray, label: np.ndarray) -> np.ndarray:
    """[L, L]: number of images of the true label (row) predicted as each label (column).

    >>> probability, label = np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([[1, 0], [0, 1]])
    >>> confusion_matrix(probability, label).tolist()
    [[1, 0], [1, 0]]
    """
    return label.T.astype(np.int64) @ predicted_labels(probability, CATEGORICAL).astype(np.int64)


def predicted_labels(probability: np.ndarray, label_kind: str | None) -> np.ndarray:
    """bool [N, L]: one-hot of the largest probability (categorical), or all above 0.5 (binary).

    >>> probability = np.array([[0.6, 0.7, 0.1]])
    >>> predicted_labels(probability, "categorical").tolist()
    [[False, True, False]]
    >>> predicted_labels(probability, "binary").tolist()
    [[True, True, False]]
    """
    if label_kind == CATEGORICAL:
        return np.eye(probability.shape[1], dtype=bool)[probability.argmax(axis=1)]
    return probability > 0.5


def label_hits(probability: np.ndarray, label: np.ndarray, label_kind: str | None) -> np.ndarray:
    """Whether each label is predicted correctly, bool [N, L].

    For categorical labels all L entries of an image say whether its class is the most probable.

    >>> probability, label = np.array([[0.6, 0.7]]), np.array([[1, 0]])
    >>> label_hits(probability, label, "categorical").tolist()
    [[False, False]]
    >>> label_hits(probability, label, "binary").tolist()
    [[True, False]]
    """
    if label_kind == CATEGORICAL:
        right = probability.argmax(axis=1) == label.argmax(axis=1)
        return np.repeat(right[:, None], label.shape[1], axis=1)
    return (probability > 0.5) == (label > 0.5)
