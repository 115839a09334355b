"""Transfers of images that the data set has drawn: beside the perfect edit, and by the variables
that they were drawn from."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfvae.evaluation.context import Context, Intervals, Rows, Values
from tfvae.evaluation.image_scores import mean_squared_error, structural_similarity
from tfvae.evaluation.metrics.style.transfers import Transfers
from tfvae.evaluation.statistics import linear_interval, summary
from tfvae.evaluation.style_scores import concordance_within, correlation_within
from tfvae.schema import IMAGE, TEST, TRAIN, VALIDATION

# Images from which the variables are learnt, and on which it is seen which of them can be read.
READ_IMAGES, CHECKED_IMAGES = 4000, 1000
# Least correlation of a variable with its reading.
READABLE = 0.7
# Most cells a side that the reading sees.
CELLS = 16
RIDGE = 1.0


@dataclasses.dataclass(frozen=True)
class Reader:
    """Reads nuisance variables off images, by ridge regression on coarse pixels.

    Args:
        names: The variables that can be read.
        columns: Their columns in what the regression predicts.
        regression: From `cells`.

    >>> class First:
    ...     def predict(self, cells):
    ...         return cells[:, :1]
    >>> Reader(("light",), [0], First()).read(np.full([2, 16, 16, 1], 0.5)).tolist()
    [[0.5], [0.5]]
    """

    names: tuple[str, ...]
    columns: list[int]
    regression: Any

    def read(self, images: np.ndarray) -> np.ndarray:
        """[N, K] from [N, H, W, C]."""
        found = self.regression.predict(cells(images))
        return found.reshape(len(images), -1)[:, self.columns]


def fit_reader(context: Context) -> Reader | None:
    """A reader of the variables that can be read on validation images; None if none can.

    >>> from types import SimpleNamespace
    >>> fit_reader(SimpleNamespace(nuisances=lambda split: None)) is None
    True
    """
    from sklearn.linear_model import Ridge

    if any(not context.nuisances(split) for split in (TRAIN, VALIDATION, TEST)):
        return None
    names = np.array(list(context.nuisances(TRAIN) or ()))

    def inputs_and_truth(split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        images = context.draw(split, count)[IMAGE]
        return cells(images), _columns(context, split, names, context.rows(split, count))

    regression = Ridge(alpha=RIDGE).fit(*inputs_and_truth(TRAIN, READ_IMAGES))
    inputs, truth = inputs_and_truth(VALIDATION, CHECKED_IMAGES)
    # One variable comes without a column of its own.
    found = regression.predict(inputs).reshape(truth.shape)
    one_group = np.zeros(len(truth), int)
    columns = [
        column
        for column in range(truth.shape[1])
        if correlation_within(truth[:, column], found[:, column], one_group)[0] >= READABLE
    ]
    return Reader(tuple(names[columns].tolist()), columns, regression) if columns else None


def cells(images: np.ndarray) -> np.ndarray:
    """Means over cells of the images, at most `CELLS` a side; what is left over is cut off: [N, D].

    >>> cells(np.ones([2, 64, 32, 3])).shape
    (2, 768)
    """
    height, width = (-(-side // CELLS) for side in images.shape[1:3])
    high, wide = images.shape[1] // height, images.shape[2] // width
    whole = images[:, : high * height, : wide * width]
    parts = whole.reshape(len(images), high, height, wide, width, -1)
    return parts.mean(axis=(2, 4)).reshape(len(images), -1)


def drawn(
    context: Context, transfers: Transfers, num_images: int
) -> tuple[tuple[Values, Intervals], dict[str, Rows]]:
    """Errors of the transferred images to the perfect edit, and which variables they keep.

    Args:
        context: Of a data set that can edit.
        transfers: Of its first test images.
        num_images: How many test images `transfers` was made from.
    Returns:
        (values, intervals), and a table per variable if some can be read.

    >>> from types import SimpleNamespace
    >>> images = np.random.default_rng(0).random([2, 16, 16, 1])
    >>> transfers = Transfers(images, np.zeros(2, int), images, rows=np.array([0, 1]),
    ...                       targets=np.array([0, 0]), made=images)
    >>> context = SimpleNamespace(
    ...     rows=lambda split, count: np.arange(count),
    ...     nuisances=lambda split: None,
    ...     edited=lambda split, rows, label: images[rows])
    >>> (values, _), tables = drawn(context, transfers, num_images=2)
    >>> {name: round(value, 6) for name, value in values.items()}, tables
    ({'edit_mse': 0.0, 'edit_ssim': 1.0}, {})
    """
    rows, reader = context.rows(TEST, num_images), fit_reader(context)
    count = len(transfers.rows)
    errors, likeness = np.zeros(count), np.zeros(count)
    perfect = np.zeros([count, len(reader.names) if reader else 0])
    for index in np.unique(transfers.targets):
        chosen = transfers.targets == index
        truth = context.edited(TEST, rows[transfers.rows[chosen]], int(index))
        errors[chosen] = mean_squared_error(transfers.made[chosen], truth)
        likeness[chosen] = structural_similarity(truth, transfers.made[chosen])
        if reader:
            perfect[chosen] = reader.read(truth)
    per_transfer = {"edit_mse": errors, "edit_ssim": likeness}
    found = summary({name: transfers.per_image(each) for name, each in per_transfer.items()})
    if reader is None:
        return found, {}
    truth = _columns(context, TEST, reader.names, rows)
    (values, intervals), table = _kept(transfers, truth, reader, perfect)
    return (found[0] | values, found[1] | intervals), {"Nuisance variables": table}


def _kept(
    transfers: Transfers, truth: np.ndarray, reader: Reader, perfect: np.ndarray
) -> tuple[tuple[Values, Intervals], Rows]:
    """How far the variables agree with their readings: off transfers and what they are seen beside.

    Args:
        transfers: T of them.
        truth: The variables of the test images, [N, K].
        reader: Of these variables.
        perfect: Readings off the perfect edits, [T, K].
    """
    readings = {
        "": reader.read(transfers.made),
        "reconstruction_": reader.read(transfers.reconstructions)[transfers.rows],
        "edit_": perfect,
        "original_": reader.read(transfers.images)[transfers.rows],
    }
    values: Values = {}
    intervals: Intervals = {}
    table: Rows = [{"variable": name} for name in reader.names]
    before = truth[transfers.rows]
    for case, after in readings.items():
        found = [
            concordance_within(before[:, column], after[:, column], transfers.targets)
            for column in range(len(reader.names))
        ]
        name = f"{case}nuisances_kept"
        values[name] = float(np.mean([score for score, _ in found]))
        terms = np.mean([terms for _, terms in found], axis=0)
        intervals[name] = linear_interval(values[name], transfers.clustered(terms))
        for row, (score, _) in zip(table, found, strict=True):
            row[case.replace("_", " ") + "kept"] = score
    return (values, intervals), table


def _columns(
    context: Context, split: str, names: Sequence[str] | np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Nuisance variables [N, K] at some rows of a split."""
    known = context.nuisances(split) or {}
    return np.stack([known[name][rows] for name in names], axis=1).astype(np.float64)
