"""Algorithm 2 of Okamoto et al. (2018), the Conditional Inception Score, on arrays; pure NumPy.

f is a domain classifier, whose outputs are n probabilities; x_i is the image x transferred to
domain i; M_i = f(x_i) - f(x) is row i of an n x n matrix per image. Then ts is the mean of the
diagonal, rs minus the mean of the absolute values off the diagonal, and CIS = ts + rs.
"""

import numpy as np


def image_scores(transferred: np.ndarray, original: np.ndarray) -> dict[str, np.ndarray]:
    """CIS, ts and rs of each image.

    Args:
        transferred: [N, n, n], f of the image transferred to domain i in row i.
        original: [N, n], f of the image itself.
    Returns:
        "cis", "ts" and "rs", [N] each; rs is 0 where there is a single domain.

    >>> perfect, original = np.eye(2)[np.newaxis], np.array([[1.0, 0.0]])
    >>> {name: values.tolist() for name, values in image_scores(perfect, original).items()}
    {'cis': [0.0], 'ts': [0.5], 'rs': [-0.5]}
    """
    change = _change(transferred, original)
    domains = change.shape[1]
    diagonal = np.einsum("nii->ni", change)
    off = np.abs(change).sum(axis=(1, 2)) - np.abs(diagonal).sum(axis=1)
    ts = diagonal.mean(axis=1)
    rs = -off / max(1, domains * (domains - 1))
    return {"cis": ts + rs, "ts": ts, "rs": rs}


def domain_scores(transferred: np.ndarray, original: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ts and rs of each target domain, [n] each: row i of M averaged over images.

    >>> ts, rs = domain_scores(np.eye(2)[np.newaxis], np.array([[1.0, 0.0]]))
    >>> ts.tolist(), rs.tolist()
    ([0.0, 1.0], [-0.0, -1.0])
    """
    change = _change(transferred, original)
    diagonal = np.einsum("nii->ni", change)
    off = np.abs(change).sum(axis=2) - np.abs(diagonal)
    return diagonal.mean(axis=0), -off.mean(axis=0) / max(1, change.shape[1] - 1)


def absent_scores(
    transferred: np.ndarray, original: np.ndarray, lacking: np.ndarray, axis: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """ts over those pairs of image and domain in which the image lacks the domain.

    Args:
        transferred: [N, n, n], as for `image_scores`.
        original: [N, n].
        lacking: bool [N, n].
        axis: 1: a mean for each image, [N]; 0: for each domain, [n].
    Returns:
        The means (0 where there is no pair) and how many pairs each is over.

    >>> lacking = np.array([[False, True]])
    >>> gains, counts = absent_scores(np.eye(2)[np.newaxis], np.array([[1.0, 0.0]]), lacking)
    >>> gains.tolist(), counts.tolist()
    ([1.0], [1.0])
    """
    gain = np.einsum("nii->ni", _change(transferred, original))
    counts = lacking.sum(axis=axis).astype(np.float64)
    return (gain * lacking).sum(axis=axis) / np.maximum(counts, 1), counts


def random_targets(transferred: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Row i replaced by the row of a random other domain, [N, n, n]; the same with one domain.

    >>> random_targets(np.eye(2)[np.newaxis], np.random.default_rng(0)).tolist()
    [[[0.0, 1.0], [1.0, 0.0]]]
    """
    count, domains = transferred.shape[:2]
    if domains == 1:
        return transferred
    shift = rng.integers(1, domains, size=(count, domains))
    rows = (np.arange(domains) + shift) % domains
    return np.take_along_axis(transferred, rows[..., None], axis=1)


def repeat_subsets(total: int, size: int, repeats: int) -> np.ndarray:
    """Image indices of each repeat, [repeats, size']: all different if `total` is large enough.

    >>> repeat_subsets(total=3, size=2, repeats=2).tolist()
    [[0, 1], [2, 0]]
    """
    size = min(size, total)
    return (np.arange(repeats)[:, None] * size + np.arange(size)) % total


def _change(transferred: np.ndarray, original: np.ndarray) -> np.ndarray:
    return transferred.astype(np.float64) - original[:, None].astype(np.float64)
