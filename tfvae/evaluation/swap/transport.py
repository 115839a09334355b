"""Optimal transport by POT, on samples of equal weights."""

import os

import numpy as np

from tfvae.evaluation.swap.alignment import rotation

# POT would import every framework that it finds.
for _backend in ("TENSORFLOW", "PYTORCH", "JAX", "CUPY"):
    os.environ.setdefault(f"POT_BACKEND_DISABLE_{_backend}", "1")


def one_sided_plan(cost: np.ndarray, regularisation: float, freedom: float = 0.05) -> np.ndarray:
    """Entropy-regularised transport plan of a cost [N, M]; rows have equal sums, columns may not.

    Args:
        cost: [N, M].
        regularisation: Of the entropy.
        freedom: Weight of the divergence of the columns' sums from equal ones; the smaller, the
            freer they are.
    Returns:
        [N, M], with sum 1.

    Two sources and a target of one kind, a source and two targets of the other:

    >>> plan = one_sided_plan(np.array([[0.0, 1.0, 1.0]] * 2 + [[1.0, 0.0, 0.0]]), 0.01)
    >>> plan.sum(axis=0).round(2).tolist()
    [0.67, 0.17, 0.17]
    """
    import ot

    plan = ot.unbalanced.sinkhorn_unbalanced(
        [], [], cost, regularisation, (float("inf"), freedom), numItermax=2000
    )
    return plan / plan.sum()


def gaussian_map(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Optimal transport z -> z A + b between Gaussians fitted to [N, D] and [M, D]: A, b.

    >>> codes = np.random.default_rng(0).normal(size=[100, 2])
    >>> matrix, shift = gaussian_map(codes, 2 * codes + 1)
    >>> bool(np.allclose(codes @ matrix + shift, 2 * codes + 1, atol=1e-3))
    True
    """
    import ot

    matrix, shift = ot.gaussian.empirical_bures_wasserstein_mapping(source, target, reg=1e-6)
    return matrix, np.ravel(shift)


def gromov_wasserstein(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """A plan [N, M] under which the distances within [N, D] and [M, D] agree; a local optimum.

    >>> codes = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 5.0]])
    >>> (3 * gromov_wasserstein(codes, codes[::-1])).round(6).tolist()
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    import ot

    distances = [np.sqrt(ot.dist(each, each)) for each in (source, target)]
    return ot.gromov.gromov_wasserstein(*distances, loss_fun="square_loss", max_iter=200)


def refined_rotation(
    rotation_matrix: np.ndarray,
    source: np.ndarray,
    target: np.ndarray,
    rng: np.random.Generator,
    samples: int = 1000,
    steps: int = 10,
) -> np.ndarray:
    """A rotation improved by turns: pair samples by transport, then rotate onto the pairs.

    >>> codes, rng = np.random.default_rng(0).normal(size=[200, 2]), np.random.default_rng(1)
    >>> near = np.array([[0.995, 0.1], [-0.1, 0.995]])
    >>> bool(np.allclose(refined_rotation(near, codes, codes, rng), np.eye(2)))
    True
    """
    import ot

    for _ in range(steps):
        first, second = (each[rng.permutation(len(each))[:samples]] for each in (source, target))
        plan = ot.emd([], [], ot.dist(first @ rotation_matrix, second), numItermax=10**6)
        rotation_matrix = rotation(first.T @ plan @ second)
    return rotation_matrix


def cost(source: np.ndarray, target: np.ndarray, samples: int = 1000) -> float:
    """Mean squared distance under the best transport of the first codes of both.

    >>> cost(np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]]))
    1.0
    """
    import ot

    return float(ot.emd2([], [], ot.dist(source[:samples], target[:samples]), numItermax=10**6))
