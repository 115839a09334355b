"""Transfers of images that the data set has drawn: beside the perfect edit, and by the variables
that they were drawn from."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfvae.evaluation.context import Context, Intervals, Rows, Values
from tfvae.evaluation.image_scores import mean_squared_error, structural_similarity
from tfvae.evaluation.metrics.style.transfers import Transfers
from tfvae.evaluation.statistics import linear_interval, summary
from tfvae.evaluation.style_scores import correlation_within
from tfvae.schema import IMAGE, TEST, TRAIN, VALIDATION

# Images from which the variables are learnt, and on which it is seen which of them can be read.
READ_IMAGES, CHECKED_IMAGES = 4000, 1000
# Least correlation of a variable with its reading.
READABLE = 0.7
# Cells a side that the reading sees.
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

    known = context.nuisances(TRAIN)
    if not known:
        return None

    def drawn(split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        values = _columns(context.nuisances(split) or {}, context.rows(split, count))
        return cells(context.draw(split, count)[IMAGE]), values

    regression = Ridge(alpha=RIDGE).fit(*drawn(TRAIN, READ_IMAGES))
    inputs, truth = drawn(VALIDATION, CHECKED_IMAGES)
    # One variable comes without a column of its own.
    found = regression.predict(inputs).reshape(truth.shape)
    one_group = np.zeros(len(truth), int)
    columns = [
        column
        for column in range(truth.shape[1])
        if correlation_within(truth[:, column], found[:, column], one_group)[0] >= READABLE
    ]
    names = tuple(np.array(list(known))[columns].tolist())
    return Reader(names, columns, regression) if names else None


def cells(images: np.ndarray) -> np.ndarray:
    """Means over cells of the images, at most about `CELLS` a side: [N, D].

    >>> cells(np.ones([2, 64, 32, 3])).shape
    (2, 1536)
    """
    step = max(1, min(images.shape[1:3]) // CELLS)
    high, wide = (side // step for side in images.shape[1:3])
    whole = images[:, : high * step, : wide * step]
    parts = whole.reshape(len(images), high, step, wide, step, -1)
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
    errors, likeness, perfect = [], [], []
    for index in np.unique(transfers.targets):
        chosen = transfers.targets == index
        truth = context.edited(TEST, rows[transfers.rows[chosen]], int(index))
        errors.append(mean_squared_error(transfers.made[chosen], truth))
        likeness.append(structural_similarity(truth, transfers.made[chosen]))
        if reader:
            perfect.append(reader.read(truth))
    # `targets` is in the order of the labels.
    per_transfer = {"edit_mse": np.concatenate(errors), "edit_ssim": np.concatenate(likeness)}
    found = summary({name: transfers.per_image(each) for name, each in per_transfer.items()})
    if reader is None:
        return found, {}
    (values, intervals), table = _kept(context, transfers, rows, reader, np.concatenate(perfect))
    return (found[0] | values, found[1] | intervals), {"Nuisance variables": table}


def _kept(
    context: Context, transfers: Transfers, rows: np.ndarray, reader: Reader, perfect: np.ndarray
) -> tuple[tuple[Values, Intervals], Rows]:
    """Correlations of the variables with their readings: off transfers, reconstructions, edits."""
    known = context.nuisances(TEST) or {}
    truth = _columns({name: known[name] for name in reader.names}, rows)
    one_group = np.zeros(len(truth), int)
    cases = {
        "": (truth[transfers.rows], reader.read(transfers.made), transfers.targets),
        "reconstruction_": (truth, reader.read(transfers.reconstructions), one_group),
        "edit_": (truth[transfers.rows], perfect, transfers.targets),
        "original_": (truth, reader.read(transfers.images), one_group),
    }
    values: Values = {}
    intervals: Intervals = {}
    table: Rows = [{"variable": name} for name in reader.names]
    for case, (before, after, groups) in cases.items():
        scores, terms = zip(
            *(
                correlation_within(before[:, column], after[:, column], groups)
                for column in range(len(reader.names))
            ),
            strict=True,
        )
        mean_terms = np.mean(terms, axis=0)
        if len(before) != len(truth):
            mean_terms = transfers.clustered(mean_terms)
        name = f"{case}nuisances_kept"
        values[name] = float(np.mean(scores))
        intervals[name] = linear_interval(values[name], mean_terms)
        for row, score in zip(table, scores, strict=True):
            row[name.replace("_", " ").replace("nuisances ", "")] = score
    return (values, intervals), table


def _columns(variables: Mapping[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """[N, K] float64 at some rows."""
    return np.stack([each[rows] for each in variables.values()], axis=1).astype(np.float64)
