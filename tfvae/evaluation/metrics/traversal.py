"""The information in each dimension of the code, and what the dimension changes in an image."""

from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from tfvae import plots
from tfvae.evaluation.code_scores import channel_information, information_terms
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import linear_interval, mean_interval
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL

NEEDS = Needs(signatures=("encode", "decode"))
ACTIVE_VARIANCE = 0.01


def traversal(
    context: Context,
    *,
    num_images: PositiveInt | None = 1000,
    steps: Annotated[int, Field(ge=3)] = 9,
    reach: PositiveFloat = 3.0,
    image_index: NonNegativeInt = 0,
    max_dimensions: PositiveInt = 20,
) -> Result:
    """Which dimensions of the code carry information, and what does each change in an image?

    Test images are encoded to the mean and standard deviation of their posterior. Then each
    dimension of one image's code is set to `steps` values in turn while the other dimensions stay,
    and the codes are decoded: the figure shows the dimensions with the most information first.
    Values:

    * `active_units`, the number of dimensions whose posterior mean has a variance above 0.01 over
      test images (Burda et al. 2016). The others are the same for every image.
    * `information`, the sum over dimensions of 1/2 ln(1 + Var[mean] / E[stddev^2]), nats: the
      capacity of a Gaussian channel whose signal is the posterior mean and whose noise is the
      posterior's; 0 if the code says nothing about the image.
    * `latent_dim`, the number of dimensions.

    Args:
        num_images: Number of test images that are encoded; none for all.
        steps: Number of values that each dimension takes.
        reach: The values lie up to this many standard deviations of the dimension (over images and
            posterior) to either side of its mean.
        image_index: Index of the traversed image among the encoded ones.
        max_dimensions: Largest number of dimensions in the figure.

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
    label = data.get(LABEL)
    encoded = context.export.call("encode", image=data[IMAGE], label=label)
    mean, stddev = (encoded[name].astype(np.float64) for name in ("mean", "stddev"))
    information = channel_information(mean, stddev)
    order = np.argsort(-information, kind="stable")
    centre, scale = mean.mean(axis=0), np.sqrt(mean.var(axis=0) + (stddev**2).mean(axis=0))
    offsets = np.linspace(-reach, reach, steps)
    row = min(image_index, len(mean) - 1)
    # Of code [d, step] dimension order[d] is set to a value; the others stay the image's own.
    codes = np.tile(mean[row], (len(order), steps, 1))
    moved = centre[order, None] + offsets * scale[order, None]
    codes[np.arange(len(order))[:, None], np.arange(steps), order[:, None]] = moved
    count = len(order) * steps
    images = context.export.call(
        "decode",
        latent=codes.reshape(count, -1).astype(np.float32),
        label=None if label is None else np.repeat(label[row : row + 1], count, axis=0),
    )[IMAGE].reshape(len(order), steps, *context.spec.image_shape)
    effect = np.abs(images[:, -1] - images[:, 0]).mean(axis=(1, 2, 3))
    active = mean.var(axis=0) > ACTIVE_VARIANCE
    rows = [
        {
            "dimension": int(dimension),
            "information": float(information[dimension]),
            "std of means": float(mean[:, dimension].std()),
            "mean stddev": float(stddev[:, dimension].mean()),
            "active": "yes" if active[dimension] else "no",
            "pixel change": float(effect[place]),
        }
        for place, dimension in enumerate(order)
    ]
    shown = min(max_dimensions, len(order))
    figure = plots.image_grid(
        images[:shown],
        f"{context.export.run}: one dimension of a code of {context.data_name} changed per row, "
        f"{shown} of {len(order)} dimensions",
        row_labels=[f"z{d}  {information[d]:.2f} nats" for d in order[:shown]],
        column_labels=[f"{offset:+.1f}" for offset in offsets],
        x_label="standard deviations from the dimension's mean",
        y_label="dimension and its information",
    )
    values = {"active_units": float(active.sum()), "information": float(information.sum())}
    values["latent_dim"] = float(len(order))
    return Result(
        values,
        _intervals(mean, stddev),
        len(mean),
        tables={"Dimensions": rows},
        figures={"dimensions": figure},
    )


def _intervals(mean: np.ndarray, stddev: np.ndarray) -> dict[str, tuple[float, float]]:
    """95 % intervals over images of both values.

    Those of `active_units` count the dimensions whose variance is surely above the threshold, and
    those for which it may be.
    """
    information, terms = channel_information(mean, stddev), information_terms(mean, stddev)
    bounds = [mean_interval(squares) for squares in np.square(mean - mean.mean(axis=0)).T]
    low, high = (np.array(bounds) > ACTIVE_VARIANCE).sum(axis=0)
    return {
        "active_units": (float(low), float(high)),
        "information": linear_interval(float(information.sum()), terms.sum(axis=1)),
    }
