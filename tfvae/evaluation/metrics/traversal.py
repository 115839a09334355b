"""The information in each dimension of the code, and what the dimension changes in an image."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from tfvae import plots
from tfvae.evaluation.code_scores import (
    ACTIVE_VARIANCE,
    active,
    by_use,
    channel_information,
    information_terms,
    kl_from_normal,
)
from tfvae.evaluation.context import Context, Result, Rows
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.statistics import linear_interval, mean_interval
from tfvae.exports.needs import Needs
from tfvae.exports.reader import Export, run_names
from tfvae.schema import IMAGE, UserError

NEEDS = Needs(signatures=("encode", "decode"), max_exports=16, same_data=True)


@dataclasses.dataclass(frozen=True)
class Traversal:
    """The codes of an export for test images, and one code with each dimension changed.

    Args:
        name: Of the run.
        mean, stddev: Of q(z|x) for N images, [N, D].
        images: Decoded codes whose dimension d is set to value t, [D, T, H, W, C].

    >>> mean, stddev = np.array([[0.0, -2.0], [0.0, 2.0]]), np.ones([2, 2])
    >>> run = Traversal("vae", mean, stddev, images=np.zeros([2, 9, 28, 28, 1]))
    >>> run.order.tolist(), run.values["active_units"]
    ([1, 0], 1.0)
    """

    name: str
    mean: np.ndarray
    stddev: np.ndarray
    images: np.ndarray

    @property
    def kl(self) -> np.ndarray:
        """KL divergence of each dimension from N(0, 1), mean over images, [D], nats."""
        return kl_from_normal(self.mean, self.stddev).mean(axis=0)

    @property
    def order(self) -> np.ndarray:
        """The dimensions from the largest KL divergence to the smallest, inactive last, [D]."""
        return by_use(self.mean, self.stddev)

    @property
    def active(self) -> np.ndarray:
        """Whether the posterior mean of a dimension varies over images, [D]."""
        return active(self.mean)

    @property
    def values(self) -> dict[str, float]:
        """The values of the metric."""
        return {
            "active_units": float(self.active.sum()),
            "information": float(channel_information(self.mean, self.stddev).sum()),
            "latent_dim": float(self.mean.shape[1]),
        }

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 % intervals over images.

        Those of `active_units` count the dimensions whose variance is surely above the threshold,
        and those for which it may be.
        """
        terms = information_terms(self.mean, self.stddev).sum(axis=1)
        squares = np.square(self.mean - self.mean.mean(axis=0))
        bounds = [mean_interval(each) for each in squares.T]
        low, high = (np.array(bounds) > ACTIVE_VARIANCE).sum(axis=0)
        return {
            "active_units": (float(low), float(high)),
            "information": linear_interval(self.values["information"], terms),
        }

    def rows(self) -> Rows:
        """A row per dimension, by KL divergence."""
        columns = {
            "KL": self.kl,
            "information": channel_information(self.mean, self.stddev),
            "std of means": self.mean.std(axis=0),
            "mean stddev": self.stddev.mean(axis=0),
            "active": np.where(self.active, "yes", "no"),
            "pixel change": np.abs(self.images[:, -1] - self.images[:, 0]).mean(axis=(1, 2, 3)),
        }
        return [
            {"dimension": int(d)} | {name: column[d].item() for name, column in columns.items()}
            for d in self.order
        ]

    def panel(self, max_dimensions: int, title: str) -> plots.Panel:
        """The images of the first dimensions by KL divergence."""
        shown = self.order[:max_dimensions]
        labels = [f"z{dimension}  {self.kl[dimension]:.2f} nats" for dimension in shown]
        return plots.Panel(self.images[shown], labels, title)


