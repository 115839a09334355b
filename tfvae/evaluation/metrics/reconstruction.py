"""How close reconstructions come to the images."""

import numpy as np
from pydantic import PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.image_scores import binary_cross_entropy, structural_similarity
from tfvae.evaluation.statistics import summary
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL

NEEDS = Needs(signatures=("reconstruct",))


def reconstruction(
    context: Context,
    *,
    num_images: PositiveInt | None = 1000,
    shown: PositiveInt = 10,
) -> Result:
    """Scores the images that the posterior mean decodes to against the originals.

    Values: `mse` (mean over pixels), `ssim` (structural similarity, 1 is equal) and, for a
    Bernoulli likelihood, `distortion`: -log p(x | z) at the posterior mean, nats per image.

    Args:
        num_images: Test images, none for all.
        shown: Images in the figure.
    """
    data = context.draw(count=num_images)
    images = data[IMAGE]
    rebuilt = context.export.call("reconstruct", image=images, label=data.get(LABEL))[IMAGE]
    errors = np.square(rebuilt - images).mean(axis=(1, 2, 3), dtype=np.float64)
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
            f"No distortion: it can be read off an image only for a bernoulli likelihood, and "
            f"that of this export is {likelihood or 'not stated'}.",
        )
    values, intervals = summary(per_image, context.seed)
    first = slice(0, shown)
    difference = np.abs(rebuilt[first] - images[first])
    figure = plots.image_grid(
        np.stack([images[first], rebuilt[first], difference]),
        f"{context.export.run}: test images of {context.data_name} and their reconstructions",
        row_labels=("image", "reconstruction", "|difference|"),
        column_labels=[f"{error:.4f}" for error in errors[first]],
        x_label="above each column: its mean squared error",
    )
    return Result(values, intervals, len(images), figures={"reconstructions": figure}, notes=notes)
