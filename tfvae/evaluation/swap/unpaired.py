"""Alignments by samples of codes alone: neither pairs nor labels are known.

Codes of two VAEs are distributed about as N(0, I), which looks the same from all sides. So means
and covariances tell a map up to a rotation only; what they don't tell is in the shape of the
distributions, such as their clusters.
"""

from operator import itemgetter

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from tfvae.evaluation.moments import covariance, powers
from tfvae.evaluation.swap import transport
from tfvae.evaluation.swap.alignment import (
    AffineMap,
    Alignment,
    Labels,
    rotation,
)

# Steps from each random start, and how many of the starts take how many more.
STEPS, FINALISTS, FURTHER_STEPS = 25, 5, 50
# The third and the fourth cumulant.
Cumulants3And4 = tuple[np.ndarray, np.ndarray]


class Identity(Alignment):
    """The codes as they are, as in Zeng et al.

    >>> Identity().fit(np.eye(2), np.eye(3))(np.ones([1, 2])).tolist()
    [[1.0, 1.0, 0.0]]
    """

    anchors = "nothing"

    def fitted(self, source: np.ndarray, target: np.ndarray, labels: Labels | None) -> AffineMap:
        origin = np.zeros(source.shape[1])
        return AffineMap(np.eye(source.shape[1]), origin, origin)


class Moments(Alignment):
    """Whitening with the source's mean and covariance, colouring with the target's.

    >>> codes = np.random.default_rng(0).normal(size=[100, 2])
    >>> target = codes @ [[1, 2], [0, 3]] + 5
    >>> mapped = Moments().fit(codes, target)(codes)
    >>> bool(np.allclose(np.cov(mapped.T), np.cov(target.T), atol=1e-4))
    True
    """

    anchors = "nothing"

    def fitted(self, source, target, labels):
        _, whiten = powers(covariance(source))
        colour, _ = powers(covariance(target))
        return AffineMap(whiten @ colour, source.mean(axis=0), target.mean(axis=0))


class OptimalTransport(Alignment):
    """The linear map that transports one Gaussian to the other at the least squared distance (POT).

    >>> codes = np.random.default_rng(0).normal(size=[100, 2])
    >>> mapped = OptimalTransport().fit(codes, codes * [1, 3] + 5)(codes)
    >>> bool(np.allclose(mapped, codes * [1, 3] + 5, atol=1e-3))
    True
    """

    anchors = "nothing"

    def fitted(self, source, target, labels):
        matrix, shift = transport.gaussian_map(source, target)
        origin = np.zeros(source.shape[1])
        return AffineMap(matrix, origin, shift)


class GromovWasserstein(Alignment):
    """The rotation that best follows a Gromov-Wasserstein plan (Memoli 2011; POT).

    The plan pairs codes so that distances within the source are those within the target.

    Args:
        samples: Codes of each side that the plan is computed for, at most.

    >>> codes = np.random.default_rng(0).gamma(1.0, size=[60, 2]) * [1, 3]
    >>> quarter_turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> mapped = GromovWasserstein().fit(codes, codes @ quarter_turn)(codes)
    >>> bool(np.abs(mapped - codes @ quarter_turn).max() < 1e-3)
    True
    """

    anchors = "nothing"

    def __init__(self, *, samples: PositiveInt = 500):
        self.samples = samples

    def fitted(self, source, target, labels):
        starts, ends = source.mean(axis=0), target.mean(axis=0)
        first, second = source[: self.samples] - starts, target[: self.samples] - ends
        plan = transport.gromov_wasserstein(first, second)
        return AffineMap(rotation(first.T @ plan @ second), starts, ends)


