"""One encoder with one decoder: alignments fitted on training images, scored on test images."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tfvae.evaluation.context import DomainClassifier
from tfvae.evaluation.image_scores import mean_squared_error, structural_similarity
from tfvae.evaluation.image_sets import kernel_distance
from tfvae.evaluation.metrics.swap.labels import (
    Agreement,
    SharedLabels,
    agreement,
    shared_labels,
)
from tfvae.evaluation.metrics.swap.side import Sample, Side, copying_side, paired
from tfvae.evaluation.statistics import mean_interval, ratio_interval, samples_interval
from tfvae.evaluation.swap import ALIGNMENTS, Alignment, make_alignment
from tfvae.schema import TEST, TRAIN, VALIDATION, UserError

Score = tuple[float, tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Pair:
    """An encoder and a decoder.

    Args:
        source: Whose encoder.
        target: Whose decoder.
        shared: The labels that their data share.
        alignments: Name -> fitted alignment.

    >>> pair = copying_pair()
    >>> pair.name, pair.paired, bool((pair.swapped("none") == pair.source.test.images).all())
    ('a -> b', True, True)
    """

    source: Side
    target: Side
    shared: SharedLabels
    alignments: Mapping[str, Alignment]

    @property
    def name(self) -> str:
        """The runs of the encoder and of the decoder."""
        return f"{self.source.name} -> {self.target.name}"

    @property
    def paired(self) -> bool:
        """Whether the true counterpart of each source image is known."""
        return paired(self.source, self.target)

    @property
    def reader(self) -> DomainClassifier | None:
        """The classifier that reads the source's labels off images of the target, if any can."""
        return self.target.classifier if len(self.shared) else None

    def swapped(self, alignment: str, split: str = TEST) -> np.ndarray:
        """Source images of a split, encoded by the source and decoded by the target."""
        return self.target.decode(self.alignments[alignment](self.source.samples[split].codes))

    def agreement(self, images: np.ndarray, split: str = TEST) -> Agreement | None:
        """How often the target's classifier reads the source's labels; None without such labels."""
        if self.reader is None:
            return None
        label = self.shared.from_source(self.source.samples[split].label)
        return agreement(self.reader(images), label, self.shared)


@dataclasses.dataclass(frozen=True)
class Scores:
    """Scores of the images of a pair under one alignment; None where they can't be known.

    Args:
        agreement: With the source's labels.
        mse, ssim: To the true counterpart.
        mse_ratio: `mse` over that of the target's own reconstructions of the counterparts, if these
            have an error at all.
        realism: Squared kernel distance to the target's own images, in features of the classifier.
        cycle_mse: Of the source images after going there and back.

    >>> Scores(None, None, None, None, None, cycle_mse=(0.02, (0.01, 0.03))).cycle_mse[0]
    0.02
    """

    agreement: Agreement | None
    mse: Score | None
    ssim: Score | None
    mse_ratio: Score | None
    realism: Score | None
    cycle_mse: Score | None


