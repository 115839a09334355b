"""Alignments by labels alone: no pair of codes of the same content is known."""

import numpy as np
from pydantic import PositiveFloat

from tfvae.evaluation.moments import covariance, powers
from tfvae.evaluation.swap.alignment import (
    AffineMap,
    Alignment,
    rotation,
)

# Codes that a transport plan is computed for, at most; its cost grows with their square.
TRANSPORTED = 1000


class ClassMeans(Alignment):
    """Maps the effects of the labels on the codes to each other.

    The codes are regressed on the labels, and the residuals whitened on both sides. The rotation is
    the one that best maps what the labels explain; for classes these are the class means, as in
    linear discriminant analysis.

    Three classes on the axes, in the other order on the other side:

    >>> labels = np.repeat(np.eye(3), 20, axis=0)
    >>> noise = 0.1 * np.random.default_rng(0).normal(size=[60, 3])
    >>> source, target = labels + noise, labels[:, ::-1] + noise[::-1]
    >>> mapped = ClassMeans().fit(source, target, (labels, labels))(source)
    >>> mapped.reshape(3, 20, 3).mean(axis=1).argmax(axis=1).tolist()
    [2, 1, 0]
    """

    anchors = "labels"

    def fitted(self, source, target, labels):
        known = [_completed(each) for each in labels]
        effects, residuals = zip(*map(_regression, known, (source, target)))
        (_, to_white), (from_white, whiten) = (powers(covariance(each)) for each in residuals)
        # Both sides with the frequencies of the labels that the source has.
        explained = covariance(known[0])
        cross = (effects[0] @ to_white).T @ explained @ (effects[1] @ whiten)
        matrix = to_white @ rotation(cross) @ from_white
        difference = known[0].mean(axis=0) - known[1].mean(axis=0)
        end = target.mean(axis=0) + difference @ effects[1]
        return AffineMap(matrix, source.mean(axis=0), end)


class ClassTransport(Alignment):
    """The rotation of whitened codes that best follows an optimal transport between the labels.

    The cost of a transport is the share of the known labels that differ. A plan is regularised by
    its entropy, so that images of equal labels share theirs, and the weights of the target's codes
    are free within limits, as labels may be more frequent there (unbalanced transport, POT).

    >>> labels = np.repeat(np.eye(3), 20, axis=0)
    >>> noise = 0.1 * np.random.default_rng(0).normal(size=[60, 3])
    >>> source, target = labels + noise, labels[:, ::-1] + noise[::-1]
    >>> mapped = ClassTransport().fit(source, target, (labels, labels))(source)
    >>> mapped.reshape(3, 20, 3).mean(axis=1).argmax(axis=1).tolist()
    [2, 1, 0]
    """

    anchors = "labels"

    def __init__(self, *, regularisation: PositiveFloat = 0.02):
        self.regularisation = regularisation

    def fitted(self, source, target, labels):
        from tfvae.evaluation.swap.transport import one_sided_plan

        first, second = (each[:TRANSPORTED] for each in (source, target))
        cost = label_distance(*(each[:TRANSPORTED] for each in labels))
        plan = one_sided_plan(cost, self.regularisation)
        weights = plan.sum(axis=0)
        _, to_white = powers(covariance(first))
        from_white, whiten = powers(covariance(second, weights))
        starts, ends = first.mean(axis=0), weights @ second
        cross = ((first - starts) @ to_white).T @ plan @ ((second - ends) @ whiten)
        return AffineMap(to_white @ rotation(cross) @ from_white, starts, ends)


def label_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Share of the labels that differ, over those known on both sides, [N, M]; 1/2 if none is.

    >>> label_distance(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0], [np.nan, 0.0]])).tolist()
    [[0.5, 0.0]]
    """
    known = [~np.isnan(each) for each in (first, second)]
    on = [np.nan_to_num(each) * known for each, known in zip((first, second), known)]
    off = [known - each for each, known in zip(on, known)]
    differing = on[0] @ off[1].T + off[0] @ on[1].T
    both = known[0].astype(float) @ known[1].T.astype(float)
    return np.divide(differing, both, out=np.full(both.shape, 0.5), where=both > 0)


def _completed(labels: np.ndarray) -> np.ndarray:
    """Unknown labels replaced by the mean of the known ones, 0 where none is, [N, L]."""
    known = ~np.isnan(labels)
    means = np.nan_to_num(labels).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(known, labels, means)


def _regression(labels: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effects [L, D] of the labels on the codes, and what they don't explain, [N, D]."""
    given, outcome = labels - labels.mean(axis=0), codes - codes.mean(axis=0)
    effects = np.linalg.lstsq(given, outcome, rcond=1e-9)[0]
    return effects, outcome - given @ effects
