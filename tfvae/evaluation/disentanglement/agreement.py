"""A score without known factors: do models that differ in their seeds find the same dimensions?"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from tfvae.schema import UserError


def udr(
    codes: Sequence[np.ndarray],
    rates: Sequence[np.ndarray] | None = None,
    *,
    correlation: Literal["lasso", "spearman"] = "lasso",
    smallest_rate: float = 0.01,
) -> np.ndarray:
    """Unsupervised disentanglement ranking (Duan et al. 2020, section 4), one score per model.

    Disentangled models of the same data find the same dimensions up to their order and signs,
    entangled ones rotate them differently. The score of a pair of models is high if each dimension
    of one is explained by one dimension of the other; that of a model is the median over its pairs.

    Args:
        codes: Means of posteriors of the same images by each model, [N, D] each; two models at
            least.
        rates: Mean KL divergence of each dimension, [D] each; dimensions below `smallest_rate` are
            left out. None: all are used.
        correlation: Coefficients of a lasso (alpha 0.1, as in `disentanglement_lib`) that predicts
            the other model's standardised codes, or Spearman's rank correlation; absolute values.
        smallest_rate: In nats.
    Returns:
        [number of models], 0 to 1 (0.9 for the lasso, which shrinks its coefficients); 0 for a
        model without a dimension in use.
    Raises:
        UserError: fewer than two models, or codes of unequal length.

    >>> first = np.random.default_rng(0).normal(size=[500, 3])
    >>> udr([first, -first[:, [2, 0, 1]]]).round(2).tolist()
    [0.9, 0.9]
    """
    codes = [np.asarray(each, np.float64) for each in codes]
    if len(codes) < 2 or len({len(each) for each in codes}) > 1:
        raise UserError("UDR needs the codes of the same images by two models or more")
    if rates is not None:
        kept = [np.asarray(each) > smallest_rate for each in rates]
        codes = [each[:, mask] for each, mask in zip(codes, kept, strict=True)]
    codes = [_standardised(each) for each in codes]
    measure = _lasso if correlation == "lasso" else _spearman
    pairs = np.zeros([len(codes), len(codes)])
    for i, j in np.ndindex(*pairs.shape):
        if i != j:
            pairs[i, j] = _one_to_one(measure(codes[i], codes[j]))
    return np.array([np.median(np.delete(pairs[:, i], i)) for i in range(len(codes))])


def _one_to_one(strengths: np.ndarray) -> float:
    """1 if each row and each column [D, D'] has one entry that isn't 0 (eq. 3 of the paper)."""
    if not strengths.size:
        return 0.0

    def mean_share(axis: int) -> float:
        total = strengths.sum(axis=axis)
        square = np.square(strengths.max(axis=axis))
        return float(np.divide(square, total, out=np.zeros_like(total), where=total > 0).mean())

    return (mean_share(0) + mean_share(1)) / 2


def _lasso(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import Lasso

    if not source.shape[1] or not target.shape[1]:
        return np.zeros([source.shape[1], target.shape[1]])
    fitted = Lasso(alpha=0.1).fit(source, target)
    return np.abs(np.atleast_2d(fitted.coef_)).T


def _spearman(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    first, second = (_standardised(rankdata(each, axis=0)) for each in (source, target))
    return np.abs(first.T @ second) / len(first)


def _standardised(codes: np.ndarray) -> np.ndarray:
    scales = codes.std(axis=0)
    return (codes - codes.mean(axis=0)) / np.where(scales > 0, scales, 1)
