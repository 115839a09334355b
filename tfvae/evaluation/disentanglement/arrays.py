"""What the scores ask of their arrays."""

import numpy as np

from tfvae.schema import UserError


def checked(codes: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The codes as float64 and the factors as integers 0, 1, ... without gaps.

    Args:
        codes: [N, D], finite.
        factors: [N, F], whole numbers; a factor of one value alone is refused.
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
    columns = []
    for number, column in enumerate(factors.T):
        values, ranks = np.unique(column, return_inverse=True)
        if len(values) < 2:
            raise UserError(f"factor {number} has one value alone, {values[0]}")
        columns.append(ranks)
    return codes, np.stack(columns, axis=1)
