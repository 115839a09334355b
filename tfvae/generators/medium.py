"""`medium1` and `medium2`: a scale for each dimension, or for each dimension and class.

Vargas Aguilar & Gu, sections 3.5.2 and 3.5.3.
"""

from typing import Annotated

import tensorflow as tf
from pydantic import Field, PositiveFloat, PositiveInt

from tfvae.generators.problem import FitProblem
from tfvae.generators.search import Search, descend
from tfvae.generators.simple import diagonal

# Value of every theta at the start of the search.
START = 0.3


def medium1(
    problem: FitProblem,
    *,
    steps: PositiveInt = 1000,
    learning_rate: PositiveFloat = 0.03,
    draws: Annotated[int, Field(ge=2)] = 16,
    largest: PositiveFloat = 1.0,
) -> Search:
    """z ~ N(mu_y, theta sigma_y), a theta for each dimension: Vargas Aguilar & Gu, section 3.5.2.

    The paper searches a grid of 11^D points; gradient descent replaces it here.

    Args:
        problem: The decoder, codes and classifiers to fit to.
        steps: Number of gradient steps.
        learning_rate: Learning rate of Adam.
        draws: Images per class in a step.
        largest: Upper bound of theta; 1 in the paper.

    >>> from tfvae.generators.toy import toy_problem
    >>> search = medium1(toy_problem(), steps=30, learning_rate=0.1)
    >>> sampler, best = search.chosen(min_accuracy=0.99)
    >>> best.score.cosine < search.candidates[0].score.cosine
    True
    >>> sampler.theta.numpy().round().tolist()  # the second dimension is free
    [[0.0, 1.0]]
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
    """z ~ N(mu_y, theta_y sigma_y), a theta for each dimension and class.

    Vargas Aguilar & Gu, section 3.5.3; gradient descent replaces the paper's grid.

    Args:
        problem: The decoder, codes and classifiers to fit to.
        steps: Number of gradient steps.
        learning_rate: Learning rate of Adam.
        draws: Images per class in a step.
        largest: Upper bound of theta; 1 in the paper.

    >>> from tfvae.generators.toy import toy_problem
    >>> search = medium2(toy_problem(), steps=30, learning_rate=0.1)
    >>> sampler, best = search.chosen(min_accuracy=0.99)
    >>> best.score.cosine < search.candidates[0].score.cosine
    True
    >>> sampler.theta.numpy().round().tolist()  # a row for each class
    [[0.0, 1.0], [0.0, 1.0]]
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
