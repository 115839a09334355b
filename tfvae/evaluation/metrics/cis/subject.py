"""The score of one export: its transfers of test images at a strength chosen on validation ones."""

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
    """The perfect edit of test images, for data sets that can draw it.

    Args:
        rows: Indices of the test images in the data set, [N].
        scores: Of the examples drawn again with each label switched on.

    >>> oracle = Oracle(np.arange(2), Scores({"cis": 0.8}, {}, {}, np.ones(1), np.zeros(1)))
    >>> oracle.scores.values["cis"]
    0.8
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
        tried: Each strength tried, with the mean scores on validation images; empty if the strength
            was given.
        transferred: [N, n, n], f of the test images transferred to every domain.
        scores: Of `transferred`.
        random: Of the same, with the row of a random other domain in place of each row.
        reconstruction: Of the images transferred at strength 0.

    >>> half, best = (Scores({"cis": cis}, {}, {}, None, None) for cis in (0.3, 0.6))
    >>> run = ScoredExport("half", None, 1.0, [], None, half, half, half)
    >>> run.share_of(Oracle(None, best)), run.share_of(None)
    (0.5, None)
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
        """CIS divided by the oracle's; None without an oracle, or if the oracle's is 0 or less."""
        if oracle is None or oracle.scores.values["cis"] <= 0:
            return None
        return self.scores.values["cis"] / oracle.scores.values["cis"]


def baselines(
    run: ScoredExport, oracle: Oracle | None, test_images: TestImages
) -> dict[str, Scores]:
    """The scores that a run's score is compared with, by name.

    >>> from types import SimpleNamespace
    >>> scores = Scores({"cis": 0.0}, {}, {}, None, None)
    >>> run = ScoredExport("same", None, 1.0, [], None, scores, scores, scores)
    >>> images = SimpleNamespace(original=np.zeros([1, 2]), scores=lambda transferred: scores)
    >>> list(baselines(run, Oracle(None, scores), images))
    ['identity', 'random', 'reconstruction', 'oracle']
    """
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
    """Scores an export at the strength that `choose_strength` chooses on validation images.

    Args:
        name: Of the export, for tables and figures.
        export: With `transfer`.
        test_images: The images that it is scored on.
        strengths: To choose from; a single one is used without looking at validation images.

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Context, Subject
    >>> data = load_dataset("digits")
    >>> same = lambda signature, image, target, strength: {"image": image}
    >>> export = SimpleNamespace(spec=data.spec, call=same)
    >>> brightness = lambda images: np.repeat(images.mean(axis=(1, 2)), 10, axis=1)
    >>> test_images = TestImages(Context([Subject(export, data)]), brightness, 3, 1, 2)
    >>> run = score_export("same", export, test_images, strengths=[1.0])
    >>> run.transferred.shape, run.scores.values["cis"], run.reconstruction.values["cis"]
    ((3, 10, 10), 0.0, 0.0)
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
