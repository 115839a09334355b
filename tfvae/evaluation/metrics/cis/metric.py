"""The Conditional Inception Score (CIS) of Okamoto et al. (2018), algorithm 2.

MUNIT's score of the same name is another one. With n equally frequent classes, a perfect transfer
and a perfect classifier give ts = (n - 1) / n and rs = -1 / n: the probability of an image's own
class can't rise when that class is the target, and must fall when another one is.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Len
from pydantic import NonNegativeInt, PositiveInt

from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.metrics.cis import figures as cis_figures
from tfvae.evaluation.metrics.cis import tables as cis_tables
from tfvae.evaluation.metrics.cis.scores import TestImages
from tfvae.evaluation.metrics.cis.seen import (
    LEAST,
    balanced_accuracies,
    seen_domains,
    seen_scores,
)
from tfvae.evaluation.metrics.cis.subject import Oracle, ScoredExport, baselines, score_export
from tfvae.evaluation.statistics import mean_interval, ratio_interval
from tfvae.evaluation.transfer import STRENGTHS, edited_probabilities
from tfvae.exports.needs import Needs
from tfvae.exports.reader import run_names
from tfvae.schema import BINARY, UsageError

NEEDS = Needs(signatures=("transfer",), labels=True, max_exports=32, same_data=True)


def cis(
    context: Context,
    *,
    num_images: PositiveInt = 160,
    repeats: PositiveInt = 5,
    strength: Annotated[float, Gt(0)] | Literal["auto"] = "auto",
    strengths: Annotated[tuple[float, ...], Len(1)] = STRENGTHS,
    validation_images: PositiveInt = 40,
    classifier: Literal["auto", "cnn", "cnn_bn", "cnn_bn_deep", "inception_v3"] = "auto",
    weights: str = "imagenet",
    image: NonNegativeInt = 0,
) -> Result:
    """Does a transfer to a domain reach that domain, and does it keep everything else?

    Each test image x is transferred to each of the n domains, which gives the images x_i. A domain
    classifier f, trained on real images, gives the probabilities of the domains, and
    M_i = f(x_i) - f(x) is row i of an n x n matrix. Values:

    * `ts`, the mean of the diagonal of M: how much the probability of the target domain rises.
    * `rs`, minus the mean of the absolute values off the diagonal: 0 if no other domain changes.
    * `cis` = ts + rs; the higher, the better. For ten classes the perfect transfer has 0.8.
      `cis`, `ts` and `rs` are means over repeats; their `_std` is the deviation between repeats.
    * `ts_absent`, ts over the pairs of image and domain in which the image lacks the domain.
    * For comparison: `identity_cis` (the unchanged image, exactly 0), `random_cis` (each image
      replaced by the transfer to a random other domain: the target is ignored) and
      `reconstruction_cis` (strength 0: the cost of encoding and decoding).
    * If the data set can draw an example again with one label changed: `oracle_cis`, the score of
      these perfect edits, and `share_of_oracle` = cis / oracle_cis; 1 is perfect.
    * For attributes, `seen_cis`, `seen_ts` and `seen_rs`: the same over those alone that f can
      tell, with a balanced accuracy of at least 0.6 on validation images; given if there are
      others.
    * `classifier_accuracy` and `classifier_balanced_accuracy` of f on the test labels, and
      `strength`, at which the images were transferred.

    If several exports are compared, these are the values of the first one; those of each are named
    after its run, as `RUN/cis`, and `margin` is the cis of the best export minus that of the second
    best.

    Args:
        num_images: Number of test images per repeat.
        repeats: Number of repeats, each on other images as long as there are enough.
        strength: Strength of the transfer, as the export's `transfer` takes it; auto: the weakest
            of `strengths` whose CIS on validation images is within 2.5 % of the best.
        strengths: The strengths that auto chooses from; the same for every model.
        validation_images: Number of validation images that auto compares the strengths on.
        classifier: Architecture of the domain classifier f; auto: cnn for classes, cnn_bn for
            attributes; cnn_bn_deep: for photographs; inception_v3: that of Okamoto et al. (2018).
        weights: Weights that the training of inception_v3 starts from; imagenet, none or the path
            of a file.
        image: Index of the drawn test image that the figure shows transferred to every domain.

    A transfer that returns its images unchanged scores 0:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> data = load_dataset("digits")
    >>> same = lambda signature, image, target, strength: {"image": image}
    >>> export = SimpleNamespace(run="same", spec=data.spec, manifest={}, call=same)
    >>> brightness = lambda images: np.repeat(images.mean(axis=(1, 2)), 10, axis=1)
    >>> context = Context([Subject(export, data)], classifiers={"cnn": brightness})
    >>> cis(context, num_images=4, repeats=1, strength=1.0).values["cis"]
    0.0
    """
    architecture = context.architecture(classifier)
    if weights != "imagenet" and architecture != "inception_v3":
        raise UsageError(f"weights={weights} is for classifier=inception_v3, not {architecture}")
    starting = weights if architecture == "inception_v3" else None
    domain_classifier = context.classifier(architecture, starting)
    test_images = TestImages(context, domain_classifier, num_images, repeats, validation_images)
    images = test_images.images
    if image >= len(images):
        raise UsageError(f"image={image}: only {len(images)} test images are drawn, from 0 on")
    grid = strengths if strength == "auto" else (strength,)
    runs = [
        score_export(name, export, test_images, grid)
        for name, export in zip(run_names(context.exports), context.exports, strict=True)
    ]
    oracle = None
    if context.can_edit:
        edited = edited_probabilities(context, domain_classifier, test_images.rows)
        oracle = Oracle(test_images.rows, test_images.scores(edited))
    accuracy = {
        f"classifier_{name}": score
        for name, score in context.classifier_scores(architecture, starting).items()
    }
    values, intervals = _subject(runs[0], oracle, test_images)
    values |= {name: value for name, (value, _) in accuracy.items()}
    intervals |= {name: bounds for name, (_, bounds) in accuracy.items()}
    values["strength"] = runs[0].strength
    notes = _notes(len(images), num_images, repeats, accuracy) + _edge_notes(runs)
    seen = seen_domains(context, domain_classifier)
    if seen is not None and 0 < len(seen) < context.spec.num_labels:
        for index, run in enumerate(runs):
            of_run, bounds = seen_scores(test_images, run.transferred, seen)
            for start in [""] * (index == 0) + [f"{run.name}/"] * (len(runs) > 1):
                values |= {f"{start}{name}": value for name, value in of_run.items()}
                intervals |= {f"{start}{name}": value for name, value in bounds.items()}
        notes.append(_unseen(context.spec.label_names, seen))
    if len(runs) > 1:
        more, more_intervals, sentence = _comparison(runs, oracle, test_images)
        values, intervals = values | more, intervals | more_intervals
        notes.insert(0, sentence)
    return Result(
        values,
        intervals,
        len(images),
        settings={"strength": runs[0].strength, "classifier": architecture},
        tables=cis_tables.tables(
            context.spec.label_names,
            runs,
            oracle,
            test_images,
            _label_accuracies(context, architecture, starting),
        ),
        figures=cis_figures.figures(context, runs, oracle, images, image),
        notes=tuple(notes),
    )


def _subject(run: ScoredExport, oracle: Oracle | None, test_images: TestImages):
    """Values and intervals of the only, or first, export: those without the name of a run."""
    values, intervals = dict(run.scores.values), dict(run.scores.intervals)
    for name, scores in baselines(run, oracle, test_images).items():
        values[f"{name}_cis"] = scores.values["cis"]
        intervals[f"{name}_cis"] = scores.intervals["cis"]
    if oracle is not None and (share := run.share_of(oracle)) is not None:
        values["share_of_oracle"] = share
        intervals["share_of_oracle"] = _share_interval(run, oracle, test_images)
    return values, intervals


def _share_interval(
    run: ScoredExport, oracle: Oracle, test_images: TestImages
) -> tuple[float, float]:
    scores, best = run.scores.per_image["cis"], oracle.scores.per_image["cis"]
    return ratio_interval(scores, best, test_images.weights)


def _comparison(runs: list[ScoredExport], oracle: Oracle | None, test_images: TestImages):
    """Values of each run by its name, the margin of the best, and that margin as a sentence."""
    values, intervals = {}, {}
    for run in runs:
        for name, value in run.scores.values.items():
            values[f"{run.name}/{name}"] = value
        for name, bounds in run.scores.intervals.items():
            intervals[f"{run.name}/{name}"] = bounds
        values[f"{run.name}/strength"] = run.strength
        if oracle is not None and (share := run.share_of(oracle)) is not None:
            values[f"{run.name}/share_of_oracle"] = share
            interval = _share_interval(run, oracle, test_images)
            intervals[f"{run.name}/share_of_oracle"] = interval
    best, second = sorted(runs, key=lambda run: -run.scores.values["cis"])[:2]
    difference = best.scores.per_image["cis"] - second.scores.per_image["cis"]
    values["margin"] = float(np.average(difference, weights=test_images.weights))
    low, high = intervals["margin"] = mean_interval(difference, test_images.weights)
    sentence = (
        f"{best.name} is {values['margin']:.4f} above {second.name}, 95 % interval over the same "
        f"images [{low:.4f}, {high:.4f}]"
        + (": on these images they don't differ." if low <= 0 <= high else ".")
    )
    return values, intervals, sentence


def _label_accuracies(context: Context, architecture: str, weights: str | None):
    """Balanced accuracy of the classifier for each attribute on test images; None for classes."""
    if context.spec.label_kind != BINARY:
        return None
    return balanced_accuracies(context.test_probabilities(architecture, weights), context.draw())


def _unseen(names: Sequence[str], seen: np.ndarray) -> str:
    unseen = [name for index, name in enumerate(names) if index not in seen]
    return (
        f"The classifier can't tell {', '.join(unseen)} (balanced accuracy below {LEAST} on "
        "validation images); seen_cis, seen_ts and seen_rs leave them out."
    )


def _edge_notes(runs: list[ScoredExport]) -> list[str]:
    """A sentence for each run whose strength is the largest of those tried."""
    return [
        f"{run.name}: strength {run.strength:g} is the largest tried; a larger one may be better."
        for run in runs
        if run.tried and run.strength == run.tried[-1]["strength"]
    ]


def _notes(total: int, size: int, repeats: int, accuracy: dict) -> list[str]:
    notes = []
    if total < size * repeats:
        notes.append(
            f"{repeats} repeats of {size} images out of {total}: the repeats share images, so the "
            "standard deviation over repeats is too small; the interval over images isn't affected."
        )
    if not accuracy:
        notes.append(
            "No test label is known, so the accuracy of the classifier isn't known either."
        )
    for name, (share, _) in accuracy.items():
        if share < 0.9:
            notes.append(
                f"The classifier's {name.removeprefix('classifier_').replace('_', ' ')} on the "
                f"test labels is {share:.1%}, which is low: ts and rs may be wrong."
            )
    return notes
