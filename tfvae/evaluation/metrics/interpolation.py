"""Straight lines between the codes of two images, decoded."""

from typing import Annotated

import numpy as np
from pydantic import Field, PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.image_scores import smoothness
from tfvae.evaluation.statistics import line, summary
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL

NEEDS = Needs(signatures=("encode", "decode"))


def interpolation(
    context: Context,
    *,
    num_pairs: PositiveInt = 64,
    steps: Annotated[int, Field(ge=3)] = 9,
    shown: PositiveInt = 6,
) -> Result:
    """Decodes straight lines between the posterior means of pairs of test images.

    Values: `largest_step`, the largest over the mean pixel distance of neighbours on a line (1: it
    changes evenly; `steps` - 1: it jumps once), and `path_length`, the length of the path in pixel
    space over the distance of its ends (1: a plain cross-fade).

    Args:
        num_pairs: Pairs of different test images.
        steps: Images on a line, both ends included.
        shown: Lines in the figure.
    """
    data = context.draw(count=2 * num_pairs)
    pairs = len(data[IMAGE]) // 2
    data = {name: values[: 2 * pairs] for name, values in data.items()}
    label = data.get(LABEL)
    codes = context.export.call("encode", image=data[IMAGE], label=label)["mean"]
    weights = np.linspace(0, 1, steps)
    lines = line(codes[:pairs], codes[pairs:], weights)
    labels = None if label is None else line(label[:pairs], label[pairs:], weights)
    decoded = context.export.call(
        "decode",
        latent=lines.reshape(pairs * steps, -1),
        label=None if labels is None else labels.reshape(pairs * steps, -1),
    )[IMAGE]
    decoded = decoded.reshape(pairs, steps, *context.spec.image_shape)
    values, intervals = summary(smoothness(decoded), context.seed)
    ends = data[IMAGE].reshape(2, pairs, 1, *context.spec.image_shape)
    figure = plots.image_grid(
        np.concatenate([ends[0], decoded, ends[1]], axis=1)[:shown],
        f"{context.export.run}: from one test image of {context.data_name} to another",
        column_labels=["image", *(f"{weight:.2f}" for weight in weights), "image"],
        x_label="share of the way between the two codes",
    )
    return Result(values, intervals, 2 * pairs, figures={"lines": figure})
