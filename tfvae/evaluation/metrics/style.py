"""What survives of an image when its label is changed: everything that the label does not fix."""

import dataclasses

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt
from tqdm import tqdm

from tfvae.evaluation.context import Context, Intervals, Result, Rows, Values
from tfvae.evaluation.features import Features, check_features, load_features
from tfvae.evaluation.image_scores import mean_squared_error, structural_similarity
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.statistics import linear_interval, summary
from tfvae.evaluation.style_scores import (
    STROKES,
    correlation_within,
    cosines,
    finds_its_own,
    label_regions,
    stroke_properties,
)
from tfvae.evaluation.transfer import contact_sheet, transfer
from tfvae.exports.needs import Needs
from tfvae.schema import BINARY, IMAGE, LABEL, OBSERVED, TEST, TRAIN, UserError

NEEDS = Needs(signatures=("transfer", "reconstruct"), labels=True)
# Training images that say where in an image a label shows.
REGION_IMAGES = 2000


@dataclasses.dataclass(frozen=True)
class Transfers:
    """Test images, each transferred to every label that it is known to lack.

    Args:
        images: Test images, [N, H, W, C].
        groups: The class of each test image, int [N]; 0 for attributes, -1 if it is unknown.
        reconstructions: Of the test images.
        rows: Index of the test image, int [T].
        targets: Index of the label, int [T].
        made: The transferred images, [T, H, W, C].

    >>> made = Transfers(np.zeros([2, 8, 8, 1]), np.array([0, 1]), np.zeros([2, 8, 8, 1]),
    ...                  rows=np.array([0, 1]), targets=np.array([1, 0]),
    ...                  made=np.zeros([2, 8, 8, 1]))
    >>> made.per_image(np.array([0.5, 0.7])).tolist()
    [0.5, 0.7]
    """

    images: np.ndarray
    groups: np.ndarray
    reconstructions: np.ndarray
    rows: np.ndarray
    targets: np.ndarray
    made: np.ndarray

    def per_image(self, values: np.ndarray) -> np.ndarray:
        """Means over the transfers [T] of each test image that has any; NaN is left out."""
        known = np.isfinite(values)
        counts = np.bincount(self.rows[known], minlength=len(self.images))
        sums = np.bincount(self.rows[known], values[known], len(self.images))
        return sums[counts > 0] / counts[counts > 0]


def style(
    context: Context,
    *,
    num_images: PositiveInt = 200,
    strength: NonNegativeFloat = 1.0,
    features: str = "classifier",
    weights: str = "imagenet",
) -> Result:
    """How much of what the label doesn't fix survives a transfer?

    Each test image is transferred to every label that it is known to lack. A transfer that answers
    with the same picture of the label every time has a perfect CIS, and 0 here. Values:

    * For images of one channel, `slant_kept`, `thickness_kept`, `width_kept` and `height_kept`:
      correlation of this property of the strokes before and after, among images of one class that
      are transferred to the same label; 1 is perfect. `strokes_kept` is their mean, and
      `reconstruction_strokes_kept` that of reconstructions: what the model can keep at all.
    * For attributes, in the features of a network F: `cosine_kept_F`, the mean cosine between a
      transferred image and its original, seen from the mean of all originals (1: equal, 0: as
      unrelated images), and `own_nearest_F`, the share of transferred images to which, of all
      originals, their own is the nearest. `reconstruction_...` is the same of reconstructions.
    * For attributes, `outside_change`, the mean absolute change of the pixels that have least to do
      with the label: the half whose brightness is least correlated with it among training images.
      The image at strength 0 is the reference.
    * Where the data set can draw the perfect edit, `edit_mse` and `edit_ssim`, the error of the
      transferred images to it.

    Args:
        num_images: Number of test images.
        strength: Strength of the transfer, as the export's `transfer` takes it.
        features: Network whose features are compared; classifier, inception_v3 or the path of a
            .keras file, as in `fidelity`.
        weights: Weights of inception_v3; imagenet or the path of a file.

    A transfer that changes nothing keeps all:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> data = load_dataset("digits")
    >>> def same(signature, image, **_):
    ...     return {"image": image}
    >>> export = SimpleNamespace(run="same", spec=data.spec, signatures={}, call=same)
    >>> context = Context([Subject(export, data)])
    >>> values = style(context, num_images=20).values
    >>> round(values["slant_kept"], 6), round(values["strokes_kept"], 6)
    (1.0, 1.0)
    """
    check_features(features, weights)
    grey, binary = context.spec.image_shape[2] == 1, context.spec.label_kind == BINARY
    if not (grey or binary or context.can_edit):
        raise UserError(
            f"metric style: nothing is known to compare for colour images of classes, as those of "
            f"{context.spec.name} are"
        )
    transfers = _transfers(context, num_images, strength)
    values: Values = {}
    intervals: Intervals = {}
    tables: dict[str, Rows] = {}
    if grey:
        _add(values, intervals, _strokes(transfers))
    if binary:
        network = load_features(context, features, weights)
        found, table = _attributes(context, transfers, network)
        _add(values, intervals, found)
        tables["Per label"] = table
    if context.can_edit:
        _add(values, intervals, _edits(context, transfers, num_images))
    figure = contact_sheet(context, transfers.images, strength)
    return Result(
        values, intervals, len(transfers.images), tables=tables, figures={"images": figure}
    )


def _add(values: Values, intervals: Intervals, found) -> None:
    values.update(found[0])
    intervals.update(found[1])


