"""Scores by how important dimensions of the code are for the prediction of factors."""

import dataclasses

import numpy as np

from tfvae.evaluation.disentanglement.arrays import checked
from tfvae.evaluation.disentanglement.boosting import boosted

# Up to so many codes, processes take longer to start than they save.
FEW = 2000


@dataclasses.dataclass(frozen=True)
class DCI:
    """Disentanglement, completeness and informativeness (Eastwood & Williams 2018).

    Args:
        disentanglement: 1 if each dimension is important for one factor.
        completeness: 1 if one dimension is important for each factor.
        informativeness: Accuracy of predicting the factors on further images, mean over factors.
        importance: [D, F], how important a dimension is for a factor; columns have the sum 1.

    >>> DCI(1.0, 1.0, 0.9, np.eye(2)).completeness
    1.0
    """

    disentanglement: float
    completeness: float
    informativeness: float
    importance: np.ndarray


def dci(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    num_train: int | None = None,
    jobs: int | None = None,
) -> DCI:
    """Disentanglement, completeness and informativeness by boosted trees, one fit per factor.

    As in `disentanglement_lib`: scikit-learn's gradient boosting with its defaults, and the
    importances that it reports; see `boosting` for who grows the trees.

    Args:
        codes: [N, D].
        factors: [N, F], whole numbers.
        num_train: Rows to fit to; the others are scored. None: two thirds.
        jobs: Processes at once, as for joblib; none: all cores, or one for few codes.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 2, size=[600, 2])
    >>> found = dci(factors, factors)
    >>> round(found.disentanglement, 3), round(found.completeness, 3), found.informativeness
    (1.0, 1.0, 1.0)
    """
    import joblib

    codes, factors = checked(codes, factors)
    split = len(codes) * 2 // 3 if num_train is None else num_train
    if jobs is None:
        jobs = -1 if len(codes) > FEW else 1
    # The longest first.
    order = np.argsort(-factors.max(axis=0), kind="stable")
    fits = joblib.Parallel(n_jobs=jobs)(
        joblib.delayed(_fitted)(codes, factors[:, factor], split) for factor in order
    )
    importance = np.zeros([codes.shape[1], factors.shape[1]])
    for factor, (found, _) in zip(order, fits, strict=True):
        importance[:, factor] = found
    accuracy = float(np.mean([accuracy for _, accuracy in fits]))
    return DCI(disentanglement(importance), completeness(importance), accuracy, importance)


def _fitted(codes: np.ndarray, factor: np.ndarray, split: int) -> tuple[np.ndarray, float]:
    """Importances of the dimensions for a factor, and the accuracy on the rows after the split."""
    seen, classes = np.unique(factor[:split], return_inverse=True)
    if len(seen) == 1:
        return np.zeros(codes.shape[1]), float((factor[split:] == seen[0]).mean())
    found = boosted(codes, classes, split)
    predicted = seen[found.scores.argmax(axis=1)]
    return found.importance, float((predicted == factor[split:]).mean())


def disentanglement(importance: np.ndarray) -> float:
    """1 less the entropy of each dimension's importances, weighted by their sum; [D, F] -> 0 to 1.

    >>> round(disentanglement(np.eye(2)), 6), round(disentanglement(np.ones([2, 2])), 6)
    (1.0, 0.0)
    """
    weights = importance.sum(axis=1)
    # Codes of one value alone are important for nothing.
    total = weights.sum()
    return float((_concentration(importance) * weights).sum() / total) if total else 0.0


def completeness(importance: np.ndarray) -> float:
    """1 less the entropy of each factor's importances, weighted by their sum; [D, F] -> 0 to 1.

    >>> round(completeness(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])), 3)  # 1 - log_3(2) / 2
    0.685
    """
    return disentanglement(importance.T)


def _concentration(rows: np.ndarray) -> np.ndarray:
    """1 less the entropy of each row as a distribution, in units of that of an even one."""
    shares = (rows + 1e-11) / (rows + 1e-11).sum(axis=1, keepdims=True)
    return 1 + (shares * np.log(shares)).sum(axis=1) / np.log(max(2, rows.shape[1]))