def fitted(
    source: Side,
    target: Side,
    shared: SharedLabels,
    names: Sequence[str],
    num_pairs: int,
    standardise: bool,
) -> dict[str, Alignment]:
    """The alignments whose anchors are known, fitted on training images.

    The first half of the training images of the source and the second half of those of the target
    are used where no pairs are: of paired data, these are different images.

    Raises:
        UserError: more pairs than training images.

    >>> side = copying_side()
    >>> shared = shared_labels(side.spec, side.spec)
    >>> sorted(fitted(side, side, shared, ["none", "ortho"], num_pairs=50, standardise=False))
    ['none', 'ortho']
    """
    first, second = source.samples[TRAIN], target.samples[TRAIN]
    ours = first.part(slice(0, len(first.codes) // 2))
    theirs = second.part(slice(len(second.codes) // 2, None))
    # Anchors -> arguments of `fit`, where they are known.
    known: dict[str, tuple] = {"nothing": (ours.codes, theirs.codes)}
    if paired(source, target):
        known["pairs"] = first.codes[:num_pairs], second.codes[:num_pairs]
    labelled = [
        _labelled(ours, shared.from_source(ours.label), shared),
        _labelled(theirs, shared.from_target(theirs.label), shared),
    ]
    if len(shared) and min(len(codes) for codes, _ in labelled) > 1:
        codes, labels = zip(*labelled)
        known["labels"] = (*codes, labels)
    found = {}
    for name in names:
        options = {"standardise": standardise} if "standardise" in ALIGNMENTS.defaults(name) else {}
        alignment = make_alignment(name, **options)
        if alignment.anchors not in known:
            continue
        if alignment.anchors == "pairs" and num_pairs > len(first.codes):
            raise UserError(
                f"num_pairs={num_pairs}: only {len(first.codes)} training images are used"
            )
        found[name] = alignment.fit(*known[alignment.anchors])
    return found


def copying_pair() -> Pair:
    """Two models that copy the same images, with two alignments; for examples.

    >>> list(copying_pair().alignments)
    ['none', 'moments']
    """
    first, second = copying_side("a"), copying_side("b")
    shared = shared_labels(first.spec, second.spec)
    return Pair(
        first, second, shared, fitted(first, second, shared, ["none", "moments"], 50, False)
    )


def score(pair: Pair, alignment: str, back: Alignment | None) -> Scores:
    """The scores of the test images of a pair under one alignment.

    Args:
        pair: The encoder and the decoder.
        alignment: A name of `pair.alignments`.
        back: The alignment of the same name from the target to the source.

    >>> scores = score(copying_pair(), "none", None)
    >>> scores.mse, scores.ssim
    ((0.0, (0.0, 0.0)), (1.0, (1.0, 1.0)))
    """
    images = pair.swapped(alignment)
    source, target = pair.source, pair.target
    found = errors(pair, images) if pair.paired else {}
    cycle = None
    if back is not None:
        returned = source.decode(back(target.encode(images)))
        cycle = mean_score(mean_squared_error(returned, source.test.images))
    return Scores(
        pair.agreement(images),
        found.get("mse"),
        found.get("ssim"),
        found.get("mse_ratio"),
        realism(target, images),
        cycle,
    )


def errors(pair: Pair, images: np.ndarray) -> dict[str, Score]:
    """Errors of images [N, H, W, C] to the true counterparts, for paired data.

    Returns:
        `mse`, `ssim`, and `mse_ratio` if the target's own reconstructions have an error at all.

    >>> pair = copying_pair()
    >>> errors(pair, pair.swapped("none"))
    {'mse': (0.0, (0.0, 0.0)), 'ssim': (1.0, (1.0, 1.0))}
    """
    truth = pair.target.test.images
    found = mean_squared_error(images, truth)
    own = mean_squared_error(pair.target.reconstructions, truth)
    scores = {
        "mse": mean_score(found),
        "ssim": mean_score(structural_similarity(truth, images)),
    }
    if own.any():
        scores["mse_ratio"] = float(found.mean() / own.mean()), ratio_interval(found, own)
    return scores


def mean_score(per_image: np.ndarray) -> Score:
    """The mean over images [N] and its 95 % interval.

    >>> mean_score(np.array([0.5, 0.5]))
    (0.5, (0.5, 0.5))
    """
    return float(per_image.mean()), mean_interval(per_image)


def realism(side: Side, images: np.ndarray) -> Score | None:
    """Squared kernel distance of images to those of a side, with its interval; 0 is perfect.

    The side's validation images are compared, in the features of its classifier; None without a
    classifier that has features.

    >>> side = copying_side()
    >>> realism(side, side.test.images) is None  # its classifier is a plain function
    True
    """
    features = getattr(side.classifier, "features", None)
    if features is None:
        return None
    real = side.samples[VALIDATION].images
    count = min(len(real), len(images))
    distance = kernel_distance(features(images[:count]), features(real[:count]))
    return distance[0], samples_interval(*distance)


def best_alignment(pair: Pair) -> str:
    """The alignment with the best score on validation images.

    By the error to the true counterpart if it is known, else by the agreement; else the first one.

    >>> best_alignment(copying_pair())
    'none'
    """
    if len(pair.alignments) == 1:
        return next(iter(pair.alignments))

    def value(name: str) -> float:
        images = pair.swapped(name, VALIDATION)
        if pair.paired:
            truth = pair.target.samples[VALIDATION].images
            return -float(mean_squared_error(images, truth).mean())
        found = pair.agreement(images, VALIDATION)
        return 0.0 if found is None else found.value

    return max(pair.alignments, key=value)


def _labelled(
    sample: Sample, label: np.ndarray, shared: SharedLabels
) -> tuple[np.ndarray, np.ndarray]:
    """Codes and labels of the images with a known shared label; of classes, with a shared class."""
    rows = np.nansum(label, axis=1) > 0 if shared.are_classes else ~np.isnan(label).all(axis=1)
    return sample.codes[rows], label[rows]
