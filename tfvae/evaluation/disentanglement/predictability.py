"""A score by how well single dimensions of the code predict the factors."""

import numpy as np

from tfvae.evaluation.disentanglement.arrays import checked, split_accuracy


def sap(codes: np.ndarray, factors: np.ndarray, *, num_train: int | None = None) -> float:
    """Separated attribute predictability (Kumar et al. 2018, section 3), 0 to 1.

    The mean over factors of the difference between the accuracies of the two dimensions that
    predict it best, each by a linear support vector machine (C = 0.01, classes weighted equally, as
    in `disentanglement_lib`).

    Args:
        codes: [N, D].
        factors: [N, F], whole numbers.
        num_train: Rows to fit to; the others are scored. None: two thirds.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 2, size=[600, 2])
    >>> round(sap(2.0 * factors - 1, factors), 1)
    0.5
    """
    codes, factors = checked(codes, factors)
    accuracies = sap_accuracies(codes, factors, num_train=num_train)
    largest = np.sort(np.pad(accuracies, [(1, 0), (0, 0)]), axis=0)
    return float((largest[-1] - largest[-2]).mean())


def sap_accuracies(
    codes: np.ndarray, factors: np.ndarray, *, num_train: int | None = None
) -> np.ndarray:
    """Accuracy of each factor read off each dimension, [D, F]; arguments as for `sap`.

    >>> factors = np.random.default_rng(0).integers(0, 2, size=[600, 1])
    >>> sap_accuracies(2.0 * factors - 1, factors).tolist()
    [[1.0]]
    """
    from sklearn.svm import LinearSVC

    codes, factors = checked(codes, factors)
    split = len(codes) * 2 // 3 if num_train is None else num_train
    found = np.zeros([codes.shape[1], factors.shape[1]])
    for dimension, factor in np.ndindex(*found.shape):
        column, target = codes[:, [dimension]], factors[:, factor]
        machine = LinearSVC(C=0.01, class_weight="balanced", dual="auto", random_state=0)
        found[dimension, factor] = split_accuracy(machine, column, target, split)
    return found