def _transfers(context: Context, num_images: int, strength: float) -> Transfers:
    export, data = context.export, context.draw(TEST, num_images)
    images, label, known = data[IMAGE], data[LABEL], data[OBSERVED] > 0
    lacking = known & (label < 0.5)
    made, rows, targets = [], [], []
    for index in tqdm(range(label.shape[1]), desc="transfer", disable=None, leave=False):
        chosen = np.flatnonzero(lacking[:, index])
        if len(chosen):
            made.append(transfer(export, images[chosen], index, strength))
            rows.append(chosen)
            targets.append(np.full(len(chosen), index))
    if not made:
        raise UserError("metric style: no test image is known to lack a label")
    given = label_inputs(export, data, "reconstruct")
    groups = np.where(known.all(axis=1), label.argmax(axis=1), -1)
    return Transfers(
        images,
        np.zeros(len(images), int) if context.spec.label_kind == BINARY else groups,
        export.call("reconstruct", image=images, label=given)[IMAGE],
        np.concatenate(rows),
        np.concatenate(targets),
        np.concatenate(made),
    )


def _strokes(transfers: Transfers) -> tuple[Values, Intervals]:
    """Correlations of the properties of strokes before and after."""
    values, intervals, all_terms = {}, {}, []
    before, after, rebuilt = (
        stroke_properties(images)
        for images in (transfers.images, transfers.made, transfers.reconstructions)
    )
    own = transfers.groups[transfers.rows]
    groups = own * (transfers.targets.max() + 1) + transfers.targets
    kept = []
    for name in STROKES:
        value, terms = correlation_within(before[name][transfers.rows], after[name], groups)
        # An image is a cluster: its transfers share what there was to keep.
        sums = np.bincount(transfers.rows, terms, len(transfers.images))
        terms = sums * (len(transfers.images) / len(transfers.rows))
        values[f"{name}_kept"] = value
        intervals[f"{name}_kept"] = linear_interval(value, terms)
        all_terms.append(terms)
        whole = transfers.groups >= 0
        kept.append(
            correlation_within(before[name][whole], rebuilt[name][whole], transfers.groups[whole])
        )
    for name, found in (
        ("strokes_kept", (np.mean([values[f"{each}_kept"] for each in STROKES]), all_terms)),
        (
            "reconstruction_strokes_kept",
            (np.mean([value for value, _ in kept]), [terms for _, terms in kept]),
        ),
    ):
        values[name] = float(found[0])
        intervals[name] = linear_interval(values[name], np.mean(found[1], axis=0))
    return values, intervals


def _attributes(
    context: Context, transfers: Transfers, network: Features
) -> tuple[tuple[Values, Intervals], Rows]:
    """What features and pixels keep, over all transfers, and for each label."""
    originals, rows = network.extract(transfers.images), transfers.rows
    made, rebuilt = network.extract(transfers.made), network.extract(transfers.reconstructions)
    centre, everyone = originals.mean(axis=0, dtype=np.float64), np.arange(len(originals))
    per_transfer = {
        f"cosine_kept_{network.name}": cosines(made, originals[rows], centre),
        f"own_nearest_{network.name}": finds_its_own(made, originals, rows),
        "outside_change": _outside(context, transfers),
    }
    if not np.isfinite(per_transfer["outside_change"]).any():
        del per_transfer["outside_change"]
    per_image = {name: transfers.per_image(each) for name, each in per_transfer.items()}
    per_image[f"reconstruction_cosine_kept_{network.name}"] = cosines(rebuilt, originals, centre)
    own = finds_its_own(rebuilt, originals, everyone)
    per_image[f"reconstruction_own_nearest_{network.name}"] = own
    table = [
        {"label": name}
        | {
            score.replace("_", " "): float(each[transfers.targets == index].mean())
            for score, each in per_transfer.items()
            if np.isfinite(each[transfers.targets == index]).all()
        }
        for index, name in enumerate(context.spec.label_names)
        if (transfers.targets == index).any()
    ]
    return summary(per_image), table


def _outside(context: Context, transfers: Transfers) -> np.ndarray:
    """Mean absolute change away from where each label shows, [T]; NaN where that isn't known,
    because hardly any training image has the label."""
    train = context.draw(TRAIN, REGION_IMAGES)
    regions = label_regions(train[IMAGE], train[LABEL], train[OBSERVED])
    away = np.where(regions.any(axis=(1, 2), keepdims=True), ~regions, False)
    # At strength 0 the target makes no difference.
    unchanged = transfer(context.export, transfers.images, 0, 0.0)[transfers.rows]
    change = np.abs(transfers.made - unchanged).mean(axis=3)
    outside = away[transfers.targets]
    sizes = outside.sum(axis=(1, 2)).astype(np.float64)
    sums = (change * outside).sum(axis=(1, 2))
    return np.divide(sums, sizes, out=np.full(len(sums), np.nan), where=sizes > 0)


def _edits(context: Context, transfers: Transfers, num_images: int) -> tuple[Values, Intervals]:
    """Errors of the transferred images to the perfect edit."""
    rows, errors, likeness = context.rows(TEST, num_images), [], []
    for index in np.unique(transfers.targets):
        chosen = transfers.targets == index
        truth = context.edited(TEST, rows[transfers.rows[chosen]], int(index))
        errors.append(mean_squared_error(transfers.made[chosen], truth))
        likeness.append(structural_similarity(truth, transfers.made[chosen]))
    # `targets` is in the order of the labels.
    found = {"edit_mse": np.concatenate(errors), "edit_ssim": np.concatenate(likeness)}
    return summary({name: transfers.per_image(each) for name, each in found.items()})
