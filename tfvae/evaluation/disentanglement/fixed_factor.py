"""Scores by batches of images that share the value of one factor: which factor is it?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfvae.evaluation.disentanglement.arrays import checked
from tfvae.groups import Groups

# Batches that are drawn at once.
_CHUNK = 1000


def beta_vae_score(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    batch_size: int = 64,
    num_train: int = 10_000,
    num_eval: int = 5_000,
    seed: int = 0,
) -> float:
    """The metric of Higgins et al. (2017), section 3: accuracy of telling the shared factor.

    Pairs of images share the value of a factor and differ otherwise. The absolute difference of
    their codes, averaged over a batch of pairs, goes into a linear classifier of the factor. As in
    `disentanglement_lib` this is a logistic regression, with 10,000 batches to fit it and 5,000 to
    score it.

    Args:
        codes: [N, D].
        factors: [N, F], whole numbers, F of 2 or more. Pairs of different images are drawn from
            one half of them to fit, and from the other half to score.
        batch_size: Pairs per batch.
        num_train, num_eval: Batches.
        seed: Of the drawing.
    Returns:
        0 to 1; 1 / F by chance.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, size=[1000, 2])
    >>> beta_vae_score(factors, factors, num_train=500, num_eval=500)
    1.0
    """
    from sklearn.linear_model import LogisticRegression

    codes, factors = checked(codes, factors, smallest=2)
    rng = np.random.default_rng(seed)

    def differences(part: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        found, labels = [], []
        groups = _groups(factors[part])
        for column, size in _chunks(count, factors.shape[1], rng):
            first, second = groups[column].pairs((size, batch_size), rng)
            found.append(np.abs(codes[part][first] - codes[part][second]).mean(axis=1))
            labels.append(np.full(size, column))
        return np.concatenate(found), np.concatenate(labels)

    fit, score = _halves(len(codes), rng)
    classifier = LogisticRegression(max_iter=1000).fit(*differences(fit, num_train))
    return float(classifier.score(*differences(score, num_eval)))


def factor_vae_score(codes: np.ndarray, factors: np.ndarray, **options: Any) -> float:
    """The metric of Kim & Mnih (2018), section 4: accuracy of a vote for the shared factor.

    Args:
        codes, factors, options: As for `factor_vae_told`, which has the vote.
    Returns:
        0 to 1; 1 / F by chance, and 0 if all dimensions are left out.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, size=[1000, 2])
    >>> factor_vae_score(factors, factors, num_train=500, num_eval=500)
    1.0
    """
    told, total = factor_vae_told(codes, factors, **options)
    return float(told.sum() / total.sum())


def factor_vae_told(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    batch_size: int = 64,
    num_train: int = 10_000,
    num_eval: int = 5_000,
    smallest_scale: float = 0.0,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """How many batches of images that share a factor are told by a vote, for each factor.

    In a batch of images that share the value of a factor, the dimension of the code that varies
    least, relative to its variance over all images, votes for this factor. The classifier maps each
    dimension to the factor that it voted for most often. The paper leaves out dimensions that have
    collapsed to the prior; `disentanglement_lib` has a threshold for their scale, which is 0.

    Args:
        codes: [N, D].
        factors: [N, F], whole numbers, F of 2 or more. Batches are drawn from one half of the
            images to fit, and from the other half to score.
        batch_size: Images per batch.
        num_train, num_eval: Batches for the classifier and for its score.
        smallest_scale: Dimensions with a smaller standard deviation are left out.
        seed: Of the drawing.
    Returns:
        (batches of each factor that are told, all batches of each factor), [F] each; no batch is
        told if all dimensions are left out.
    Raises:
        UserError: arrays that don't fit.

    Of three factors the code has two:

    >>> factors = np.random.default_rng(0).integers(0, 4, size=[1000, 3])
    >>> told, total = factor_vae_told(factors[:, :2], factors, num_train=500, num_eval=500)
    >>> (told / total).tolist(), int(total.sum())
    ([1.0, 1.0, 0.0], 500)
    """
    rng = np.random.default_rng(seed)
    codes, factors = checked(codes, factors, smallest=2)
    variances = codes.var(axis=0, ddof=1)
    kept = (np.sqrt(variances) >= smallest_scale) & (variances > 0)
    if not kept.any():
        return np.zeros(factors.shape[1]), np.ones(factors.shape[1])
    scaled = codes[:, kept] / np.sqrt(variances[kept])

    def votes(part: np.ndarray, count: int) -> np.ndarray:
        """[factors, dimensions]: how often each dimension varied least."""
        found = np.zeros([factors.shape[1], scaled.shape[1]], np.int64)
        groups = _groups(factors[part])
        for column, size in _chunks(count, factors.shape[1], rng):
            batches = scaled[part][groups[column].batches((size, batch_size), rng)]
            least = batches.var(axis=1).argmin(axis=1)
            found[column] += np.bincount(least, minlength=scaled.shape[1])
        return found

    fit, score = _halves(len(codes), rng)
    classifier = votes(fit, num_train).argmax(axis=0)
    scored = votes(score, num_eval)
    right = classifier == np.arange(len(scored))[:, np.newaxis]
    return (scored * right).sum(axis=1), scored.sum(axis=1)


def _chunks(count: int, columns: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """How many of `count` batches share which factor, drawn at random: (factor, batches), in turns
    that fit into memory."""
    for column, total in enumerate(rng.multinomial(count, np.full(columns, 1 / columns))):
        for start in range(0, total, _CHUNK):
            yield column, min(_CHUNK, total - start)


def _halves(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit to and rows to score: of few images, batches of the same would resemble each
    other."""
    order = rng.permutation(count)
    return order[: count // 2], order[count // 2 :]


def _groups(factors: np.ndarray) -> list[Groups]:
    return [Groups(column, f"factor {number}") for number, column in enumerate(factors.T)]
