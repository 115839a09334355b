"""What the scores ask of their arrays."""

import numpy as np

from tfvae.schema import UserError


def split_accuracy(predictor, codes: np.ndarray, factor: np.ndarray, split: int) -> float:
    """Accuracy on the rows from `split` on of a scikit-learn classifier fitted to those before.

    Where the latter have one value alone, this value is predicted.

    >>> split_accuracy(None, np.zeros([4, 1]), np.array([1, 1, 1, 0]), split=2)
    0.5
    """
    seen = factor[:split]
    if (seen == seen[0]).all():
        return float((factor[split:] == seen[0]).mean())
    return float(predictor.fit(codes[:split], seen).score(codes[split:], factor[split:]))


def checked(
    codes: np.ndarray, factors: np.ndarray, smallest: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The codes as float64 and the factors as integers 0, 1, ... without gaps.

    Args:
        codes: [N, D], finite.
        factors: [N, F], whole numbers; a factor of one value alone is refused.
        smallest: Number F of factors that are needed.
    Raises:
        UserError: other shapes or values.

    >>> checked([[0.5], [1.5]], [[7], [3]])[1].tolist()
    [[1], [0]]
    """
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors)
    if codes.ndim != 2 or factors.ndim != 2 or len(codes) != len(factors) or not codes.size:
        raise UserError(
            f"codes must be [N, D] and factors [N, F], got {codes.shape} and {factors.shape}"
        )
    if not np.isfinite(codes).all():
        raise UserError("codes hold NaN or infinite numbers")
    if not factors.size or not np.array_equal(factors, np.asarray(factors, np.int64)):
        raise UserError("factors must be whole numbers")
    if factors.shape[1] < smallest:
        raise UserError(f"{smallest} factors are needed, got {factors.shape[1]}")
    columns = []
    for number, column in enumerate(factors.T):
        values, ranks = np.unique(column, return_inverse=True)
        if len(values) < 2:
            raise UserError(f"factor {number} has one value alone, {values[0]}")
        columns.append(ranks)
    return codes, np.stack(columns, axis=1)
