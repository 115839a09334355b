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
        values: "cis", "ts", "rs", their "_std" over repeats, "ts_absent" where a label is known.
        intervals: 95 % intervals over images of those without "_std".
        per_image: "cis", "ts", "rs" -> [N].
        ts, rs: [n], of each target domain.
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
        num_images: Test images per repeat.
        repeats: Repeats, each on other images as long as there are enough.
        validation_images: How many a strength is chosen on.

    Attributes:
        images: [N, H, W, C].
        original: [N, n], f of the images.
        lacking: bool [N, n], where a domain is known to be absent.
        subsets: [repeats, size], the images of each repeat.
        rows: [N], their places in the data set.
    """

    # Not a test, whatever its name says to pytest.
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
        """[N], in how many repeats each image is."""
        return np.bincount(self.subsets.ravel(), minlength=len(self.original)).astype(np.float64)

    def choose_strength(self, export: Export, strengths: Sequence[float]) -> tuple[float, Rows]:
        """As `transfer.choose_strength`, on validation images that are classified once for all
        exports."""
        if self._validation is None:
            images = self._context.draw(VALIDATION, self._validation_images)[IMAGE]
            self._validation = images, self.domain_classifier(images)
        return choose_strength(export, self.domain_classifier, *self._validation, strengths)

    def scores(self, transferred: np.ndarray) -> Scores:
        """Scores of the images transferred to every domain, from their f, [N, n, n]."""
        per_image = image_scores(transferred, self.original)
        values, intervals = {}, {}
        for name in PARTS:
            repeats = per_image[name][self.subsets].mean(axis=1)
            values[name] = float(repeats.mean())
            intervals[name] = mean_interval(per_image[name], self.seed, self.weights)
            values[f"{name}_std"] = float(repeats.std(ddof=1)) if len(repeats) > 1 else 0.0
        gains, counts = absent_scores(transferred, self.original, self.lacking)
        if counts.any():
            weights = counts * self.weights
            values["ts_absent"] = float(np.average(gains, weights=weights))
            intervals["ts_absent"] = mean_interval(gains, self.seed, weights)
        domains = domain_scores(transferred, self.original)
        return Scores(values, intervals, per_image, *domains)
