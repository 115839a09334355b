"""Images generated for mixtures of two labels: do small changes of the label change them little?"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field, PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import line, make_rng, mean_interval, ratio_interval, row_seeds
from tfvae.exports.needs import Needs
from tfvae.exports.reader import Export, run_names
from tfvae.schema import BINARY, CATEGORICAL, IMAGE, LABEL, OBSERVED, UserError

NEEDS = Needs(
    signatures=("sample",),
    labels=True,
    inputs=(("sample", "label"),),
    max_exports=32,
    same_data=True,
)
# Images at a smaller distance (pixels in [0, 1]) are equal up to rounding.
SAME = 1e-6
# Largest number of rows of the figure that compares the images of several exports.
MOST_ROWS = 24


@dataclasses.dataclass(frozen=True)
class LabelPaths:
    """Distances of the images generated for mixtures of two labels; N pairs of labels, T steps.

    Args:
        name: Of the export.
        from_start: [N, T + 1], distance of each image to the first.
        steps: [N, T], distance of neighbours.
        between_seeds: [N], distance of the first image to one of the same label and other noise.
        shown: [S, T + 1, H, W, C], images of the first S pairs.

    An image that changes evenly in two steps:

    >>> from_start, steps = np.array([[0.0, 1.0, 2.0]]), np.array([[1.0, 1.0]])
    >>> paths = LabelPaths("even", from_start, steps, np.array([3.0]), np.zeros([1, 3, 8, 8, 1]))
    >>> values, intervals = paths.scores()
    >>> values["distance"], values["first_step_share"], values["path_length"]
    (2.0, 0.5, 1.0)
    """

    name: str
    from_start: np.ndarray
    steps: np.ndarray
    between_seeds: np.ndarray
    shown: np.ndarray

    def scores(self) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
        """Values and 95 % intervals over pairs; the ratios are left out if no image changes."""
        whole, length = self.from_start[:, -1], self.steps.sum(axis=1)
        distances = {
            "first_step": self.steps[:, 0],
            "distance": whole,
            "seed_distance": self.between_seeds,
        }
        values = {name: float(each.mean()) for name, each in distances.items()}
        intervals = {name: mean_interval(each) for name, each in distances.items()}
        shares = {
            "first_step_share": (self.steps[:, 0], length),
            "largest_step_share": (self.steps.max(axis=1), length),
            "path_length": (length, whole),
        }
        for name, (part, total) in shares.items():
            # Ratios of means, not means of ratios: a pair that hardly differs has little weight.
            moved = total > SAME
            if moved.any():
                part, total = part[moved], total[moved]
                values[name] = float(part.sum() / total.sum())
                intervals[name] = ratio_interval(part, total)
        return values, intervals


def label_mixing(
    context: Context,
    *,
    num_pairs: Annotated[int, Field(ge=2)] = 500,
    steps: Annotated[int, Field(ge=2)] = 10,
    shown: PositiveInt = 6,
) -> Result:
    """Do small changes of the label cause small changes of the generated image?

    For pairs of labels y and y', images are generated for the mixtures (1 - t) y + t y', t from 0
    to 1 in `steps` equal steps, all with the same noise. The distance of two images is the root
    mean square of their difference over pixels in [0, 1]; the length of a path is the sum of the
    distances of neighbours. Values, averaged over pairs:

    * `first_step`, the distance between the images at the first two values of t; `distance`, that
      between t = 0 and t = 1; `seed_distance`, for comparison, that between two images of the same
      label with different noise.
    * `first_step_share` and `largest_step_share`, the distance of the first step and the largest
      one, over the length of the path: 1 / `steps` if the image changes evenly, 1 if it jumps once
      (as `first_step_share`: already at the smallest change of the label).
    * `path_length`, the length of the path over `distance`: 1 for a cross-fade, more if shapes
      move.

    If several exports are compared, these are the values of the first one; those of each are named
    after its run, as `RUN/path_length`.

    Args:
        num_pairs: Number of pairs of different labels; two random classes, or the attributes of
            two random test images.
        steps: Number of steps from one label to the other.
        shown: Number of pairs in the figure; fewer if several exports share it.

    A generator that draws the label itself makes a cross-fade in ten equal steps:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> sample = lambda signature, seed, label: {"image": label[:, :, None, None]}
    >>> export = SimpleNamespace(run="label", call=sample)
    >>> context = Context([Subject(export, load_dataset("digits"))])
    >>> values = label_mixing(context, num_pairs=3).values
    >>> round(values["largest_step_share"], 4), round(values["path_length"], 4)
    (0.1, 1.0)
    """
    first, second = label_pairs(context, num_pairs)
    weights = np.linspace(0, 1, steps + 1)
    labels = line(first, second, weights)
    names = run_names(context.exports)
    runs = [
        drawn_paths(name, export, labels, context.seed, shown)
        for name, export in zip(names, context.exports, strict=True)
    ]
    values, intervals = runs[0].scores()
    rows = []
    for run in runs:
        own, bounds = run.scores()
        rows.append({"run": run.name, **own})
        if len(runs) > 1:
            values |= {f"{run.name}/{name}": value for name, value in own.items()}
            intervals |= {f"{run.name}/{name}": pair for name, pair in bounds.items()}
    along = [
        {"t": f"{weight:.2f}"} | {run.name: float(run.from_start[:, index].mean()) for run in runs}
        for index, weight in enumerate(weights)
    ]
    return Result(
        values,
        intervals,
        labels.shape[0] * labels.shape[1],
        tables={"Runs": rows if len(runs) > 1 else [], "Distance to t = 0": along},
        figures={
            "curves": curves({run.name: [run] for run in runs}, weights, context.data_name),
            "images": _sheet(context, runs, first, second, weights),
        },
        notes=tuple(note for run in runs for note in _notes(run)),
    )


def label_pairs(context: Context, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of different labels, float32 [count, L] each.

    They are two random classes, or the attributes of two random test images (an unknown one is
    taken as 0); if those are equal, one random attribute is switched.

    Raises:
        UserError: there is a single class.

    >>> from types import SimpleNamespace
    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("digits", (28, 28, 1), tuple("0123456789"), CATEGORICAL)
    >>> first, second = label_pairs(SimpleNamespace(spec=spec, seed=0), 5)
    >>> first.shape, bool((first != second).any(axis=1).all())
    ((5, 10), True)
    """
    rng, labels = make_rng(context.seed, 3), context.spec.num_labels
    if context.spec.label_kind == CATEGORICAL:
        if labels < 2:
            raise UserError(f"{context.spec.name} has one class, nothing to mix it with")
        start = rng.integers(labels, size=count)
        end = (start + rng.integers(1, labels, size=count)) % labels
        one_hot = np.eye(labels, dtype=np.float32)
        return one_hot[start], one_hot[end]
    data = context.draw()
    known = (data[LABEL] * data[OBSERVED]).astype(np.float32)
    first = known[rng.integers(len(known), size=count)]
    second = known[rng.integers(len(known), size=count)]
    switched = rng.integers(labels, size=count)
    same = np.flatnonzero((first == second).all(axis=1))
    second[same, switched[same]] = 1 - second[same, switched[same]]
    return first, second


