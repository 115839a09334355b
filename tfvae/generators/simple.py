"""`simple`: the mean of n draws from a Gaussian per class, with one scale for all classes.

Vargas Aguilar & Gu, section 3.5.1.
"""

import itertools
from typing import Annotated

import numpy as np
from pydantic import Field

from tfvae.generators.problem import FitProblem
from tfvae.generators.samplers import GaussianMixtures
from tfvae.generators.search import Search, Trials

THETAS = tuple(round(0.1 * step, 1) for step in range(11))
COUNTS = (1, 2, 3, 5)

NonNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


def simple(
    problem: FitProblem,
    *,
    thetas: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = THETAS,
    counts: Annotated[tuple[Count, ...], Field(min_length=1)] = COUNTS,
) -> Search:
    """z = (1/n) sum of n draws from N(mu_y, theta sigma_y): Vargas Aguilar & Gu, eq. 3.

    Tries every pair of theta and n in the paper's grid. The distribution of z depends on
    theta / sqrt(n) alone.

    Args:
        problem: The decoder, codes and classifiers to fit to.
        thetas: Scales theta to try.
        counts: Numbers n of draws to try.

    >>> from tfvae.generators.toy import toy_problem
    >>> search = simple(toy_problem(), thetas=(0.2, 0.8), counts=(1,))
    >>> close, wide = (each.score for each in search.candidates)
    >>> close.accuracy, wide.accuracy < close.accuracy, wide.cosine < close.cosine
    (1.0, True, True)
    """
    # A value that is given twice is tried once.
    grid = list(itertools.product(dict.fromkeys(thetas), dict.fromkeys(counts)))
    sampler = diagonal(problem)
    trials = Trials(problem, sampler, total=len(grid))
    for theta, count in grid:
        sampler.theta.assign([[theta / np.sqrt(count)]])
        trials.add(theta=theta, n=count)
    return trials.search()


def diagonal(problem: FitProblem, theta_shape: tuple[int, int] = (1, 1)) -> GaussianMixtures:
    """A Gaussian with the mean and standard deviations of each class, scaled by theta.

    Args:
        problem: The codes of each class.
        theta_shape: Shape of theta, broadcast to [L, D].

    >>> from tfvae.generators.toy import toy_problem
    >>> problem = toy_problem()
    >>> sampler = diagonal(problem)
    >>> code = sampler({"label": np.array([[0.0, 1.0]]), "noise": np.ones([1, sampler.noise_dim])})
    >>> np.allclose(code, problem.means[1] + problem.stddevs[1])  # theta is 1 at first
    True
    """
    factors = np.stack([np.diag(stddev) for stddev in problem.stddevs])[:, None]
    weights = np.ones((problem.num_labels, 1))
    return GaussianMixtures.of(weights, problem.means[:, None], factors, theta_shape)
