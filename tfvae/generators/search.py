"""Searches for a generator: candidates, their scores, and the choice among them."""

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

# Weight of the classification error in the gradient search, at its first step and at its last.
WEIGHTS = (100.0, 0.2)
# Number of candidates that a gradient search keeps, at equally spaced steps.
LOOKS = 25


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate:
    """A generator that a search tried.

    Args:
        weights: Weights of the sampler.
        score: Its score, by the classifiers of the search on draws of its own.
        settings: Its place in the search, for reports: {"theta": 0.5, "n": 2}.
        seconds: Time since the start of the search.

    >>> tried = Candidate([], Score(cosine=0.5, accuracy=1.0), {"theta": 0.3}, seconds=2.0)
    >>> tried.settings, tried.score.objective
    ({'theta': 0.3}, 0.5)
    """

    weights: Sequence[np.ndarray]
    score: Score
    settings: dict[str, Any]
    seconds: float


@dataclasses.dataclass(frozen=True)
class Search:
    """The result of a search.

    Args:
        sampler: A sampler that fits the weights of every candidate.
        candidates: All candidates, in the order in which they were tried.

    >>> varied = Candidate([], Score(cosine=0.5, accuracy=0.8), {}, seconds=1.0)
    >>> exact = Candidate([], Score(cosine=0.9, accuracy=1.0), {}, seconds=2.0)
    >>> search = Search(None, [varied, exact])
    >>> search.best() is varied, search.best(min_accuracy=0.95) is exact
    (True, True)
    """

    sampler: Any
    candidates: Sequence[Candidate]

    def best(self, min_accuracy: float | None = None) -> Candidate:
        """The candidate with the lowest objective (Vargas Aguilar & Gu, eq. 4).

        Args:
            min_accuracy: If given, the best candidate is the one with the lowest cosine among those
                of at least this accuracy, or the most accurate one if there are none.
        Raises:
            UserError: no candidate has finite scores.
        """
        finite = [each for each in self.candidates if math.isfinite(each.score.cosine)]
        if not finite:
            raise UserError("no score is finite: the search diverged; try a lower learning_rate")
        return min(finite, key=lambda each: figure_of_merit(each.score, min_accuracy))

    def chosen(self, min_accuracy: float | None = None):
        """The sampler with the weights of the best candidate, and that candidate.

        >>> sampler = keras.Sequential([keras.Input([1]), keras.layers.Dense(1, use_bias=False)])
        >>> scores = [Score(cosine, accuracy=1.0) for cosine in (0.9, 0.6, 0.7)]
        >>> tried = [Candidate([np.array([[s.cosine]])], s, {}, seconds=1.0) for s in scores]
        >>> chosen, best = Search(sampler, tried).chosen()
        >>> best.score.cosine, chosen.get_weights()[0].round(1)
        (0.6, array([[0.6]], dtype=float32))
        """
        best = self.best(min_accuracy)
        self.sampler.set_weights(best.weights)
        return self.sampler, best

    def best_so_far(self, min_accuracy: float | None = None) -> list[dict[str, Any]]:
        """A row for each candidate, with the scores of the best one up to it."""
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
    """The sort key of candidates, the best one first: see `Search.best`.

    >>> varied, exact = Score(cosine=0.5, accuracy=0.8), Score(cosine=0.9, accuracy=1.0)
    >>> min(varied, exact, key=lambda score: figure_of_merit(score, min_accuracy=None)) is varied
    True
    >>> min(varied, exact, key=lambda score: figure_of_merit(score, min_accuracy=0.95)) is exact
    True
    """
    if not math.isfinite(score.cosine):
        return 2.0, 0.0
    if min_accuracy is None:
        return 0.0, score.objective
    if score.accuracy >= min_accuracy:
        return 0.0, score.cosine
    return 1.0, -score.accuracy


class Trials:
    """Scores a sampler after each change of its weights and keeps all candidates.

    Args:
        problem: Scores the sampler.
        sampler: The sampler that changes.
        total: Largest number of candidates, for a progress bar; None: no bar.
        start: Start of the search by `time.monotonic`; None: now.

    >>> from tfvae.generators.simple import diagonal
    >>> from tfvae.generators.toy import toy_problem
    >>> problem = toy_problem()
    >>> sampler = diagonal(problem)
    >>> trials = Trials(problem, sampler)
    >>> for theta in (0.1, 0.3, 1.0):
    ...     _ = sampler.theta.assign([[theta]])
    ...     _ = trials.add(theta=theta)
    >>> trials.search().best(min_accuracy=0.99).settings
    {'theta': 0.3}
    """

    def __init__(
        self, problem: FitProblem, sampler, total: int | None = None, start: float | None = None
    ):
        self.problem = problem
        self.sampler = sampler
        self.candidates: list[Candidate] = []
        self._start = time.monotonic() if start is None else start
        # Shown on a terminal only; a search by gradients has a bar of its own.
        self._bar = tqdm(total=total, desc="search", disable=None if total else True, leave=False)

    def add(self, **settings: Any) -> Score:
        """Scores the sampler's current weights on new draws and keeps both.

        Args:
            **settings: Settings of the candidate.
        """
        score = self.problem.score(self.sampler, 1 + len(self.candidates))
        weights = [np.array(weight) for weight in self.sampler.get_weights()]
        seconds = time.monotonic() - self._start
        self.candidates.append(Candidate(weights, score, settings, seconds))
        self._bar.update()
        return score

    def search(self) -> Search:
        """Ends the search."""
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
    """Gradient descent from accurate to varied generators (Vargas Aguilar & Gu, eq. 4).

    Minimises E[cos(x, x')] + w E[1 - p(y|x)] through decoder and classifiers. p(y|x) replaces the
    accuracy of eq. 4, which has no gradient. The weight w falls geometrically from the first value
    of `WEIGHTS` to the last, and `LOOKS` candidates are kept on the way.

    Args:
        problem: The decoder, codes and classifiers to fit to.
        sampler: The sampler to fit.
        variables: Its variables to search.
        steps: Number of steps of Adam.
        learning_rate: Learning rate of Adam, decayed to a tenth over the search.
        draws: Images per class in a step.
        limit: Function that projects the variables to their bounds after each step.
        penalty: (noise and labels of a step, its seeds) -> scalar, added to the loss.

    >>> from tfvae.generators.simple import diagonal
    >>> from tfvae.generators.toy import toy_problem
    >>> problem = toy_problem()
    >>> sampler = diagonal(problem)  # theta is 1 at first
    >>> options = {"steps": 10, "learning_rate": 0.1, "draws": 16}
    >>> search = descend(problem, sampler, [sampler.theta], **options)
    >>> search.candidates[0].score.accuracy < search.candidates[-1].score.accuracy
    True
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
