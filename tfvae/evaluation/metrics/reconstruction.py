"""The error of reconstructions of test images."""

import numpy as np
from pydantic import PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.image_scores import (
    binary_cross_entropy,
    mean_squared_error,
    structural_similarity,
)
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.statistics import summary
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE

NEEDS = Needs(signatures=("reconstruct",))


def reconstruction(
    context: Context,
    *,
    num_images: PositiveInt | None = 1000,
    shown: PositiveInt = 10,
) -> Result:
    """How close are reconstructions to the original images?

    Test images are encoded, and the posterior mean is decoded. Values, averaged over images:

    * `mse`, the squared error per pixel, pixels in [0, 1]; 0 is perfect.
    * `ssim`, the structural similarity of Wang et al. (2004), which compares local means, contrasts
      and patterns; 1 is perfect, 0 unrelated.
    * `distortion` = -log p(x | z) with the posterior mean as z, nats per image, if the likelihood
      is Bernoulli; the lower, the better. For grey pixels its minimum is above 0.

    Args:
        num_images: Number of test images; none for all.
        shown: Number of images in the figure.

    A model that copies its images is perfect:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> copy = lambda signature, image, label: {"image": image}
    >>> export = SimpleNamespace(run="copy", manifest={}, call=copy)
    >>> reconstruction(Context([Subject(export, load_dataset("digits"))]), num_images=5).values
    {'mse': 0.0, 'ssim': 1.0}
    """
    data = context.draw(count=num_images)
    images, label = data[IMAGE], label_inputs(context.export, data, "reconstruct")
    rebuilt = context.export.call("reconstruct", image=images, label=label)[IMAGE]
    errors = mean_squared_error(rebuilt, images)
    per_image = {
        "mse": errors,
        "ssim": structural_similarity(images, rebuilt),
    }
    notes: tuple[str, ...] = ()
    likelihood = context.export.manifest.get("likelihood")
    if likelihood == "bernoulli":
        per_image = {"distortion": binary_cross_entropy(images, rebuilt), **per_image}
    else:
        notes = (
            "There is no distortion: it can be computed from an image only for a bernoulli "
            f"likelihood, and that of this export is {likelihood or 'not stated'}.",
        )
    values, intervals = summary(per_image)
    first = slice(0, shown)
    difference = np.abs(rebuilt[first] - images[first])
    figure = plots.image_grid(
        np.stack([images[first], rebuilt[first], difference]),
        f"{context.export.run}: test images of {context.data_name} and their reconstructions",
        row_labels=("image", "reconstruction", "|difference|"),
        column_labels=[f"{error:.4f}" for error in errors[first]],
        x_label="numbers: mean squared error per pixel",
    )
    return Result(values, intervals, len(images), figures={"reconstructions": figure}, notes=notes)
