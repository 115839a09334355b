"""One export scored: its strength chosen on validation images, then carried test images."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfvae.evaluation.context import Context, Rows
from tfvae.evaluation.metrics.cis.scores import Scores, TestImages, random_targets
from tfvae.evaluation.statistics import make_rng
from tfvae.evaluation.transfer import DomainClassifier, choose_strength, transfer_probabilities
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
        transferred: [N, n, n], f of the test images carried to every domain.
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


def score_run(
    context: Context,
    name: str,
    export: Export,
    domain_classifier: DomainClassifier,
    images: np.ndarray,
    test_images: TestImages,
    strengths: Sequence[float],
    validation_images: int,
) -> ScoredExport:
    """Scores an export at the strength that does on validation images.

    Args:
        context: The data, and the seed of the random targets.
        name: Of the run.
        export: One of the context's.
        domain_classifier: The domain classifier f.
        images: [N, H, W, C], the images behind `test_images`.
        test_images: What f makes of them.
        strengths: To choose from; a single one is taken as it is.
        validation_images: How many to choose on.
    """
    tried: Rows = []
    strength = float(strengths[0])
    if len(strengths) > 1:
        strength, tried = choose_strength(
            context, export, domain_classifier, strengths, validation_images
        )
    transferred = transfer_probabilities(export, domain_classifier, images, strength)
    rng = make_rng(context.seed, 1)
    mixed = random_targets(transferred, rng)
    return ScoredExport(
        name,
        export,
        strength,
        tried,
        transferred,
        test_images.scores(transferred),
        test_images.scores(mixed),
        test_images.scores(_strength_zero(export, domain_classifier, images, rng)),
    )


def _strength_zero(export: Export, domain_classifier: DomainClassifier, images, rng) -> np.ndarray:
    """f of images carried nowhere: by strength 0, each towards a random domain."""
    domains = export.spec.num_labels
    targets = np.eye(domains, dtype=np.float32)[rng.integers(domains, size=len(images))]
    zero = np.zeros(len(images), np.float32)
    kept = export.call("transfer", image=images, target=targets, strength=zero)[IMAGE]
    return np.repeat(domain_classifier(kept)[:, None], domains, axis=1)
