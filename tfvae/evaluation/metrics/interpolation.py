"""Straight lines between the codes of two images, decoded."""

from typing import Annotated

import numpy as np
from pydantic import Field, PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.image_scores import smoothness
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.statistics import line, summary
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, UserError

NEEDS = Needs(signatures=("encode", "decode"))


def interpolation(
    context: Context,
    *,
    num_pairs: PositiveInt = 64,
    steps: Annotated[int, Field(ge=3)] = 9,
    shown: PositiveInt = 6,
) -> Result:
    """Does the image change smoothly along a straight line between the codes of two test images?

    Both images are encoded (posterior mean), `steps` codes are taken at equal distances on the line
    between the two codes, and each is decoded. Distances are Euclidean, between decoded images.
    Values, averaged over pairs:

    * `largest_step`, the largest distance of neighbours on the line over their mean distance:
      1 if the image changes evenly, `steps` - 1 if it jumps once and is constant otherwise.
    * `path_length`, the sum of the distances of neighbours over the distance of the two ends:
      1 for a plain cross-fade of the ends; above 1 if the path passes through other images.

    Args:
        num_pairs: Number of pairs of different test images.
        steps: Number of images on a line, both ends included.
        shown: Number of lines in the figure.

    With the pixels themselves as the code, a line is a cross-fade:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> def call(signature, image=None, latent=None, label=None):
    ...     if signature == "encode":
    ...         return {"mean": image.reshape(-1, 784)}
    ...     return {"image": latent.reshape(-1, 28, 28, 1)}
    >>> export = SimpleNamespace(run="pixels", call=call)
    >>> context = Context([Subject(export, load_dataset("digits"))])
    >>> values = interpolation(context, num_pairs=3).values
    >>> {name: round(value, 4) for name, value in values.items()}
    {'largest_step': 1.0, 'path_length': 1.0}
    """
    data = context.draw(count=2 * num_pairs)
    pairs = len(data[IMAGE]) // 2
    if not pairs:
        raise UserError("there is one test image, and a pair is needed")
    data = {name: values[: 2 * pairs] for name, values in data.items()}
    label = label_inputs(context.export, data, "encode", "decode")
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
    values, intervals = summary(smoothness(decoded))
    ends = data[IMAGE].reshape(2, pairs, 1, *context.spec.image_shape)
    figure = plots.image_grid(
        np.concatenate([ends[0], decoded, ends[1]], axis=1)[:shown],
        f"{context.export.run}: decoded codes between those of two test images of "
        f"{context.data_name}",
        column_labels=["image", *(f"{weight:.2f}" for weight in weights), "image"],
        x_label="position between the two codes",
    )
    return Result(values, intervals, 2 * pairs, figures={"lines": figure})
