"""Alignments by k pairs of codes of the same content (Maiorca et al. 2023, section 3).

Theirs are codes of deterministic autoencoders, which are standardised first. Codes of VAEs have a
common scale already, and standardising by the statistics of few pairs adds noise; it is an option.
"""

import abc

import numpy as np

from tfvae.evaluation.swap.alignment import AffineMap, Alignment, Labels, rotation

# Candidates for the weight of the penalty of least squares.
RIDGES = np.logspace(-6, 4, 21)


class Paired(Alignment):
    """A map of centred pairs; subclasses fit its matrix.

    Args:
        standardise: Divide each dimension by its standard deviation over the pairs first, and
            multiply by that of the target afterwards, as Maiorca et al. do.

    >>> paired: Paired = Ortho(standardise=True)
    >>> paired.anchors
    'pairs'
    """

    anchors = "pairs"

    def __init__(self, *, standardise: bool = False):
        self.standardise = standardise

    def fitted(self, source: np.ndarray, target: np.ndarray, labels: Labels | None) -> AffineMap:
        starts, ends = self.centre(source), self.centre(target)
        scales = [np.ones(source.shape[1])] * 2
        if self.standardise:
            scales = [_scale(source), _scale(target)]
        matrix = self.matrix((source - starts) / scales[0], (target - ends) / scales[1])
        return AffineMap(matrix / scales[0][:, np.newaxis] * scales[1], starts, ends)

    def centre(self, codes: np.ndarray) -> np.ndarray:
        """The point that is mapped to its counterpart, [D]."""
        return codes.mean(axis=0)

    @abc.abstractmethod
    def matrix(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The matrix [D, D] for centred pairs."""


class Ortho(Paired):
    """The nearest rotation or reflection, by Procrustes' closed form; it changes no distance.

    >>> codes, quarter_turn = np.eye(3)[:, :2], np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> Ortho().fit(codes, codes @ quarter_turn + 5)(codes).round(5).tolist()
    [[5.0, 6.0], [4.0, 5.0], [5.0, 5.0]]
    """

    def matrix(self, source, target):
        return rotation(source.T @ target)


class Affine(Paired):
    """Least squares with an intercept, with a ridge penalty chosen by leaving one pair out.

    Maiorca et al. fit it by gradient descent; the minimum is the same.

    >>> codes = np.random.default_rng(0).normal(size=[50, 2])
    >>> mapped = Affine().fit(codes, 3 * codes + 5)(codes)
    >>> bool(np.abs(mapped - (3 * codes + 5)).max() < 1e-3)
    True
    """

    def matrix(self, source, target):
        from sklearn.linear_model import RidgeCV

        model = RidgeCV(RIDGES, fit_intercept=False).fit(source, target)
        return np.atleast_2d(model.coef_).reshape(target.shape[1], -1).T


class Linear(Affine):
    """As `Affine`, without an intercept; standardised, the mean is subtracted even so.

    >>> codes = np.random.default_rng(0).normal(size=[50, 2])
    >>> bool(np.abs(Linear().fit(codes, 3 * codes)(codes) - 3 * codes).max() < 1e-3)
    True
    """

    def centre(self, codes):
        return super().centre(codes) if self.standardise else np.zeros(codes.shape[1])


class LinearOrtho(Ortho):
    """The orthogonal matrix nearest to the one of least squares ("l-ortho").

    >>> codes, quarter_turn = np.eye(3)[:, :2], np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> LinearOrtho().fit(codes, codes @ quarter_turn + 5)(codes).round(4).tolist()
    [[5.0, 6.0], [4.0, 5.0], [5.0, 5.0]]
    """

    def matrix(self, source, target):
        return rotation(Affine().matrix(source, target))


def _scale(codes: np.ndarray) -> np.ndarray:
    """Standard deviations, 1 for dimensions that don't vary, [D]."""
    scale = codes.std(axis=0)
    return np.where(scale > 1e-9, scale, 1.0)
