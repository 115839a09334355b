"""Bounds on the log-likelihood of test images."""

import numpy as np
from pydantic import PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import row_seeds, summary
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL, OBSERVED, UserError

NEEDS = Needs(signatures=("log_likelihood",))
# Of a density, a grey level is a cell of 1/256.
GREY_LEVELS = 256


def likelihood(context: Context, *, num_images: PositiveInt | None = 1000) -> Result:
    """How probable are test images under the model?

    The log-likelihood log p(x) can't be computed exactly; the export computes lower bounds of it.
    Values, averaged over images:

    * `iwae`, the importance-weighted bound of Burda et al. (2016), eq. 8, nats; the higher, the
      better. The more samples it takes (see the settings), the closer it is to log p(x).
    * `elbo`, the evidence lower bound E[log p(x, z) - log q(z | x)], nats, if the export has it.
    * `gap` = iwae - elbo, at least 0 up to the noise of sampling; large where the approximate
      posterior q(z | x) fits badly.
    * `bits_per_dimension` = log2 256 - iwae / (H W C ln 2) where the likelihood of a pixel is a
      density: the bits that tell which of 256 grey levels it has, 8 for a uniform density; the
      lower, the better. Of Bernoulli pixels it is -iwae / (H W C ln 2) where all of them are 0 or
      1, and left out where they are grey.

    Only models with the same likelihood on the same images can be compared by `iwae` and `elbo`: a
    probability of pixels (Bernoulli) isn't a density (Gaussian).

    Args:
        num_images: Number of test images; none for all.

    A model to which each of the 784 pixels is uniformly distributed:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> def call(signature, image, **inputs):
    ...     return {"log_likelihood": np.zeros(len(image))}
    >>> inputs = lambda signature: ("image", "seed")
    >>> export = SimpleNamespace(run="uniform", signatures={}, inputs=inputs, call=call)
    >>> export.manifest = {"likelihood": "continuous_bernoulli"}
    >>> values = likelihood(Context([Subject(export, load_dataset("digits"))]), num_images=5).values
    >>> values["bits_per_dimension"]
    8.0
    """
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
    samples = export.manifest.get("log_likelihood_samples")
    notes = [f"iwae is the importance-weighted bound with {samples} samples per image, in nats."]
    bits, reason = _bits(export.manifest.get("likelihood"), iwae, images)
    if bits is None:
        notes.append(f"There is no bits_per_dimension: {reason}.")
    else:
        per_image["bits_per_dimension"] = bits
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


def _bits(pixels: str | None, iwae: np.ndarray, images: np.ndarray):
    """(Bits per dimension [N], ""), or (None, why there are none) for a pixel likelihood."""
    # Imported here, so that the options of the metric can be listed without TensorFlow.
    from tfvae.probability.importance import bits_per_dimension
    from tfvae.probability.likelihoods import DENSITIES

    if pixels in DENSITIES:
        return bits_per_dimension(iwae, images[0].size, GREY_LEVELS), ""
    if pixels != "bernoulli":
        return None, f"the pixel likelihood of this export is {pixels or 'not stated'}"
    if not np.isin(images, (0, 1)).all():
        return None, "the bernoulli likelihood of a grey pixel is no probability of its grey level"
    return bits_per_dimension(iwae, images[0].size), ""
