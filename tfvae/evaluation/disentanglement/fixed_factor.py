"""Scores by batches of images that share the value of one factor: which factor is it?"""

from collections.abc import Iterator

import numpy as np

from tfvae.evaluation.disentanglement.arrays import checked

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
        factors: [N, F], whole numbers. Pairs are drawn from these N images.
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

    codes, factors = checked(codes, factors)
    rng = np.random.default_rng(seed)

    def differences(count: int) -> tuple[np.ndarray, np.ndarray]:
        found, labels = [], []
        for column, size in _chunks(count, factors.shape[1], rng):
            first = rng.integers(len(codes), size=(size, batch_size))
            second = _sharing(factors[:, column], first, rng)
            found.append(np.abs(codes[first] - codes[second]).mean(axis=1))
            labels.append(np.full(size, column))
        return np.concatenate(found), np.concatenate(labels)

    classifier = LogisticRegression(max_iter=1000).fit(*differences(num_train))
    return float(classifier.score(*differences(num_eval)))


def factor_vae_score(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    batch_size: int = 64,
    num_train: int = 10_000,
    num_eval: int = 5_000,
    smallest_scale: float = 0.0,
    seed: int = 0,
) -> float:
    """The metric of Kim & Mnih (2018), section 4: accuracy of a vote for the shared factor.

    In a batch of images that share the value of a factor, the dimension of the code that varies
    least, relative to its variance over all images, votes for this factor. The classifier maps each
    dimension to the factor that it voted for most often. The paper leaves out dimensions that have
    collapsed to the prior; `disentanglement_lib` has a threshold for their scale, which is 0.

    Args:
        codes: [N, D].
        factors: [N, F], whole numbers. Batches are drawn from these N images.
        batch_size: Images per batch.
        num_train, num_eval: Batches for the classifier and for its score.
        smallest_scale: Dimensions with a smaller standard deviation are left out.
        seed: Of the drawing.
    Returns:
        0 to 1; 1 / F by chance, and 0 if all dimensions are left out.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 4, size=[1000, 2])
    >>> factor_vae_score(factors, factors, num_train=500, num_eval=500)
    1.0
    """
    codes, factors = checked(codes, factors)
    rng = np.random.default_rng(seed)
    variances = codes.var(axis=0, ddof=1)
    kept = (np.sqrt(variances) >= smallest_scale) & (variances > 0)
    if not kept.any():
        return 0.0
    scaled = codes[:, kept] / np.sqrt(variances[kept])

    def votes(count: int) -> np.ndarray:
        """[factors, dimensions]: how often each dimension varied least."""
        found = np.zeros([factors.shape[1], scaled.shape[1]], np.int64)
        for column, size in _chunks(count, factors.shape[1], rng):
            first = np.repeat(rng.integers(len(codes), size=(size, 1)), batch_size, axis=1)
            batches = scaled[_sharing(factors[:, column], first, rng)]
            least = batches.var(axis=1).argmin(axis=1)
            found[column] += np.bincount(least, minlength=scaled.shape[1])
        return found

    classifier = votes(num_train).argmax(axis=0)
    scored = votes(num_eval)
    return float(scored[classifier, np.arange(len(classifier))].sum() / scored.sum())


def _chunks(count: int, columns: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """How many of `count` batches share which factor, drawn at random: (factor, batches), in turns
    that fit into memory."""
    for column, total in enumerate(rng.multinomial(count, np.full(columns, 1 / columns))):
        for start in range(0, total, _CHUNK):
            yield column, min(_CHUNK, total - start)


def _sharing(column: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each row a random one with the same value of a factor, itself included.

    Args:
        column: [N], values 0, 1, ... of the factor.
        rows: Any shape.
    """
    order = np.argsort(column, kind="stable")
    counts = np.bincount(column)
    values = column[rows]
    within = (rng.random(rows.shape) * counts[values]).astype(np.int64)
    return order[(np.cumsum(counts) - counts)[values] + within]
