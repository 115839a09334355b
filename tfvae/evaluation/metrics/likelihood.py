"""Bounds on the log-likelihood of test images."""

import numpy as np
from pydantic import PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import row_seeds, summary
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL, OBSERVED, UserError

NEEDS = Needs(signatures=("log_likelihood",))


def likelihood(context: Context, *, num_images: PositiveInt | None = 1000) -> Result:
    """Scores the log-likelihood of test images by the export's own bounds.

    Values, nats per image, higher is better: `iwae`, the importance-weighted bound of Burda et al.
    (2016), eq. 8, and `elbo`, the evidence lower bound, where the export has it. And
    `bits_per_dimension` = -iwae / (H W C ln 2), lower is better.

    Args:
        num_images: Test images, none for all.
    """
    # Here: the options of a metric are read without TensorFlow.
    from tfvae.probability.importance import bits_per_dimension

    export = context.export
    data = context.draw(count=num_images)
    told = "label" in export.inputs("log_likelihood")
    if told:
        known = data[OBSERVED].all(axis=1)
        if not known.any():
            raise UserError(
                f"{export.path}: its bound is told the label, and no test image of "
                f"{context.spec.name} has all of its labels known"
            )
        data = {name: values[known] for name, values in data.items()}
    images = data[IMAGE]
    inputs = {
        "image": images,
        "label": data.get(LABEL),
        "seed": row_seeds(context.seed, len(images)),
    }
    iwae = export.call("log_likelihood", batch_size=64, **inputs)["log_likelihood"].astype(
        np.float64
    )
    per_image = {"iwae": iwae, "bits_per_dimension": bits_per_dimension(iwae, images[0].size)}
    samples = export.manifest.get("log_likelihood_samples")
    notes = [f"iwae: importance-weighted bound with {samples} samples per image, nats."]
    if told:
        notes.append(
            f"Both bound log p(x|y), given the label, over the {len(images)} images whose labels "
            "are all known: no figure to compare with a model of log p(x)."
        )
    if "elbo" in export.signatures:
        elbo = export.call("elbo", batch_size=64, **inputs)["elbo"].astype(np.float64)
        per_image = {"elbo": elbo, "gap": iwae - elbo, **per_image}
    else:
        notes.append("No elbo: the export has no such signature.")
    values, intervals = summary(per_image, context.seed)
    figure = plots.new_figure(
        6.4, 4.0, f"{export.run}: log-likelihood bound of {context.data_name}"
    )
    axes = figure.subplots()
    for name in ("elbo", "iwae"):
        if name in per_image:
            axes.hist(per_image[name], bins=40, alpha=0.6, label=f"{name}, mean {values[name]:.2f}")
    axes.set_xlabel("nats per image")
    axes.set_ylabel("test images")
    axes.legend(loc="upper left")
    return Result(
        values,
        intervals,
        len(images),
        settings={"log_likelihood_samples": samples},
        figures={"histogram": figure},
        notes=tuple(notes),
    )
