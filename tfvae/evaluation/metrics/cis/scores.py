"""The images that every export is scored on, and the scores of one export, a baseline or the
oracle."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfvae.evaluation.context import Context, DomainClassifier, Rows
from tfvae.evaluation.statistics import mean_interval
from tfvae.evaluation.transfer import choose_strength
from tfvae.evaluation.transfer_scores import (
    absent_scores,
    domain_scores,
    image_scores,
    repeat_subsets,
)
from tfvae.exports.reader import Export
from tfvae.schema import IMAGE, LABEL, OBSERVED, TEST, VALIDATION

PARTS = ("cis", "ts", "rs")


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scores of one export, a baseline or the oracle.

    Args:
        values: "cis", "ts", "rs", their "_std" over repeats, and "ts_absent" if a label is known.
        intervals: 95 % intervals over images of those without "_std".
        per_image: "cis", "ts", "rs" -> [N].
        ts, rs: [n], of each target domain.

    >>> per_image = {"cis": np.array([0.2, 0.6])}
    >>> scores = Scores({"cis": 0.4}, {"cis": (0.2, 0.6)}, per_image, np.zeros(2), np.zeros(2))
    >>> float(scores.per_image["cis"].mean())
    0.4
    """

    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    per_image: dict[str, np.ndarray]
    ts: np.ndarray
    rs: np.ndarray


class TestImages:
    """Test and validation images with their classification: the same for every export.

    Args:
        context: Gives the images and the seed.
        domain_classifier: f, images -> probabilities.
        num_images: Number of test images per repeat.
        repeats: Number of repeats, each on other images as long as there are enough.
        validation_images: Number of images that a strength is chosen on.

    Attributes:
        images: [N, H, W, C].
        original: [N, n], f of the images.
        lacking: bool [N, n], whether a domain is known to be absent.
        subsets: [repeats, size], indices of the images of each repeat.
        rows: [N], indices of the images in the data set.

    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> context = Context([Subject(None, load_dataset("digits"))])
    >>> brightness = lambda images: np.repeat(images.mean(axis=(1, 2)), 10, axis=1)
    >>> test_images = TestImages(context, brightness, 3, repeats=2, validation_images=4)
    >>> test_images.images.shape, test_images.subsets.tolist()
    ((6, 28, 28, 1), [[0, 1, 2], [3, 4, 5]])

    Unchanged images score 0:

    >>> unchanged = np.repeat(test_images.original[:, np.newaxis], 10, axis=1)
    >>> test_images.scores(unchanged).values["cis"]
    0.0
    """

    # pytest takes a class with this name for a test.
    __test__ = False

    def __init__(
        self,
        context: Context,
        domain_classifier: DomainClassifier,
        num_images: int,
        repeats: int,
        validation_images: int,
    ):
        self.domain_classifier = domain_classifier
        self.seed = context.seed
        data = context.draw(TEST, num_images * repeats)
        self.images = data[IMAGE]
        self.rows = context.rows(TEST, num_images * repeats)
        self.original = domain_classifier(self.images)
        self.lacking = (data[LABEL] < 0.5) & (data[OBSERVED] > 0)
        self.subsets = repeat_subsets(len(self.images), num_images, repeats)
        self._context = context
        self._validation_images = validation_images
        self._validation: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def weights(self) -> np.ndarray:
        """Number of repeats that each image is part of, [N]."""
        return np.bincount(self.subsets.ravel(), minlength=len(self.original)).astype(np.float64)

    def choose_strength(self, export: Export, strengths: Sequence[float]) -> tuple[float, Rows]:
        """As `transfer.choose_strength`, on validation images that are classified only once, and
        used for all exports."""
        if self._validation is None:
            images = self._context.draw(VALIDATION, self._validation_images)[IMAGE]
            self._validation = images, self.domain_classifier(images)
        return choose_strength(export, self.domain_classifier, *self._validation, strengths)

    def scores(self, transferred: np.ndarray, domains: np.ndarray | None = None) -> Scores:
        """Scores of the images transferred to every domain, from their f, [N, n, n].

        With the indices of some `domains`, all others are left out, as targets and as labels that
        a transfer should keep.
        """
        original, lacking = self.original, self.lacking
        if domains is not None:
            transferred = transferred[:, domains[:, None], domains]
            original, lacking = original[:, domains], lacking[:, domains]
        per_image = image_scores(transferred, original)
        values, intervals = {}, {}
        for name in PARTS:
            repeats = per_image[name][self.subsets].mean(axis=1)
            values[name] = float(repeats.mean())
            intervals[name] = mean_interval(per_image[name], self.weights)
            values[f"{name}_std"] = float(repeats.std(ddof=1)) if len(repeats) > 1 else 0.0
        gains, counts = absent_scores(transferred, original, lacking)
        if counts.any():
            weights = counts * self.weights
            values["ts_absent"] = float(np.average(gains, weights=weights))
            intervals["ts_absent"] = mean_interval(gains, weights)
        return Scores(values, intervals, per_image, *domain_scores(transferred, original))
