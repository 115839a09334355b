"""Scores by the mutual information of a dimension of the code and a factor."""

import numpy as np

from tfvae.evaluation.disentanglement.arrays import checked


def mutual_information(codes: np.ndarray, factors: np.ndarray, *, bins: int = 20) -> np.ndarray:
    """Mutual information of each dimension of the code with each factor, [D, F], in nats.

    Args:
        codes: [N, D]; each dimension is divided into bins of equal width between its extremes.
        factors: [N, F], whole numbers.
        bins: Number of bins.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.array([[0], [0], [1], [1]])
    >>> mutual_information([[0.0], [0.1], [0.9], [1.0]], factors).round(3).tolist()  # log 2
    [[0.693]]
    """
    codes, factors = checked(codes, factors)
    binned = np.stack([_binned(column, bins) for column in codes.T])
    return np.array([[_information(code, factor) for factor in factors.T] for code in binned])


def mig(codes: np.ndarray, factors: np.ndarray, *, bins: int = 20) -> float:
    """Mutual information gap (Chen et al. 2018, eq. 6), 0 to 1.

    The mean over factors of the difference between the two largest mutual informations that
    dimensions of the code have with it, over the entropy of the factor. The paper has the
    information of a code that is drawn from q(z|x); here, as in `disentanglement_lib`, it is that
    of the posterior's mean in `bins` bins.

    Args:
        codes, factors, bins: As for `mutual_information`.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, size=[1000, 2])
    >>> round(mig(factors, factors), 2), round(mig(factors[:, [0, 0, 1, 1]], factors), 2)
    (1.0, 0.0)
    """
    return float(mig_per_factor(codes, factors, bins=bins).mean())


def mig_per_factor(codes: np.ndarray, factors: np.ndarray, *, bins: int = 20) -> np.ndarray:
    """The gap of each factor, [F]; their mean is `mig`.

    >>> factors = np.random.default_rng(0).integers(0, 4, size=[1000, 2])
    >>> mig_per_factor(factors[:, [0, 1, 1]], factors).round(1).tolist()
    [1.0, 0.0]
    """
    information = mutual_information(codes, factors, bins=bins)
    _, factors = checked(codes, factors)
    entropies = np.array([_information(column, column) for column in factors.T])
    # Of a single dimension, the second largest is that of none.
    largest = np.sort(np.pad(information, [(1, 0), (0, 0)]), axis=0)
    return (largest[-1] - largest[-2]) / entropies


def modularity(codes: np.ndarray, factors: np.ndarray, *, bins: int = 20) -> float:
    """Modularity (Ridgeway & Mozer 2018, section 3): 1 if each dimension informs of one factor.

    Args:
        codes, factors, bins: As for `mutual_information`.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, size=[1000, 2])
    >>> modularity(factors, factors) > 0.99, modularity(factors[:, [0, 0, 1, 1]], factors) > 0.99
    (True, True)
    """
    squared = np.square(mutual_information(codes, factors, bins=bins))
    largest = squared.max(axis=1)
    others = squared.sum(axis=1) - largest
    scale = largest * max(1, squared.shape[1] - 1)
    # A dimension that informs of nothing isn't modular.
    scores = 1 - np.divide(others, scale, out=np.ones_like(scale), where=scale > 0)
    return float(scores.mean())


def _binned(column: np.ndarray, bins: int) -> np.ndarray:
    """Numbers of bins of equal width, as `numpy.histogram` divides the range."""
    edges = np.histogram_bin_edges(column, bins)
    return np.digitize(column, edges[:-1]) - 1


def _information(first: np.ndarray, second: np.ndarray) -> float:
    """Mutual information of two columns of numbers 0, 1, ..., in nats."""
    sizes = first.max() + 1, second.max() + 1
    counts = np.bincount(np.ravel_multi_index((first, second), sizes), minlength=np.prod(sizes))
    joint = counts.reshape(sizes) / len(first)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float(np.sum(joint[seen] * np.log(joint[seen] / product[seen])))
