"""`network`: a network from noise and class to a code (Vargas Aguilar & Gu, section 3.2)."""

from typing import Annotated

import keras
import numpy as np
import tensorflow as tf
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from tfvae.generators.problem import FitProblem
from tfvae.generators.samplers import CodeNetwork
from tfvae.generators.search import Search, descend
from tfvae.probability import mmd, noise

# Random stream of the choice of encoded codes; the seeds of a step draw the sampler's noise.
CODES_STREAM = 0


def network(
    problem: FitProblem,
    *,
    steps: PositiveInt = 1000,
    learning_rate: PositiveFloat = 1e-3,
    draws: Annotated[int, Field(ge=2)] = 24,
    units: PositiveInt = 256,
    match_weight: NonNegativeFloat = 10.0,
) -> Search:
    """z = mu_y + sigma_y g(epsilon, y), g a dense network trained for accuracy and variety.

    Vargas Aguilar & Gu (section 3.2) measure variety by |z - mu_y|, which is largest for a single
    code far from the mean. Here variety is the cosine similarity of their eq. 4, and the MMD^2
    between drawn and encoded codes of each class keeps z where the decoder was trained.

    Args:
        problem: The decoder, codes and classifiers to fit to.
        steps: Number of gradient steps.
        learning_rate: Learning rate of Adam.
        draws: Images per class in a step.
        units: Size of each of the two hidden layers.
        match_weight: Weight of the MMD^2 between drawn and encoded codes, in units of sigma_y.

    >>> from tfvae.generators.toy import toy_problem
    >>> search = network(toy_problem(), steps=10, learning_rate=0.05, units=16)
    >>> best = search.best(min_accuracy=0.99).score
    >>> best.accuracy >= 0.99, best.cosine < search.candidates[0].score.cosine
    (True, True)
    """
    keras.utils.set_random_seed(problem.seed)
    sampler = CodeNetwork(problem.num_labels, problem.latent_dim, units)
    sampler.means.assign(problem.means)
    sampler.scales.assign(problem.stddevs)
    encoded = [
        tf.constant(
            (problem.of_class(row) - problem.means[row]) / np.maximum(problem.stddevs[row], 1e-6)
        )
        for row in range(problem.num_labels)
    ]
    bandwidth = mmd.default_bandwidth(problem.latent_dim)

    def penalty(inputs, seeds):
        found = []
        for row, steps_of_class in enumerate(tf.split(sampler.steps(inputs), problem.num_labels)):
            seed = noise.stream(noise.stream(seeds, CODES_STREAM), row)
            chosen = tf.random.stateless_uniform(
                [draws], seed, 0, len(encoded[row]), tf.int32, alg=noise.ALGORITHM
            )
            others = tf.gather(encoded[row], chosen)
            found.append(mmd.squared_mmd(steps_of_class, others, mmd.mixture, bandwidth))
        return match_weight * tf.add_n(found) / problem.num_labels

    return descend(
        problem,
        sampler,
        sampler.network.trainable_variables,
        steps=steps,
        learning_rate=learning_rate,
        draws=draws,
        penalty=penalty,
    )
