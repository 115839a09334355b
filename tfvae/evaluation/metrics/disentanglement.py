"""Does each dimension of the code follow one known factor of variation?"""

from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeFloat

from tfvae import plots
from tfvae.evaluation import disentanglement as scores
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.disentanglement.information import mig_per_factor
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.statistics import proportion_interval
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE

NEEDS = Needs(signatures=("encode",), factors=True)


def disentanglement(
    context: Context,
    *,
    num_images: Annotated[int, Field(ge=50)] = 10_000,
    bins: Annotated[int, Field(ge=2)] = 20,
    batch_size: Annotated[int, Field(ge=2)] = 64,
    num_batches: Annotated[int, Field(ge=50)] = 10_000,
    smallest_scale: NonNegativeFloat = 0.0,
) -> Result:
    """Does each dimension of the code follow one known factor of variation?

    Test images are encoded to the means of their posteriors, which are compared with the factors of
    the images. Values, all from 0 to 1:

    * `beta_vae` and `factor_vae`, the metrics of Higgins et al. (2017) and Kim & Mnih (2018): how
      often a simple classifier tells which factor the images of a batch share. By chance it is
      right for 1 of the factors. In `factor_vae` every dimension votes, as in the code that is
      generally used; in `factor_vae_active` those alone that are in use, as in the paper.
    * `mig`, the mutual information gap (Chen et al. 2018), and `modularity` (Ridgeway & Mozer
      2018).
    * `dci`, the disentanglement of Eastwood & Williams (2018), with `completeness` and
      `informativeness`.
    * `sap`, separated attribute predictability (Kumar et al. 2018).

    Args:
        num_images: Number of test images. Two thirds of them are used to fit what `dci` and `sap`
            fit, a half to fit what `beta_vae` and `factor_vae` do, and the others to score it.
        bins: Number of bins that `mig` and `modularity` divide each dimension into.
        batch_size: Images, or pairs of them, with a common factor per batch.
        num_batches: Batches that `beta_vae` and `factor_vae` fit to; half as many are scored.
        smallest_scale: Dimensions whose means have a smaller standard deviation don't vote in
            `factor_vae`.

    Codes that are the factors:

    >>> from types import SimpleNamespace
    >>> from tfvae.data.dataset import Dataset
    >>> from tfvae.data.examples import Examples
    >>> from tfvae.evaluation.context import Subject
    >>> from tfvae.schema import SPLITS, DataSpec
    >>> factors = np.random.default_rng(0).integers(0, 4, size=[400, 2])
    >>> images = np.tile(factors[:, None, None], [1, 4, 4, 1]).astype(np.uint8)
    >>> part, sizes = Examples(images, factors=factors), {"red": 4, "green": 4}
    >>> counts = dict.fromkeys(SPLITS, len(part))
    >>> spec = DataSpec("colours", (4, 4, 2), num_examples=counts, factor_sizes=sizes)
    >>> data = Dataset(spec, dict.fromkeys(SPLITS, part), options={})
    >>> def call(signature, image, label):
    ...     return {"mean": image[:, 0, 0]}
    >>> context = Context([Subject(SimpleNamespace(run="oracle", call=call), data)])
    >>> values = disentanglement(context, num_images=400, num_batches=1000).values
    >>> values["factor_vae"], round(values["mig"], 1), round(values["dci"], 1)
    (1.0, 1.0, 1.0)
    """
    data = context.draw(count=num_images)
    factors = context.factors()[context.rows(count=num_images)]
    label = label_inputs(context.export, data, "encode")
    encoded = context.export.call("encode", image=data[IMAGE], label=label)
    codes = encoded["mean"].astype(np.float64)
    sizes = context.spec.factor_sizes or {}

    values = scores.all_scores(
        codes,
        factors,
        bins=bins,
        batch_size=batch_size,
        num_batches=num_batches,
        smallest_scale=smallest_scale,
        seed=context.seed,
    )
    num_eval = -(-num_batches // 2)
    told, batches = scores.factor_vae_told(
        codes,
        factors,
        batch_size=batch_size,
        num_train=num_batches,
        num_eval=num_eval,
        smallest_scale=smallest_scale,
        seed=context.seed,
    )
    gaps = mig_per_factor(codes, factors, bins=bins)
    information = scores.mutual_information(codes, factors, bins=bins)
    rows = [
        {
            "factor": name,
            "values": size,
            "gap": float(gap),
            "dimension with most information": int(column.argmax()),
            "its information": float(column.max()),
            # None of few batches may share a factor.
            "factor_vae": float(right / count) if count else None,
        }
        for (name, size), gap, column, right, count in zip(
            sizes.items(), gaps, information.T, told, batches, strict=True
        )
    ]
    counted = np.arange(num_eval)
    return Result(
        values,
        {
            name: proportion_interval(counted < round(values[name] * len(counted)))
            for name in ("beta_vae", "factor_vae", "factor_vae_active")
        },
        len(codes),
        tables={"Factors": rows},
        figures={
            "information": plots.matrix(
                information,
                [f"z{dimension}" for dimension in range(len(information))],
                list(sizes),
                f"{context.export.run}: what the code tells about factors of {context.data_name}",
                "mutual information, nats",
            )
        },
        notes=(f"By chance `beta_vae` and `factor_vae` are {1 / len(sizes):.3f}.",),
    )