def drawn_paths(name: str, export: Export, labels: np.ndarray, seed: int, shown: int) -> LabelPaths:
    """The distances of the images that an export generates for paths of labels.

    Args:
        name: Of the export.
        export: With `sample`, which takes labels.
        labels: [N, T + 1, L]; the images of each path get the same noise.
        seed: Of the noise.
        shown: Number of paths whose images are kept.

    An export that ignores the label:

    >>> from types import SimpleNamespace
    >>> blind = lambda signature, seed, label: {"image": np.zeros([len(label), 8, 8, 1])}
    >>> paths = drawn_paths("blind", SimpleNamespace(call=blind), np.ones([2, 3, 1]), 0, shown=1)
    >>> paths.from_start.tolist(), paths.shown.shape
    ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], (1, 3, 8, 8, 1))
    """
    count = len(labels)
    own, other = np.split(row_seeds(seed, 2 * count), 2)
    start = export.call("sample", seed=own, label=labels[:, 0])[IMAGE]
    elsewhere = export.call("sample", seed=other, label=labels[:, 0])[IMAGE]
    last, kept = start, [start[:shown]]
    from_start, steps = [np.zeros(count)], []
    # One t at a time: all at once would not fit for large images.
    for index in range(1, labels.shape[1]):
        here = export.call("sample", seed=own, label=labels[:, index])[IMAGE]
        from_start.append(distance(start, here))
        steps.append(distance(last, here))
        kept.append(here[:shown])
        last = here
    return LabelPaths(
        name,
        np.stack(from_start, axis=1),
        np.stack(steps, axis=1),
        distance(start, elsewhere),
        np.stack(kept, axis=1),
    )


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Root mean square over pixels of the difference of images [N, H, W, C]: [N].

    >>> distance(np.zeros([1, 2, 2, 1]), np.full([1, 2, 2, 1], 0.5)).tolist()
    [0.5]
    """
    squares = np.square(first - second, dtype=np.float64)
    return np.sqrt(squares.reshape(len(squares), -1).mean(axis=1))


def curves(runs: Mapping[str, Sequence[LabelPaths]], weights: np.ndarray, data_name: str):
    """A figure of the share of each step in the path, and of the mean distance to t = 0.

    Args:
        runs: Name -> paths of one export, or of several trainings: then their mean is drawn and
            their range shaded.
        weights: The values of t, [T + 1].
        data_name: Of the data set.

    >>> paths = LabelPaths("even", np.array([[0.0, 2.0]]), np.array([[2.0]]), np.ones(1), None)
    >>> figure = curves({"even": [paths]}, np.array([0.0, 1.0]), "digits")
    >>> figure.axes[1].get_ylabel()
    'distance to t = 0 (RMS, pixels in [0, 1])'
    """
    figure = plots.new_figure(
        9.6, 4.4, f"{data_name}: images generated for labels (1 - t) y + t y', with equal noise"
    )
    shares, pixels = figure.subplots(1, 2)
    shares.axhline(1 / (len(weights) - 1), ls=":", color="grey", label="even")
    middles = (weights[1:] + weights[:-1]) / 2
    for index, (name, paths) in enumerate(runs.items()):
        style = {"color": f"C{index}", "label": name}
        plots.mean_and_range(
            pixels, weights, [each.from_start.mean(axis=0) for each in paths], **style
        )
        moving = [each.steps.mean(axis=0) for each in paths if each.steps.sum() > SAME]
        if moving:
            plots.mean_and_range(shares, middles, [each / each.sum() for each in moving], **style)
    shares.set_ylabel("distance of neighbours, as a share of the path")
    pixels.set_ylabel("distance to t = 0 (RMS, pixels in [0, 1])")
    for axes in (shares, pixels):
        axes.set_xlabel("t")
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return figure


def _sheet(context: Context, runs: list[LabelPaths], first, second, weights):
    """A figure of the images along t: a row for each pair, or for each pair and export."""
    pairs = len(runs[0].shown)
    if len(runs) > 1:
        pairs = max(1, min(pairs, MOST_ROWS // len(runs)))
    images, labels = [], []
    for index in range(pairs):
        for run in runs:
            images.append(run.shown[index])
            name = pair_name(context, index, first[index], second[index])
            labels.append(f"{name}, {plots.shortened(run.name, 24)}" if len(runs) > 1 else name)
    of_run = "" if len(runs) > 1 else f"{runs[0].name}: "
    return plots.image_grid(
        np.stack(images),
        f"{of_run}images generated for labels (1 - t) y + t y' of {context.data_name}, "
        "equal noise in each row",
        row_labels=labels,
        column_labels=[f"{weight:.2f}" for weight in weights],
        x_label="t",
    )


def pair_name(context: Context, index: int, first: np.ndarray, second: np.ndarray) -> str:
    """The name of a pair of labels [L] in a figure: its two classes; of attributes, its number.

    >>> from types import SimpleNamespace
    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("animals", (8, 8, 1), ("cat", "dog"), CATEGORICAL)
    >>> pair_name(SimpleNamespace(spec=spec), 0, np.array([0, 1]), np.array([1, 0]))
    'dog → cat'
    """
    if context.spec.label_kind == BINARY:
        return f"pair {index}"
    names = [context.spec.label_names[int(label.argmax())] for label in (first, second)]
    return " → ".join(plots.shortened(name, 12) for name in names)


def _notes(run: LabelPaths) -> list[str]:
    """A sentence for the reader if some images, or all, don't change with the label."""
    still = run.steps.sum(axis=1) <= SAME
    if still.all():
        return [f"{run.name}: no image changes with the label, so there are no shares of a way."]
    if still.any():
        return [f"{run.name}: of {len(still)} pairs {still.sum()} have the same image throughout."]
    return []