def traversal(
    context: Context,
    *,
    num_images: PositiveInt | None = 1000,
    around: Literal["image", "prior"] = "image",
    steps: Annotated[int, Field(ge=3)] = 9,
    reach: PositiveFloat = 3.0,
    image_index: NonNegativeInt = 0,
    max_dimensions: PositiveInt = 20,
) -> Result:
    """Which dimensions of the code carry information, and what does each change in an image?

    Test images are encoded to the mean and standard deviation of their posterior. Then each
    dimension of one code is set to `steps` values in turn while the other dimensions stay, and the
    codes are decoded: figure and animation show the dimensions from the largest to the smallest KL
    divergence of their posterior from N(0, 1). Values:

    * `active_units`, the number of dimensions whose posterior mean has a variance above 0.01 over
      test images (Burda et al. 2016). The others are the same for every image.
    * `information`, the sum over dimensions of 1/2 ln(1 + Var[mean] / E[stddev^2]), nats: the
      capacity of a Gaussian channel whose signal is the posterior mean and whose noise is the
      posterior's; 0 if the code says nothing about the image.
    * `latent_dim`, the number of dimensions.

    If several exports are compared, at the same image, these are the values of the first one; those
    of each are named after its run, as `RUN/active_units`.

    Args:
        num_images: Number of test images that are encoded; none for all.
        around: The code that is changed; image: that of a test image; prior: 0 in every dimension,
            the mean of N(0, 1).
        steps: Number of values that each dimension takes.
        reach: The values lie up to this many standard deviations to either side of the mean; around
            an image those of the dimension (over images and posterior), in equal steps; around the
            prior those of N(0, 1), in steps of equal probability.
        image_index: Index of the traversed image among the encoded ones.
        max_dimensions: Largest number of dimensions in the figure and in the animation.

    A code of two dimensions, of which only the first depends on the image:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> def call(signature, image=None, latent=None, label=None):
    ...     if signature == "decode":
    ...         return {"image": np.zeros([len(latent), 28, 28, 1])}
    ...     first = np.arange(len(image)) % 2 * [[2.0], [0.0]]  # 0 or 2, and always 0
    ...     return {"mean": first.T, "stddev": np.ones_like(first.T)}
    >>> export = SimpleNamespace(run="parity", call=call)
    >>> values = traversal(Context([Subject(export, load_dataset("digits"))]), num_images=10).values
    >>> values["active_units"], round(float(values["information"] / np.log(2)), 6)
    (1.0, 0.5)
    """
    data = context.draw(count=num_images)
    if image_index >= len(data[IMAGE]):
        raise UserError(f"image_index must be below {len(data[IMAGE])}, the number of test images")
    row = image_index
    at_prior = around == "prior"
    offsets = normal_quantiles(reach, steps) if at_prior else np.linspace(-reach, reach, steps)
    runs = [
        _traversed(name, export, data, row, offsets, at_prior)
        for name, export in zip(run_names(context.exports), context.exports, strict=True)
    ]
    values, intervals = runs[0].values, runs[0].intervals
    tables = {"Dimensions": runs[0].rows()}
    if len(runs) > 1:
        for run in runs:
            values |= {f"{run.name}/{name}": value for name, value in run.values.items()}
            intervals |= {f"{run.name}/{name}": pair for name, pair in run.intervals.items()}
        tables = {"Runs": [{"run": run.name} | run.values for run in runs]}
        tables |= {f"Dimensions of {run.name}": run.rows() for run in runs}
    image = None if at_prior else data[IMAGE][row]
    panels = [run.panel(max_dimensions, run.name if len(runs) > 1 else "") for run in runs]
    start = "" if len(runs) > 1 else f"{context.export.run}: "
    figure, frames = _pictures(panels, start, context.data_name, offsets, image)
    return Result(
        values,
        intervals,
        len(data[IMAGE]),
        tables=tables,
        figures={"dimensions": figure},
        animations={"dimensions": frames},
    )


def normal_quantiles(reach: float, steps: int) -> np.ndarray:
    """Values of N(0, 1) from -`reach` to `reach`, with equal probability between neighbours.

    >>> normal_quantiles(reach=2.0, steps=5).round(2).tolist()
    [-2.0, -0.64, 0.0, 0.64, 2.0]
    """
    from scipy.special import ndtr, ndtri

    # Far out the probability is rounded to 0 and 1, whose quantiles are infinite.
    return np.clip(ndtri(np.linspace(ndtr(-reach), ndtr(reach), steps)), -reach, reach)


def _traversed(
    name: str,
    export: Export,
    data: Mapping[str, np.ndarray],
    row: int,
    offsets: np.ndarray,
    at_prior: bool,
) -> Traversal:
    """The images [N, H, W, C] encoded; the code of image `row`, or 0, traversed and decoded."""
    label = label_inputs(export, data, "encode", "decode")
    encoded = export.call("encode", image=data[IMAGE], label=label)
    mean, stddev = (encoded[each].astype(np.float64) for each in ("mean", "stddev"))
    count, steps = mean.shape[1], len(offsets)
    if at_prior:
        code, centre, scale = np.zeros(count), np.zeros(count), np.ones(count)
    else:
        code, centre = mean[row], mean.mean(axis=0)
        scale = np.sqrt(mean.var(axis=0) + np.square(stddev).mean(axis=0))
    # Of code [d, t] dimension d is set to value t.
    codes = np.tile(code, (count, steps, 1))
    every = np.arange(count)
    codes[every, :, every] = centre[:, None] + offsets * scale[:, None]
    images = export.call(
        "decode",
        latent=codes.reshape(count * steps, count).astype(np.float32),
        label=None if label is None else np.repeat(label[row : row + 1], count * steps, axis=0),
    )[IMAGE]
    return Traversal(name, mean, stddev, images.reshape(count, steps, *images.shape[1:]))


def _pictures(
    panels: list[plots.Panel],
    start: str,
    data_name: str,
    offsets: np.ndarray,
    image: np.ndarray | None,
) -> tuple[Any, np.ndarray]:
    """Figure and frames; around an image [H, W, C] each row of the figure begins with it."""
    steps = [f"{offset:+z.2f}" for offset in offsets]
    if image is None:
        code, columns, of_step = "a code of zeros", steps, "value {}"
        x_label = "value of the dimension, in steps of equal probability under N(0, 1)"
    else:
        code, columns = f"the code of a test image of {data_name}", ["image", *steps]
        x_label = "standard deviations from the dimension's mean"
        of_step = "{} standard deviations from its mean"
    title = f"{start}one dimension of {code} changed in each"
    frames = plots.animated_cells(panels, f"{title} cell", [of_step.format(step) for step in steps])
    if image is not None:
        panels = [_beside(image, panel) for panel in panels]
    y_label = "dimension and its KL divergence from N(0, 1)"
    return plots.image_panels(panels, f"{title} row", columns, x_label, y_label), frames


def _beside(image: np.ndarray, panel: plots.Panel) -> plots.Panel:
    """The panel with the image [H, W, C] at the beginning of each row."""
    first = np.broadcast_to(image, (len(panel.images), 1, *image.shape))
    return dataclasses.replace(panel, images=np.concatenate([first, panel.images], axis=1))
