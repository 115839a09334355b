"""`medium1` and `medium2` of study C: a scale for each dimension, or each dimension and class."""

from typing import Annotated

import tensorflow as tf
from pydantic import Field, PositiveFloat, PositiveInt

from tfvae.generators.search import Search, descend
from tfvae.generators.simple import diagonal
from tfvae.generators.task import Task

START = 0.3


def medium1(
    task: Task,
    *,
    steps: PositiveInt = 1000,
    learning_rate: PositiveFloat = 0.03,
    draws: Annotated[int, Field(ge=2)] = 16,
    largest: PositiveFloat = 1.0,
) -> Search:
    """z from N(mu_y, theta sigma_y) with a theta for each dimension, study C, 3.5.2.

    The paper's grid has 11^D points; here gradients search between them.

    Args:
        task: What it is fitted to.
        steps: Of the search.
        learning_rate: Of the search.
        draws: Images per class in a step.
        largest: Bound of theta; the paper's is 1.
    """
    return _searched(task, (1, task.latent_dim), steps, learning_rate, draws, largest)


def medium2(
    task: Task,
    *,
    steps: PositiveInt = 1000,
    learning_rate: PositiveFloat = 0.03,
    draws: Annotated[int, Field(ge=2)] = 16,
    largest: PositiveFloat = 1.0,
) -> Search:
    """z from N(mu_y, theta_y sigma_y), a theta for each dimension and class, study C, 3.5.3.

    Args:
        task: What it is fitted to.
        steps: Of the search.
        learning_rate: Of the search.
        draws: Images per class in a step.
        largest: Bound of theta; the paper's is 1.
    """
    shape = (task.num_labels, task.latent_dim)
    return _searched(task, shape, steps, learning_rate, draws, largest)


def _searched(task, shape, steps, learning_rate, draws, largest) -> Search:
    sampler = diagonal(task, shape)
    theta = sampler.theta
    theta.assign(tf.fill(shape, min(START, largest)))

    def limit():
        theta.assign(tf.clip_by_value(tf.convert_to_tensor(theta), 0.0, largest))

    return descend(
        task,
        sampler,
        [theta],
        steps=steps,
        learning_rate=learning_rate,
        draws=draws,
        limit=limit,
    )
