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
    """How probable are test images under the model?

    The log-likelihood log p(x) can't be computed exactly; the export computes lower bounds of it.
    Values, averaged over images:

    * `iwae`, the importance-weighted bound of Burda et al. (2016), eq. 8, nats; the higher, the
      better. The more samples it takes (see the settings), the closer it is to log p(x).
    * `elbo`, the evidence lower bound E[log p(x, z) - log q(z | x)], nats, if the export has it.
    * `gap` = iwae - elbo, at least 0 up to the noise of sampling; large where the approximate
      posterior q(z | x) fits badly.
    * `bits_per_dimension` = log2 256 - iwae / (H W C ln 2), the bits for each number of an 8-bit
      image; the lower, the better. Only where the pixels have a density (all likelihoods but
      `bernoulli`).

    Only models with the same likelihood on the same images can be compared: a probability of pixels
    (Bernoulli) isn't a density (Gaussian).

    Args:
        num_images: Number of test images; none for all.

    A model to which all grey levels of a pixel are equally probable needs eight bits for each:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> def call(signature, image, **inputs):
    ...     return {"log_likelihood": np.zeros(len(image))}
    >>> inputs = lambda signature: ("image", "seed")
    >>> export = SimpleNamespace(run="uniform", manifest={"likelihood": "continuous_bernoulli"},
    ...                          signatures={}, inputs=inputs, call=call)
    >>> values = likelihood(Context([Subject(export, load_dataset("digits"))]), num_images=5).values
    >>> round(values["bits_per_dimension"], 6)
    8.0
    """
    # Imported here, so that the options of the metric can be listed without TensorFlow.
    from tfvae.probability.importance import bits_per_dimension
    from tfvae.probability.likelihoods import DENSITIES

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
    per_image = {"iwae": iwae}
    if export.manifest.get("likelihood") in DENSITIES:
        per_image["bits_per_dimension"] = bits_per_dimension(iwae, images[0].size)
    samples = export.manifest.get("log_likelihood_samples")
    notes = [f"iwae is the importance-weighted bound with {samples} samples per image, in nats."]
    if told:
        notes.append(
            "Both bounds are of log p(x|y), given the label y, and averaged over the "
            f"{len(images)} images whose labels are all known: don't compare them with bounds of "
            "log p(x)."
        )
    if "elbo" in export.signatures:
        elbo = export.call("elbo", batch_size=64, **inputs)["elbo"].astype(np.float64)
        per_image = {"elbo": elbo, "gap": iwae - elbo, **per_image}
    else:
        notes.append("There is no elbo: the export has no such signature.")
    values, intervals = summary(per_image)
    figure = plots.new_figure(
        6.4, 4.0, f"{export.run}: bounds on the log-likelihood of {context.data_name}"
    )
    axes = figure.subplots()
    for name in ("elbo", "iwae"):
        if name in per_image:
            axes.hist(per_image[name], bins=40, alpha=0.6, label=f"{name}, mean {values[name]:.2f}")
    axes.set_xlabel("nats per image")
    axes.set_ylabel("number of test images")
    axes.legend(loc="upper left")
    return Result(
        values,
        intervals,
        len(images),
        settings={"log_likelihood_samples": samples},
        figures={"histogram": figure},
        notes=tuple(notes),
    )
