"""One export scored: at a strength chosen on validation images, on transferred test images."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfvae.evaluation.context import Rows
from tfvae.evaluation.metrics.cis.scores import Scores, TestImages
from tfvae.evaluation.statistics import make_rng
from tfvae.evaluation.transfer import transfer_probabilities
from tfvae.evaluation.transfer_scores import random_targets
from tfvae.exports.reader import Export
from tfvae.schema import IMAGE


@dataclasses.dataclass(frozen=True)
class Oracle:
    """The perfect edit, of data sets that can draw it.

    Args:
        rows: [N], the test images in the order of the data set.
        scores: Of the examples drawn again with each label on.
    """

    rows: np.ndarray
    scores: Scores


@dataclasses.dataclass(frozen=True)
class ScoredExport:
    """An export and its scores.

    Args:
        name: Different for each export.
        export: The export.
        strength: At which it was scored.
        tried: Strength and means of the scores on validation images; empty where it was given.
        transferred: [N, n, n], f of the test images transferred to every domain.
        scores: Of those.
        random: Of the same images, each row that of a random other domain.
        reconstruction: Of the images at strength 0.
    """

    name: str
    export: Export
    strength: float
    tried: Rows
    transferred: np.ndarray
    scores: Scores
    random: Scores
    reconstruction: Scores

    def share_of(self, oracle: Oracle | None) -> float | None:
        """CIS over that of the oracle; None without one, or where nothing can be gained."""
        if oracle is None or oracle.scores.values["cis"] <= 0:
            return None
        return self.scores.values["cis"] / oracle.scores.values["cis"]


def baselines(
    run: ScoredExport, oracle: Oracle | None, test_images: TestImages
) -> dict[str, Scores]:
    """What a run's score is read beside."""
    domains = test_images.original.shape[1]
    identity = np.repeat(test_images.original[:, None], domains, axis=1)
    found = {
        "identity": test_images.scores(identity),
        "random": run.random,
        "reconstruction": run.reconstruction,
    }
    return found if oracle is None else {**found, "oracle": oracle.scores}


def score_export(
    name: str, export: Export, test_images: TestImages, strengths: Sequence[float]
) -> ScoredExport:
    """Scores an export at the strength that does best on validation images.

    Args:
        name: Of the export, for tables and figures.
        export: One of the context's.
        test_images: What it is scored on.
        strengths: To choose from; a single one is taken as it is.
    """
    tried: Rows = []
    strength = float(strengths[0])
    if len(strengths) > 1:
        strength, tried = test_images.choose_strength(export, strengths)
    transferred = transfer_probabilities(
        export, test_images.domain_classifier, test_images.images, strength
    )
    rng = make_rng(test_images.seed, 1)
    mixed = random_targets(transferred, rng)
    return ScoredExport(
        name,
        export,
        strength,
        tried,
        transferred,
        test_images.scores(transferred),
        test_images.scores(mixed),
        test_images.scores(_strength_zero(export, test_images, rng)),
    )


def _strength_zero(export: Export, test_images: TestImages, rng) -> np.ndarray:
    """f of the images at strength 0, each towards a random domain."""
    domains, images = export.spec.num_labels, test_images.images
    targets = np.eye(domains, dtype=np.float32)[rng.integers(domains, size=len(images))]
    zero = np.zeros(len(images), np.float32)
    same = export.call("transfer", image=images, target=targets, strength=zero)[IMAGE]
    return np.repeat(test_images.domain_classifier(same)[:, None], domains, axis=1)
