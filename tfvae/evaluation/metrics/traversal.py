"""One latent dimension moved at a time, and how many are in use."""

from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from tfvae import plots
from tfvae.evaluation.code_scores import channel_information
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import make_rng, percentiles
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL

NEEDS = Needs(signatures=("encode", "decode"))
ACTIVE_VARIANCE = 0.01
RESAMPLES = 500


def traversal(
    context: Context,
    *,
    num_images: PositiveInt | None = 1000,
    steps: Annotated[int, Field(ge=3)] = 9,
    reach: PositiveFloat = 3.0,
    image_index: NonNegativeInt = 0,
    max_dimensions: PositiveInt = 20,
) -> Result:
    """Moves each dimension of one image's code through its range, most informative first.

    Values: `active_units`, the number of dimensions whose posterior mean varies over test images by
    more than 0.01 (Burda et al. 2016), and `information`, the sum over dimensions of
    1/2 ln(1 + Var[mean] / E[stddev^2]), nats: what a Gaussian channel of that signal and noise
    carries.

    Args:
        num_images: Test images that are encoded, none for all.
        steps: Values per dimension.
        reach: Standard deviations of a dimension's aggregate posterior to either side of its mean.
        image_index: Which of the drawn test images is traversed.
        max_dimensions: Dimensions in the figure.
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
    # Dimension order[d] of code [d, step] is moved, the others stay the image's own.
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
        f"{context.export.run}: dimensions of one code of {context.data_name}, "
        f"{shown} of {len(order)}",
        row_labels=[f"z{d}  {information[d]:.2f} nats" for d in order[:shown]],
        column_labels=[f"{offset:+.1f}" for offset in offsets],
        x_label="standard deviations from the dimension's mean",
        y_label="dimension and its information",
    )
    values = {"active_units": float(active.sum()), "information": float(information.sum())}
    values["latent_dim"] = float(len(order))
    return Result(
        values,
        _intervals(mean, stddev, context.seed),
        len(mean),
        tables={"Dimensions": rows},
        figures={"dimensions": figure},
    )


def _intervals(mean: np.ndarray, stddev: np.ndarray, seed: int):
    """Bootstrap over images of both values; a resample is a row of image counts."""
    total = len(mean)
    counts = make_rng(seed, 3).multinomial(total, np.full(total, 1 / total), size=RESAMPLES) / total
    variance = np.maximum(counts @ mean**2 - (counts @ mean) ** 2, 0)
    noise = np.maximum(counts @ stddev**2, 1e-12)
    resampled = {
        "active_units": (variance > ACTIVE_VARIANCE).sum(axis=1),
        "information": 0.5 * np.log1p(variance / noise).sum(axis=1),
    }
    return {name: percentiles(scores) for name, scores in resampled.items()}
