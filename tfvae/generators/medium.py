"""`medium1` and `medium2` of study C: a scale for each dimension, or each dimension and class."""

from typing import Annotated

import tensorflow as tf
from pydantic import Field, PositiveFloat, PositiveInt

from tfvae.generators.problem import FitProblem
from tfvae.generators.search import Search, descend
from tfvae.generators.simple import diagonal

START = 0.3


def medium1(
    problem: FitProblem,
    *,
    steps: PositiveInt = 1000,
    learning_rate: PositiveFloat = 0.03,
    draws: Annotated[int, Field(ge=2)] = 16,
    largest: PositiveFloat = 1.0,
) -> Search:
    """z from N(mu_y, theta sigma_y) with a theta for each dimension, study C, 3.5.2.

    The paper's grid has 11^D points; here gradients search between them.

    Args:
        problem: What it is fitted to.
        steps: Of the search.
        learning_rate: Of the search.
        draws: Images per class in a step.
        largest: Bound of theta; the paper's is 1.
    """
    return _searched(problem, (1, problem.latent_dim), steps, learning_rate, draws, largest)


def medium2(
    problem: FitProblem,
    *,
    steps: PositiveInt = 1000,
    learning_rate: PositiveFloat = 0.03,
    draws: Annotated[int, Field(ge=2)] = 16,
    largest: PositiveFloat = 1.0,
) -> Search:
    """z from N(mu_y, theta_y sigma_y), a theta for each dimension and class, study C, 3.5.3.

    Args:
        problem: What it is fitted to.
        steps: Of the search.
        learning_rate: Of the search.
        draws: Images per class in a step.
        largest: Bound of theta; the paper's is 1.
    """
    shape = (problem.num_labels, problem.latent_dim)
    return _searched(problem, shape, steps, learning_rate, draws, largest)


def _searched(problem, shape, steps, learning_rate, draws, largest) -> Search:
    sampler = diagonal(problem, shape)
    theta = sampler.theta
    theta.assign(tf.fill(shape, min(START, largest)))

    def limit():
        theta.assign(tf.clip_by_value(tf.convert_to_tensor(theta), 0.0, largest))

    return descend(
        problem,
        sampler,
        [theta],
        steps=steps,
        learning_rate=learning_rate,
        draws=draws,
        limit=limit,
    )
