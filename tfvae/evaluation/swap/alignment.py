"""What the alignments share: a map from the codes of one autoencoder to those of another."""

import abc
import dataclasses
from typing import ClassVar, Literal

import numpy as np

from tfvae.schema import UserError

# What is known of the codes that a map is fitted to.
Anchors = Literal["nothing", "labels", "pairs"]
# Labels of the source's and of the target's codes: [N, L] and [M, L], 0 or 1, NaN where unknown.
Labels = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class AffineMap:
    """codes -> (codes - start) matrix + end.

    Args:
        matrix: [D, D'].
        start: [D], a point of the source's space.
        end: [D'], its image.

    >>> AffineMap(2 * np.eye(2), np.zeros(2), np.ones(2))(np.ones([1, 2])).tolist()
    [[3.0, 3.0]]
    """

    matrix: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        return (codes - self.start) @ self.matrix + self.end


class Alignment(abc.ABC):
    """A map from source codes to target codes, fitted to samples of both.

    Codes of unequal size are padded with zeros to the larger size, and mapped codes are cut to the
    target's (Maiorca et al. 2023, section 4.2).

    Class attributes:
        anchors: What `fit` needs to know of the codes; "nothing": they may be of any images;
            "labels": the labels of both are known; "pairs": row i of both is of the same content.

    >>> from tfvae.evaluation.swap import make_alignment
    >>> alignment: Alignment = make_alignment("none")
    >>> alignment.fit(np.zeros([5, 2]), np.zeros([9, 3]))(np.ones([1, 2])).tolist()
    [[1.0, 1.0, 0.0]]
    """

    anchors: ClassVar[Anchors]

    def fit(
        self, source: np.ndarray, target: np.ndarray, labels: Labels | None = None
    ) -> "Alignment":
        """Fits the map, and returns the alignment itself.

        Args:
            source: [N, D].
            target: [M, D']; with pairs M = N.
            labels: Of both; see `Labels`.
        Raises:
            UserError: fewer than two codes, codes that aren't finite, pairs of unequal number, or
                labels that are needed and missing or don't fit the codes.
        """
        source, target = _checked("source", source), _checked("target", target)
        if self.anchors == "pairs" and len(source) != len(target):
            raise UserError(
                f"pairs of codes need as many source codes as target codes, "
                f"got {len(source)} and {len(target)}"
            )
        if self.anchors == "labels":
            labels = _checked_labels(labels, len(source), len(target))
        self.source_dim, self.target_dim = source.shape[1], target.shape[1]
        self.size = max(self.source_dim, self.target_dim)
        self.map = self.fitted(padded(source, self.size), padded(target, self.size), labels)
        return self

    @abc.abstractmethod
    def fitted(self, source: np.ndarray, target: np.ndarray, labels: Labels | None) -> AffineMap:
        """The map for codes of equal size: float64 [N, D], [M, D]."""

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """Source codes [B, D] as codes of the target, float32 [B, D'].

        Raises:
            UserError: codes of another size than those of `fit`.
        """
        if np.ndim(codes) != 2 or codes.shape[1] != self.source_dim:
            raise UserError(
                f"the alignment was fitted to codes [N, {self.source_dim}], "
                f"got {list(np.shape(codes))}"
            )
        mapped = self.map(padded(np.asarray(codes, np.float64), self.size))
        return mapped[:, : self.target_dim].astype(np.float32)


def padded(codes: np.ndarray, size: int) -> np.ndarray:
    """The codes with zeros appended: [N, size].

    >>> padded(np.ones([1, 2]), 3).tolist()
    [[1.0, 1.0, 0.0]]
    """
    return np.pad(codes, [(0, 0), (0, size - codes.shape[1])])


def rotation(cross: np.ndarray) -> np.ndarray:
    """The orthogonal matrix R with the largest trace of R^T cross (Schoenemann 1966).

    For centred S, T and cross = S^T T it minimises |S R - T|. Directions about which `cross` says
    nothing, as with fewer pairs than dimensions, are kept as they are, as far as possible.

    >>> rotation(np.diag([1.0, 0.0])).round(6).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> quarter_turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    >>> rotation(3 * quarter_turn).round(6).tolist()
    [[0.0, 1.0], [-1.0, 0.0]]
    """
    # Without it, rounding decides on these directions, differently on each machine.
    tiny = 1e-8 * np.linalg.norm(cross) * np.eye(len(cross))
    left, _, right = np.linalg.svd(cross + tiny)
    return left @ right


def _checked(what: str, codes: np.ndarray) -> np.ndarray:
    codes = np.asarray(codes, np.float64)
    if codes.ndim != 2 or len(codes) < 2:
        raise UserError(f"{what} codes must be [N, D] with N of at least 2, got {codes.shape}")
    if not np.isfinite(codes).all():
        raise UserError(f"{what} codes hold NaN or infinite numbers")
    return codes


def _checked_labels(labels: Labels | None, sources: int, targets: int) -> Labels:
    if labels is None:
        raise UserError("this alignment needs the labels of the source and of the target codes")
    first, second = (np.asarray(each, np.float64) for each in labels)
    shapes = first.shape, second.shape
    fit = [len(shape) == 2 for shape in shapes] == [True, True]
    if not fit or (len(first), len(second)) != (sources, targets) or shapes[0][1] != shapes[1][1]:
        raise UserError(
            f"labels must be [{sources}, L] for the source and [{targets}, L] for the target, "
            f"got {shapes[0]} and {shapes[1]}"
        )
    return first, second
