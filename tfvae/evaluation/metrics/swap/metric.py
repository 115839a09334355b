"""Every encoder with every decoder: are codes of one data set those of another?"""

import itertools
from typing import Annotated, Literal, get_args

from annotated_types import Len
from pydantic import Field, PositiveInt

from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.metrics.swap import figures, tables
from tfvae.evaluation.metrics.swap.labels import shared_labels
from tfvae.evaluation.metrics.swap.pair import Pair, Scores, best_alignment, fitted, score
from tfvae.evaluation.metrics.swap.side import make_side
from tfvae.evaluation.swap import ALIGNMENTS, AlignmentName
from tfvae.exports.needs import Needs
from tfvae.exports.reader import run_names
from tfvae.schema import UsageError, UserError

NEEDS = Needs(signatures=("encode", "decode"), min_exports=2, max_exports=8)

# Number of training images of each side whose codes the alignments are fitted to.
NUM_CODES = 10_000


def swap(
    context: Context,
    *,
    alignments: Annotated[tuple[AlignmentName, ...], Len(1)] = get_args(AlignmentName),
    num_pairs: PositiveInt = 256,
    standardise: bool = False,
    class_map: tuple[str, ...] | None = None,
    num_images: Annotated[int, Field(ge=4)] = 1000,
    classifier: Literal["auto", "cnn", "cnn_bn"] = "auto",
    shown: PositiveInt = 8,
) -> Result:
    """What does the decoder of one model make of the codes of another?

    Test images of each export's own data are encoded by it, mapped by an alignment to codes of
    another export, and decoded by that one. The values are those of the first encoder with the
    second decoder, under the alignment with the best score on validation images; the tables hold
    all pairs and alignments:

    * `agreement`: a classifier of the target's data reads the source's labels off the swapped
      images; for classes the share of images that are right, for attributes the balanced accuracy.
      For comparison: `agreement_within` (the target's own reconstructions and labels),
      `agreement_ceiling` (its real images), `agreement_chance` and `agreement_majority`.
    * `mse` and `ssim` to the true counterpart where the images of both data sets come in pairs, and
      `mse_ratio`, over the mean squared error of the target's own reconstructions.
    * `realism`: squared kernel distance of the swapped images to the target's own images, in the
      features of its classifier; `realism_within` is that of its own reconstructions. A swap that
      ignores its source can look perfect.
    * `cycle_mse`: mean squared error of the source images after going there and back;
      `cycle_mse_within` is that of plain reconstructions.

    Args:
        alignments: Alignments to try; those whose anchors aren't known are left out.
        num_pairs: Number k of pairs of training images, for alignments by pairs.
        standardise: Standardise codes by the statistics of the pairs first.
        class_map: Labels of the first and of the second of two exports that stand for each other,
            FIRST:SECOND,FIRST:SECOND; none: those of equal names.
        num_images: Number of test images, and of validation images.
        classifier: Architecture of the classifiers; auto as in `cis`.
        shown: Number of images on each contact sheet.
    Raises:
        UsageError: a class map that doesn't fit.
        UserError: codes that depend on a label, or more pairs than training images.

    Two models that copy their images agree on everything:

    >>> from tfvae.evaluation.metrics.swap.side import copying_side
    >>> sides = copying_side("a"), copying_side("b")
    >>> subjects = [subject for side in sides for subject in side.context.subjects]
    >>> context = Context(subjects, classifiers=sides[0].context.classifiers)
    >>> result = swap(context, alignments=("none",), num_images=20)
    >>> result.values["mse"], result.values["cycle_mse"]
    (0.0, 0.0)
    """
    if class_map is not None and len(context.subjects) > 2:
        raise UsageError(f"class_map is for two exports, got {len(context.subjects)}")
    sides = [
        make_side(name, alone, NUM_CODES, num_images, classifier)
        for name, alone in zip(run_names(context.exports), context.each(), strict=True)
    ]
    pairs = []
    for source, target in itertools.product(sides, sides):
        entries = class_map if source is sides[0] else _reversed(class_map)
        if source is target:
            entries = None
        shared = shared_labels(source.spec, target.spec, entries)
        names = ("none",) if source is target else alignments
        found = fitted(source, target, shared, names, num_pairs, standardise)
        if not found:
            raise UserError(
                f"metric swap: none of {', '.join(names)} can be fitted to {source.name} and "
                f"{target.name}: their images don't come in pairs"
                f"{'' if len(shared) else ', and they share no label'}"
            )
        pairs.append(Pair(source, target, shared, found))
    by_sides = {(pair.source.name, pair.target.name): pair for pair in pairs}

    scores: dict[tuple[str, str], Scores] = {}
    for pair in pairs:
        back = by_sides[pair.target.name, pair.source.name].alignments
        for name in pair.alignments:
            scores[pair.name, name] = score(pair, name, back.get(name))
    best = {pair.name: best_alignment(pair) for pair in pairs}

    first = by_sides[sides[0].name, sides[1].name]
    chosen = best[first.name]
    values, intervals = tables.values(first, scores[first.name, chosen])
    drawn = {f"sheet-{_slug(pair)}": figures.sheet(pair, shown) for pair in pairs
             if pair.source is not pair.target}  # fmt: skip
    in_plane = [name for name in dict.fromkeys(("none", chosen)) if name in first.alignments]
    return Result(
        values,
        intervals,
        len(first.source.test.images),
        settings={"alignment": chosen},
        tables=tables.tables(pairs, scores, best),
        figures={**drawn, "codes": figures.planes(first, in_plane)},
        notes=tuple(_notes(first, alignments, num_pairs, chosen)),
    )


def _reversed(class_map: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if class_map is None:
        return None
    return tuple(":".join(reversed(entry.split(":", 1))) for entry in class_map)


def _slug(pair: Pair) -> str:
    return f"{pair.source.name}-to-{pair.target.name}".replace("/", "_")


def _notes(pair: Pair, wanted: tuple[str, ...], num_pairs: int, chosen: str) -> list[str]:
    why = "which was chosen on validation images"
    if not pair.paired and pair.reader is None:
        why = "the first one: without pairs and without labels none can be called the best"
    notes = [f"The values are those of {pair.name} under the alignment {chosen}, {why}."]
    left_out = [name for name in wanted if name not in pair.alignments]
    if left_out:
        reasons = {"pairs": "the images of the two data sets don't come in pairs",
                   "labels": "the data sets share no label"}  # fmt: skip
        for anchors, reason in reasons.items():
            names = [name for name in left_out if ALIGNMENTS.load(name).anchors == anchors]
            if names:
                notes.append(f"Left out: {', '.join(names)}; {reason}.")
    if pair.paired:
        notes.append(f"Alignments by pairs used {num_pairs} pairs of training images.")
    sizes = pair.source.test.codes.shape[1], pair.target.test.codes.shape[1]
    if sizes[0] != sizes[1]:
        notes.append(f"Codes have {sizes[0]} and {sizes[1]} dimensions: padded with zeros.")
    return notes
