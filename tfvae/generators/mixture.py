"""`full_covariance` and `mixture`: the whole covariance of a class, and mixtures of Gaussians.

Neither is in Vargas Aguilar & Gu, whose Gaussians have a diagonal covariance.
"""

import time
import warnings
from collections.abc import Callable
from typing import Annotated

import keras
import numpy as np
import tensorflow as tf
from pydantic import Field, PositiveInt
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from tqdm import tqdm

from tfvae.generators.problem import FitProblem
from tfvae.generators.samplers import GaussianMixtures
from tfvae.generators.search import Search, Trials
from tfvae.probability import noise
from tfvae.schema import UserError

# Added to the variances: the codes of a small class don't vary in all directions.
RIDGE = 1e-6
NonNegative = Annotated[float, Field(ge=0)]
THETAS = tuple(round(0.05 * step, 2) for step in range(21))
MIXTURE_THETAS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0)


def full_covariance(
    problem: FitProblem, *, thetas: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = THETAS
) -> Search:
    """z = mu_y + theta S_y epsilon, with S_y S_y^T the covariance of the codes of class y.

    Args:
        problem: The decoder, codes and classifiers to fit to.
        thetas: Scales theta to try.

    >>> from tfvae.generators.toy import toy_problem
    >>> search = full_covariance(toy_problem(), thetas=(0.2, 1.0))
    >>> search.best(min_accuracy=0.99).settings
    {'theta': 0.2}
    >>> search.best(min_accuracy=0.8).settings
    {'theta': 1.0}
    """
    factors = np.stack(
        [factor_of(np.cov(problem.of_class(row).T, ddof=0)) for row in range(problem.num_labels)]
    )
    weights = np.ones((problem.num_labels, 1))
    sampler = GaussianMixtures.of(weights, problem.means[:, None], factors[:, None])
    trials = Trials(problem, sampler, total=len(thetas))
    for theta in thetas:
        sampler.theta.assign([[theta]])
        trials.add(theta=theta)
    return trials.search()


def factor_of(covariance) -> np.ndarray:
    """Lower triangular S with S S^T = covariance [D, D].

    >>> factor_of([[4.0, 2.0], [2.0, 5.0]]).round(3)
    array([[2., 0.],
           [1., 2.]])
    """
    covariance = np.atleast_2d(covariance)
    return np.linalg.cholesky(covariance + RIDGE * np.eye(len(covariance)))


def mixture(
    problem: FitProblem,
    *,
    components: PositiveInt = 100,
    thetas: Annotated[tuple[NonNegative, ...], Field(min_length=1)] = MIXTURE_THETAS,
    kept: Annotated[tuple[float, ...], Field(min_length=1)] = (0.0, 0.8, 0.9, 0.95, 0.99),
    draws: PositiveInt = 40,
) -> Search:
    """A mixture of Gaussians per class, without the components that decode to other classes.

    The accuracy of a component is the share of its draws that the classifiers assign to its class.
    For each theta and each bound in `kept`, components of lower accuracy are left out; the weights
    of the others keep their proportions.

    Args:
        problem: The decoder, codes and classifiers to fit to.
        components: Gaussians per class; at most a tenth of the images of the smallest class.
        thetas: Scales theta of the Gaussians to try.
        kept: Lowest accuracies of a component to try; 0 keeps all.
        draws: Images drawn to estimate the accuracy of a component.

    >>> from tfvae.generators.toy import toy_problem
    >>> search = mixture(toy_problem(), components=4, thetas=(0.5,), kept=(0.0, 0.95))
    >>> everything, accurate = search.candidates
    >>> accurate.settings["components"] < everything.settings["components"]
    True
    >>> accurate.score.accuracy > everything.score.accuracy
    True
    """
    start = time.monotonic()
    sampler = fitted_mixture(problem, components)
    fitted = keras.ops.convert_to_numpy(sampler.component_weights)
    trials = Trials(problem, sampler, total=len(thetas) * len(kept), start=start)
    component_accuracy = component_accuracy_of(problem, sampler, draws)
    for theta in thetas:
        sampler.theta.assign([[theta]])
        right = component_accuracy()
        tried: list[np.ndarray] = []
        for bound in kept:
            # The best component of each class is always kept.
            stays = (right >= bound) | (right == right.max(axis=1, keepdims=True))
            if any((stays == other).all() for other in tried):
                continue
            tried.append(stays)
            weights = fitted * stays
            sampler.component_weights.assign(weights / weights.sum(axis=1, keepdims=True))
            trials.add(theta=theta, kept=bound, components=int(stays.sum()))
    return trials.search()


def fitted_mixture(problem: FitProblem, components: int) -> GaussianMixtures:
    """A Gaussian mixture for the codes of each class, by expectation maximisation.

    >>> from tfvae.generators.toy import toy_problem
    >>> sampler = fitted_mixture(toy_problem(), components=2)
    >>> sampler.means.shape.as_list(), sampler.component_weights.numpy().sum(axis=1).round(3)
    ([2, 2, 2], array([1., 1.], dtype=float32))
    """
    largest = min(np.bincount(problem.classes, minlength=problem.num_labels)) // 10
    components = max(1, min(components, largest))
    parts = []
    for row in tqdm(range(problem.num_labels), desc="mixtures", disable=None, leave=False):
        model = GaussianMixture(components, reg_covar=RIDGE, random_state=problem.seed, max_iter=50)
        with warnings.catch_warnings():
            # The fit needn't converge: components are chosen by what they decode to.
            warnings.simplefilter("ignore", ConvergenceWarning)
            # In single precision the ridge would vanish beside large codes.
            _fit(model, problem.of_class(row).astype(np.float64))
        factors = np.stack([factor_of(covariance) for covariance in model.covariances_])
        parts.append((model.weights_, model.means_, factors))
    return GaussianMixtures.of(*map(np.stack, zip(*parts, strict=True)))


def _fit(model: GaussianMixture, codes: np.ndarray) -> None:
    try:
        model.fit(codes)
    except ValueError as error:
        raise UserError(f"no mixture fits the codes of a class: {error}") from error


def component_accuracy_of(
    problem: FitProblem, sampler: GaussianMixtures, draws: int
) -> Callable[[], np.ndarray]:
    """Function without arguments: accuracy of each component, [L, K], for the current sampler.

    The accuracy of a component is the share of its draws that the classifiers assign to its class.

    >>> from tfvae.generators.toy import toy_problem
    >>> means = np.array([[[-3.0, 0.0], [3.0, 0.0]]] * 2)  # one component on each side of 0
    >>> sampler = GaussianMixtures.of(np.full([2, 2], 0.5), means, np.zeros([2, 2, 2, 2]))
    >>> component_accuracy_of(toy_problem(), sampler, draws=5)()
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    num_components = sampler.component_weights.shape[1]

    @tf.function
    def of_class(row):
        def of_component(component):
            seeds = tf.stack(
                [tf.constant(problem.seed, tf.int32), row * num_components + component]
            )
            epsilon = noise.batch_normal(1, draws, problem.latent_dim, seeds)[0]
            rows = tf.fill([draws], row)
            codes = sampler.codes(rows, tf.fill([draws], component), epsilon)
            return tf.reduce_mean(problem.classified_as(problem.decode(codes), rows))

        # One component at a time: all at once would be thousands of images.
        return tf.map_fn(of_component, tf.range(num_components), fn_output_signature=tf.float32)

    rows = [tf.constant(row) for row in range(problem.num_labels)]
    return lambda: np.stack([of_class(row).numpy() for row in rows])
