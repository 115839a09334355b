"""`simple` of study C: the mean of n draws from a Gaussian per class, all scaled alike."""

import math
import tempfile
from typing import Annotated

import keras_tuner
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
    """z = (1/n) sum of n draws from N(mu_y, theta sigma_y), study C, eq. 3; its grid in full.

    Only theta / sqrt(n) matters.

    Args:
        problem: What it is fitted to.
        thetas: Scales to try.
        counts: Numbers n of draws to try.
    """
    sampler = diagonal(problem)
    # Keras Tuner's grid never ends where a value stands twice.
    thetas, counts = tuple(dict.fromkeys(thetas)), tuple(dict.fromkeys(counts))
    trials = Trials(problem, sampler, total=len(thetas) * len(counts))
    with tempfile.TemporaryDirectory() as folder:
        grid = _Grid(
            trials,
            thetas,
            counts,
            objective=keras_tuner.Objective("objective", "min"),
            directory=folder,
            project_name="grid",
        )
        try:
            grid.search(verbose=0)
        except keras_tuner.errors.FatalError as error:
            raise error.__cause__ or error from None
    return trials.search()


def diagonal(problem: FitProblem, theta_shape: tuple[int, int] = (1, 1)) -> GaussianMixtures:
    """A Gaussian with the mean and standard deviations of each class, scaled by theta."""
    factors = np.stack([np.diag(stddev) for stddev in problem.stddevs])[:, None]
    weights = np.ones((problem.num_labels, 1))
    return GaussianMixtures.of(weights, problem.means[:, None], factors, theta_shape)


class _Grid(keras_tuner.GridSearch):
    """Keras Tuner's grid search, a score in place of a training."""

    def __init__(self, trials: Trials, thetas, counts, **kwargs):
        self._trials = trials
        hyperparameters = keras_tuner.HyperParameters()
        hyperparameters.Choice("theta", list(map(float, thetas)))
        hyperparameters.Choice("n", list(counts))
        super().__init__(hyperparameters=hyperparameters, tune_new_entries=False, **kwargs)

    def run_trial(self, trial, **_):
        theta, count = (trial.hyperparameters.get(name) for name in ("theta", "n"))
        self._trials.sampler.theta.assign([[theta / np.sqrt(count)]])
        try:
            score = self._trials.add(theta=theta, n=count)
        except Exception as error:
            # Keras Tuner takes any other for a candidate that can't be built, and tries the next.
            raise keras_tuner.errors.FatalError(str(error)) from error
        # Nor does it take what isn't finite: 2 is the most that eq. 4 can be.
        return {"objective": score.objective if math.isfinite(score.objective) else 2.0}