class Cumulants(Alignment):
    """The rotation that maps the source's third and fourth cumulants to the target's.

    It maximises <k3(S) R, k3(T)> / 3! + <k4(S) R, k4(T)> / 4!, where k3 and k4 are the cumulant
    tensors of the centred codes and R rotates all of their axes. For white codes these are the
    terms of the divergence between the two distributions that depend on R (Edgeworth expansion).
    Each step replaces R by the rotation nearest to the gradient. The best of many random starts are
    refined by optimal transport (Wasserstein-Procrustes, Grave et al. 2019), and the one of the
    lowest cost is taken. Principal components with less than 1 % of the variance of the first are
    left out. Of many components, those axes are used along which the codes are least normal.

    Args:
        starts: Number of random starts.
        components: Axes used, at most: the fourth cumulant has their number to the fourth power of
            entries.
        seed: Of the random starts.

    >>> codes = np.random.default_rng(0).gamma(1.0, size=[500, 3])
    >>> turn = rotation(np.random.default_rng(1).normal(size=[3, 3]))
    >>> mapped = Cumulants().fit(codes, codes @ turn)(codes)
    >>> bool(np.abs(mapped - codes @ turn).max() < 1e-3)
    True
    """

    anchors = "nothing"

    def __init__(
        self, *, starts: PositiveInt = 200, components: PositiveInt = 20, seed: NonNegativeInt = 0
    ):
        self.starts = starts
        self.components = components
        self.seed = seed

    def fitted(self, source, target, labels):
        starts, ends = source.mean(axis=0), target.mean(axis=0)
        used = max(_num_used(source), _num_used(target))
        first, second = (_axes(each, used, self.components) for each in (source, target))
        found = self._best((source - starts) @ first, (target - ends) @ second)
        return AffineMap(first @ found @ second.T, starts, ends)

    def _best(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        cumulants = [(third_cumulant(each), fourth_cumulant(each)) for each in (source, target)]
        rng = np.random.default_rng(self.seed)

        def climbed(matrix: np.ndarray, steps: int) -> np.ndarray:
            for _ in range(steps):
                matrix = rotation(cumulant_match(matrix, *cumulants)[1])
            return matrix

        found = [climbed(random_rotation(rng, source.shape[1]), STEPS) for _ in range(self.starts)]
        # Starts that ended in the same optimum have the same value, to three digits or so.
        values = [cumulant_match(each, *cumulants)[0] for each in found]
        distinct = {
            f"{value:.3g}": each for value, each in sorted(zip(values, found), key=itemgetter(0))
        }
        refined = [
            transport.refined_rotation(climbed(each, FURTHER_STEPS), source, target, rng)
            for each in list(distinct.values())[-FINALISTS:]
        ]
        # The cumulants of samples are noisy: the last word has the cost of the transport.
        return min(refined, key=lambda each: transport.cost(source @ each, target))


def third_cumulant(codes: np.ndarray) -> np.ndarray:
    """E[z_i z_j z_k] of centred codes, [D, D, D].

    >>> third_cumulant(np.array([[-1.0], [-1.0], [2.0]])).ravel().tolist()
    [2.0]
    """
    return np.einsum("ni,nj,nk->ijk", codes, codes, codes, optimize=True) / len(codes)


def fourth_cumulant(codes: np.ndarray) -> np.ndarray:
    """E[z_i z_j z_k z_l] of centred codes less its value for Gaussian ones, [D, D, D, D].

    >>> fourth_cumulant(np.array([[-1.0], [1.0]])).ravel().tolist()
    [-2.0]
    """
    moments = np.einsum("ni,nj,nk,nl->ijkl", codes, codes, codes, codes, optimize=True)
    products = np.multiply.outer(codes.T @ codes, codes.T @ codes) / len(codes) ** 2
    gaussian = sum(products.transpose(axes) for axes in ([0, 1, 2, 3], [0, 2, 1, 3], [0, 2, 3, 1]))
    return moments / len(codes) - gaussian


def cumulant_match(
    matrix: np.ndarray, source: Cumulants3And4, target: Cumulants3And4
) -> tuple[float, np.ndarray]:
    """<k3(S) R, k3(T)> / 3! + <k4(S) R, k4(T)> / 4! and its gradient [D, D] with respect to R.

    >>> cumulants = np.full([1] * 3, 2.0), np.full([1] * 4, 3.0)
    >>> value, gradient = cumulant_match(np.eye(1), cumulants, cumulants)
    >>> round(value, 6), gradient.tolist()  # 4 / 6 + 9 / 24, 4 / 2 + 9 / 6
    (1.041667, [[3.5]])
    """
    third, fourth = source
    # All axes but the first are rotated, from the last one on.
    for _ in range(2):
        third = np.moveaxis(np.tensordot(third, matrix, 1), -1, 1)
    for _ in range(3):
        fourth = np.moveaxis(np.tensordot(fourth, matrix, 1), -1, 1)
    of_third = np.tensordot(third, target[0], ([1, 2], [1, 2]))
    of_fourth = np.tensordot(fourth, target[1], ([1, 2, 3], [1, 2, 3]))
    value = np.sum(matrix * of_third) / 6 + np.sum(matrix * of_fourth) / 24
    return float(value), of_third / 2 + of_fourth / 6


def _num_used(codes: np.ndarray) -> int:
    """Number of principal components with at least 1 % of the variance of the first."""
    variances = np.linalg.eigvalsh(covariance(codes))
    return int((variances >= 0.01 * variances.max()).sum())


def _axes(codes: np.ndarray, used: int, count: int) -> np.ndarray:
    """Orthonormal axes: the `used` leading principal ones, or if they are more than `count` those
    combinations of them along which codes are least normal (of codes that are about white, as those
    of VAEs are; otherwise of the codes scaled to be white)."""
    variances, axes = np.linalg.eigh(covariance(codes))
    variances, axes = variances[::-1][:used], axes[:, ::-1][:, :used]
    if used <= count:
        return axes
    scales = np.sqrt(np.maximum(variances, 1e-9 * variances.max()))
    white = (codes - codes.mean(axis=0)) @ axes / scales
    return axes @ np.linalg.eigh(nonnormality(white))[1][:, ::-1][:, :count]


def nonnormality(codes: np.ndarray, samples: int = 3000) -> np.ndarray:
    """How far white codes deviate from normal ones along each direction, [D, D].

    The entry of axes i and j is the sum of k3_iab k3_jab / 3! + k4_iabc k4_jabc / 4! over a, b, c.
    Its expectation is that over pairs of independent codes x and y, so that the tensors aren't
    needed: sum k3 k3 = E[x_i y_j (x y)^2] and sum k4 k4 = E[x_i y_j (x y)^3] - 6 E[x_i x_j |x|^2]
    + (3 D + 6) [i = j]. Rotated with the codes, it tells the same axes.

    Args:
        codes: With mean 0 and covariance I, [N, D].
        samples: Codes that are used, at most; the cost is that of their pairs.

    >>> white = np.random.default_rng(0).choice([-1.0, 1.0], [2000, 2])
    >>> nonnormality(white).round(1).tolist()  # k4 = -2, (-2)^2 / 4!
    [[0.2, 0.0], [0.0, 0.2]]
    """
    # Every second one, say: the first ones may be of one class.
    codes = codes[:: -(-len(codes) // samples)]
    count, dims = codes.shape
    products = codes @ codes.T
    # Pairs of a code with itself would add the noise of the estimate.
    np.fill_diagonal(products, 0.0)
    squares = np.square(products)
    pairs = count * (count - 1)
    third = codes.T @ squares @ codes / pairs
    norms = np.square(codes).sum(axis=1, keepdims=True)
    fourth = codes.T @ (squares * products) @ codes / pairs
    fourth += (3 * dims + 6) * np.eye(dims) - 6 * (codes * norms).T @ codes / count
    return third / 6 + fourth / 24


def random_rotation(rng: np.random.Generator, size: int) -> np.ndarray:
    """An orthogonal matrix, uniformly distributed (the polar factor of a Gaussian one).

    >>> matrix = random_rotation(np.random.default_rng(0), 3)
    >>> bool(np.allclose(matrix @ matrix.T, np.eye(3)))
    True
    """
    return rotation(rng.normal(size=[size, size]))
