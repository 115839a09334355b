"""One encoder with one decoder: alignments fitted on training images, scored on test images."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tfvae.evaluation.image_scores import structural_similarity
from tfvae.evaluation.metrics.swap.labels import (
    Agreement,
    SharedLabels,
    agreement,
)
from tfvae.evaluation.metrics.swap.side import Sample, Side, paired
from tfvae.evaluation.statistics import linear_interval, mean_interval, ratio_interval
from tfvae.evaluation.swap import ALIGNMENTS, Alignment, make_alignment
from tfvae.evaluation.swap.distances import kernel_distance
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

    >>> from tfvae.evaluation.metrics.swap.side import copying_side
    >>> first, second = copying_side("a"), copying_side("b")
    >>> from tfvae.evaluation.metrics.swap.labels import shared_labels
    >>> shared = shared_labels(first.spec, second.spec)
    >>> pair = Pair(first, second, shared, fitted(first, second, shared, ["none"], 50, False))
    >>> pair.name, pair.paired, bool((pair.swapped("none") == first.test.images).all())
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
    def judged(self) -> bool:
        """Whether a classifier of the target's data can read labels of the source."""
        return self.target.classifier is not None and len(self.shared) > 0

    def swapped(self, alignment: str, split: str = TEST) -> np.ndarray:
        """Source images of a split, encoded by the source and decoded by the target."""
        return self.target.decode(self.alignments[alignment](self.source.samples[split].codes))

    def agreement(self, images: np.ndarray, split: str = TEST) -> Agreement | None:
        """How often the target's classifier reads the source's labels; None without such labels."""
        if not self.judged or self.target.classifier is None:
            return None
        label = self.shared.from_source(self.source.samples[split].label)
        return agreement(self.target.classifier(images), label, self.shared)


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

    >>> from tfvae.evaluation.metrics.swap.side import copying_side
    >>> side = copying_side()
    >>> from tfvae.evaluation.metrics.swap.labels import shared_labels
    >>> shared = shared_labels(side.spec, side.spec)
    >>> sorted(fitted(side, side, shared, ["none", "ortho"], num_pairs=50, standardise=False))
    ['none', 'ortho']
    """
    first, second = source.samples[TRAIN], target.samples[TRAIN]
    both = paired(source, target)
    by_pairs = [name for name in names if ALIGNMENTS.load(name).anchors == "pairs"]
    if both and by_pairs and num_pairs > len(first.codes):
        raise UserError(f"num_pairs={num_pairs}: only {len(first.codes)} training images are used")
    first_half = first.part(slice(0, len(first.codes) // 2))
    second_half = second.part(slice(len(second.codes) // 2, None))
    found = {}
    for name in names:
        anchors = ALIGNMENTS.load(name).anchors
        options = {"standardise": True} if anchors == "pairs" and standardise else {}
        alignment = make_alignment(name, **options)
        if anchors == "pairs" and both:
            alignment.fit(first.codes[:num_pairs], second.codes[:num_pairs])
        elif anchors == "labels" and len(shared):
            ours = _labelled(first_half, shared.from_source(first_half.label), shared)
            theirs = _labelled(second_half, shared.from_target(second_half.label), shared)
            if min(len(ours[0]), len(theirs[0])) < 2:
                continue
            alignment.fit(ours[0], theirs[0], (ours[1], theirs[1]))
        elif anchors == "nothing":
            alignment.fit(first_half.codes, second_half.codes)
        else:
            continue
        found[name] = alignment
    return found


def score(pair: Pair, alignment: str, back: Alignment | None) -> Scores:
    """The scores of a pair under one alignment.

    Args:
        pair: The encoder and the decoder.
        alignment: A name of `pair.alignments`.
        back: The alignment of the same name from the target to the source.

    >>> from tfvae.evaluation.metrics.swap.side import copying_side
    >>> side = copying_side()
    >>> from tfvae.evaluation.metrics.swap.labels import shared_labels
    >>> shared = shared_labels(side.spec, side.spec)
    >>> alignments = fitted(side, side, shared, ["none", "moments"], 50, False)
    >>> pair = Pair(side, side, shared, alignments)
    >>> score(pair, "none", alignments["none"]).mse
    (0.0, (0.0, 0.0))
    """
    return score_images(pair, pair.swapped(alignment), back)


def score_images(pair: Pair, images: np.ndarray, back: Alignment | None) -> Scores:
    """As `score`, for test images that are swapped already.

    >>> from tfvae.evaluation.metrics.swap.side import copying_side
    >>> side = copying_side()
    >>> from tfvae.evaluation.metrics.swap.labels import shared_labels
    >>> shared = shared_labels(side.spec, side.spec)
    >>> alignments = fitted(side, side, shared, ["none", "moments"], 50, False)
    >>> pair = Pair(side, side, shared, alignments)
    >>> score_images(pair, side.test.images, None).ssim
    (1.0, (1.0, 1.0))
    """
    source, target = pair.source, pair.target
    mse = ssim = ratio = cycle = None
    if pair.paired:
        truth = target.test.images
        errors, own = _squares(images - truth), _squares(target.reconstructions - truth)
        mse = float(errors.mean()), mean_interval(errors)
        if own.any():
            ratio = float(errors.mean() / own.mean()), ratio_interval(errors, own)
        similarity = structural_similarity(truth, images)
        ssim = float(similarity.mean()), mean_interval(similarity)
    if back is not None:
        returned = source.decode(back(target.encode(images)))
        errors = _squares(returned - source.test.images)
        cycle = float(errors.mean()), mean_interval(errors)
    return Scores(pair.agreement(images), mse, ssim, ratio, realism(target, images), cycle)


def realism(side: Side, images: np.ndarray) -> Score | None:
    """Squared kernel distance of images to those of a side, with its interval; 0 is perfect.

    The side's validation images are compared, in the features of its classifier; None without a
    classifier that has features.

    >>> from tfvae.evaluation.metrics.swap.side import copying_side
    >>> side = copying_side()
    >>> realism(side, side.test.images) is None  # its classifier is a plain function
    True
    """
    features = getattr(side.classifier, "features", None)
    if features is None:
        return None
    real = side.samples[VALIDATION].images
    count = min(len(real), len(images))
    value, terms = kernel_distance(features(images[:count]), features(real[:count]))
    return value, linear_interval(value, terms)


def best_alignment(pair: Pair) -> str:
    """The alignment with the best score on validation images.

    By the error to the true counterpart if it is known, else by the agreement; else the first one.

    >>> from tfvae.evaluation.metrics.swap.side import copying_side
    >>> side = copying_side()
    >>> from tfvae.evaluation.metrics.swap.labels import shared_labels
    >>> shared = shared_labels(side.spec, side.spec)
    >>> alignments = fitted(side, side, shared, ["none", "moments"], 50, False)
    >>> pair = Pair(side, side, shared, alignments)
    >>> best_alignment(pair)
    'none'
    """
    if len(pair.alignments) == 1:
        return next(iter(pair.alignments))

    def value(name: str) -> float:
        images = pair.swapped(name, VALIDATION)
        if pair.paired:
            return -float(_squares(images - pair.target.samples[VALIDATION].images).mean())
        found = pair.agreement(images, VALIDATION)
        return 0.0 if found is None else found.value

    return max(pair.alignments, key=value)


def _labelled(
    sample: Sample, label: np.ndarray, shared: SharedLabels
) -> tuple[np.ndarray, np.ndarray]:
    """Codes and labels of the images with a known shared label; of classes, with a shared class."""
    rows = np.nansum(label, axis=1) > 0 if shared.are_classes else ~np.isnan(label).all(axis=1)
    return sample.codes[rows], label[rows]


def _squares(difference: np.ndarray) -> np.ndarray:
    """Mean square per image, [N]."""
    return np.square(difference).mean(axis=(1, 2, 3), dtype=np.float64)
