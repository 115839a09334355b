"""Searches among generators: candidates with their scores, and which of them is taken."""

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from tfvae.generators.problem import FitProblem, Score, mean_cosine
from tfvae.probability import noise
from tfvae.schema import UserError

# Weight of the classifier's error in the gradient search, from its first step to its last.
WEIGHTS = (100.0, 0.2)
LOOKS = 25


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate:
    """A generator that was tried.

    Args:
        weights: Of the sampler.
        score: By the classifier that searches, on draws of its own.
        settings: What it is, for reports.
        seconds: Since the search began.
    """

    weights: Sequence[np.ndarray]
    score: Score
    settings: dict[str, Any]
    seconds: float


@dataclasses.dataclass(frozen=True)
class Search:
    """A search that is done.

    Args:
        sampler: Takes the weights of any candidate.
        candidates: In the order in which they were tried.
    """

    sampler: Any
    candidates: Sequence[Candidate]

    def best(self, min_accuracy: float | None = None) -> Candidate:
        """The candidate with the lowest objective of eq. 4, or with `min_accuracy` the one with the
        lowest cosine among those that reach it (the most accurate one where none does).

        Raises:
            UserError: none has finite scores.
        """
        finite = [each for each in self.candidates if math.isfinite(each.score.cosine)]
        if not finite:
            raise UserError("the search diverged before its first look; try a lower learning_rate")
        return min(finite, key=lambda each: figure_of_merit(each.score, min_accuracy))

    def chosen(self, min_accuracy: float | None = None):
        """The sampler with the weights of the best candidate, and that candidate."""
        best = self.best(min_accuracy)
        self.sampler.set_weights(best.weights)
        return self.sampler, best

    def best_so_far(self, min_accuracy: float | None = None) -> list[dict[str, Any]]:
        """A row for each candidate, and the best of it and those before it."""
        rows: list[dict[str, Any]] = []
        best = None
        for number, each in enumerate(self.candidates, start=1):
            merit = figure_of_merit(each.score, min_accuracy)
            if best is None or merit < figure_of_merit(best.score, min_accuracy):
                best = each
            rows.append(
                {
                    "trial": number,
                    "seconds": round(each.seconds, 1),
                    **each.settings,
                    "cosine": each.score.cosine,
                    "accuracy": each.score.accuracy,
                    "objective": each.score.objective,
                    "best cosine": best.score.cosine,
                    "best accuracy": best.score.accuracy,
                }
            )
        return rows


def figure_of_merit(score: Score, min_accuracy: float | None) -> tuple[float, float]:
    """What a search minimises: see `Search.best`."""
    if not math.isfinite(score.cosine):
        return 2.0, 0.0
    if min_accuracy is None:
        return 0.0, score.objective
    if score.accuracy >= min_accuracy:
        return 0.0, score.cosine
    return 1.0, -score.accuracy


class Trials:
    """Scores a sampler as it changes, and keeps what it was.

    Args:
        problem: That scores.
        sampler: The one that changes.
        total: How many there will be at most, for a progress bar; none: no bar.
        start: Of the search, by `time.monotonic`; now, unless something came before.
    """

    def __init__(
        self, problem: FitProblem, sampler, total: int | None = None, start: float | None = None
    ):
        self.problem = problem
        self.sampler = sampler
        self.candidates: list[Candidate] = []
        self._start = time.monotonic() if start is None else start
        # On a terminal alone; a search by gradients has a bar of its own.
        self._bar = tqdm(total=total, desc="search", disable=None if total else True, leave=False)

    def add(self, **settings: Any) -> Score:
        """Keeps the sampler as it is now, with a score by draws of its own."""
        score = self.problem.score(self.sampler, 1 + len(self.candidates))
        weights = [np.array(weight) for weight in self.sampler.get_weights()]
        seconds = time.monotonic() - self._start
        self.candidates.append(Candidate(weights, score, settings, seconds))
        self._bar.update()
        return score

    def search(self) -> Search:
        """What was tried."""
        self._bar.close()
        return Search(self.sampler, self.candidates)


def descend(
    problem: FitProblem,
    sampler,
    variables: Sequence[Any],
    *,
    steps: int,
    learning_rate: float,
    draws: int,
    limit: Callable[[], None] = lambda: None,
    penalty: Callable[[Any, Any], Any] | None = None,
) -> Search:
    """Follows the trade-off of eq. 4 from accurate to varied generators by gradients.

    Minimises E[cos(x, x')] + w E[1 - p(y|x)] through decoder and classifier, where p(y|x) stands
    for the accuracy that has no gradient, while w falls geometrically from the first of `WEIGHTS`
    to the last; a candidate is kept at each of `LOOKS` looks.

    Args:
        problem: Decoder, classifier and scores.
        sampler: That is changed.
        variables: Of it, that are searched.
        steps: Of Adam.
        learning_rate: Of Adam, decayed to a tenth over the search.
        draws: Images per class in a step.
        limit: Puts the variables back where they may be, after each step.
        penalty: (noise and labels of a step, its seeds) -> scalar, added to the loss.
    """
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps, alpha=0.1)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(variables)
    rows = tf.repeat(tf.range(problem.num_labels), draws)
    label = tf.one_hot(rows, problem.num_labels)
    first, last = WEIGHTS

    @tf.function
    def step(number):
        weight = first * (last / first) ** (tf.cast(number, tf.float32) / steps)
        seeds = tf.stack([tf.constant(problem.seed, tf.int32), -1 - number])
        epsilon = noise.batch_normal(1, len(rows), sampler.noise_dim, seeds)[0]
        inputs = {"label": label, "noise": epsilon}
        with tf.GradientTape() as tape:
            images = problem.decode(sampler(inputs))
            wrong = 1 - problem.probability(images, rows)
            classes = tf.split(images, problem.num_labels)
            cosine = tf.add_n([mean_cosine(each) for each in classes]) / problem.num_labels
            loss = cosine + weight * tf.reduce_mean(wrong)
            if penalty is not None:
                loss += penalty(inputs, seeds)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        limit()
        return weight, loss

    trials = Trials(problem, sampler)
    looks = np.unique(np.linspace(0, steps, LOOKS + 1).round()[1:].astype(int))
    for number in tqdm(range(steps), desc="search", disable=None, leave=False):
        weight, loss = step(tf.constant(number, tf.int32))
        if number + 1 in looks:
            if not math.isfinite(loss):
                print(f"The loss isn't finite at step {number + 1}: the search ends", flush=True)
                break
            trials.add(step=number + 1, weight=round(float(weight), 2))
    return trials.search()
