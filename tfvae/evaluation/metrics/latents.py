"""Statistics of the code: which dimensions are in use, how sparsely, and what they follow."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveInt

from tfvae import plots
from tfvae.evaluation.code_scores import (
    active,
    by_use,
    correlation,
    correlation_interval,
    kl_from_normal,
    linear_prediction,
)
from tfvae.evaluation.context import Context, Result, Rows
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.statistics import make_rng, mean_interval
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL, OBSERVED, VALIDATION

NEEDS = Needs(signatures=("encode",))
# Images with a label, and without it, that a correlation is measured on.
FEWEST = 5


def latents(
    context: Context,
    *,
    num_images: Annotated[int, Field(ge=10)] | None = 5000,
    smallest_rate: NonNegativeFloat = 0.1,
    max_dimensions: PositiveInt = 20,
) -> Result:
    """Which dimensions of the code are in use, how sparsely, and which label does each follow?

    Test images are encoded to the means and standard deviations of their posteriors. Values:

    * `active_units`, the number of dimensions whose posterior mean has a variance above 0.01 over
      test images (Burda et al. 2016).
    * `units_per_image`, how many active dimensions an image uses, mean over images: those whose
      posterior diverges from N(0, 1) by more than `smallest_rate`; for codes with exact zeros, the
      expected number that are none.
    * `exact_zeros`, the share of numbers in a drawn code that are exactly 0; 0 for codes without.
    * `hoyer`, Hoyer's sparsity of the active dimensions of an image's mean code, each in units of
      its standard deviation over images (Mathieu et al. 2019, section 5): 1 if an image uses one of
      them, 0 if it uses all alike. Left out if no dimension is active.
    * `hidden_hoyer` and `hidden_zeros`, if the export has the signature `hidden_sparsity`: Hoyer's
      sparsity and the share of exact zeros of the encoder's hidden activations for an image, mean
      over layers.

    Args:
        num_images: Number of test images; none for all. As many validation images choose the
            dimension that follows a label.
        smallest_rate: Divergence in nats from which on an image uses a dimension.
        max_dimensions: Largest number of dimensions in the figures, those with the largest
            divergence.

    A code that copies one pixel, and is otherwise noise:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> def call(signature, image, label):
    ...     mean = np.stack([3 * image[:, 14, 14, 0], np.zeros(len(image))], axis=1)
    ...     return {"mean": mean, "stddev": np.tile([0.1, 1.0], [len(image), 1])}
    >>> export = SimpleNamespace(run="pixel", call=call, signatures={"encode": {}})
    >>> context = Context([Subject(export, load_dataset("digits"))])
    >>> values = latents(context, num_images=100).values
    >>> values["active_units"], values["units_per_image"], values["hoyer"]
    (1.0, 1.0, 1.0)
    """
    from tfvae.probability.sparsity import hoyer

    data = context.draw(count=num_images)
    mean, stddev = _codes(context, data)
    rates = kl_from_normal(mean, stddev)
    order = by_use(mean, stddev)
    shown = order[:max_dimensions]
    use = _use(context, data, rates, smallest_rate)
    zeros = _exact_zeros(context, use)

    used = active(mean)
    # A dimension that is the same for every image is of no use to any, however it is drawn.
    per_image = {"units_per_image": (use * used).sum(axis=1), "exact_zeros": zeros}
    if used.any():
        per_image["hoyer"] = hoyer(mean[:, used] / mean[:, used].std(axis=0)).numpy()
    tables = {"Dimensions": _dimensions(order, mean, stddev, rates, use * used)}
    if "hidden_sparsity" in context.export.signatures:
        hidden = context.export.call("hidden_sparsity", image=data[IMAGE])
        per_image["hidden_hoyer"] = hidden["hoyer"].mean(axis=1)
        per_image["hidden_zeros"] = hidden["zeros"].mean(axis=1)
        tables["Hidden layers"] = [
            {"layer": layer + 1, "hoyer": float(sparsity), "zeros": float(share)}
            for layer, (sparsity, share) in enumerate(
                zip(hidden["hoyer"].mean(axis=0), hidden["zeros"].mean(axis=0), strict=True)
            )
        ]

    title = f"{context.export.run}: codes of {context.data_name}"
    names = [f"z{dimension}" for dimension in shown]
    figures = {"moments": plots.posterior_moments(mean[:, shown], stddev[:, shown], names, title)}
    if LABEL in data:
        tables["Labels"], strengths = _labels(context, num_images, mean, data)
        figures["labels"] = plots.label_correlations(
            strengths[shown], names, context.spec.label_names, title
        )
    sizes = context.spec.factor_sizes
    if sizes:
        factors = context.factors()[context.rows(count=num_images)]
        figures["factors"] = plots.codes_by_factor(
            mean[:, shown], factors, names, list(sizes), title
        )
    normal = make_rng(context.seed).normal(size=[1000, max(1, used.sum())])
    return Result(
        {
            "active_units": float(used.sum()),
            **{name: float(values.mean()) for name, values in per_image.items()},
            "latent_dim": float(len(order)),
        },
        {name: mean_interval(values) for name, values in per_image.items()},
        len(mean),
        tables=tables,
        figures=figures,
        notes=(
            f"Codes from N(0, I) of {used.sum()} dimensions have `hoyer` "
            f"{float(hoyer(normal).numpy().mean()):.2f}.",
        ),
    )


def _codes(context: Context, data: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    label = label_inputs(context.export, data, "encode")
    encoded = context.export.call("encode", image=data[IMAGE], label=label)
    return encoded["mean"].astype(np.float64), encoded["stddev"].astype(np.float64)


def _use(
    context: Context, data: dict[str, np.ndarray], rates: np.ndarray, smallest: float
) -> np.ndarray:
    """How likely each image uses each dimension, [N, D]."""
    if "in_use" in context.export.signatures:
        called = context.export.call("in_use", image=data[IMAGE])
        return called["probability"].astype(np.float64)
    return (rates > smallest).astype(np.float64)


def _exact_zeros(context: Context, use: np.ndarray) -> np.ndarray:
    """Expected share of exact zeros in a code of each image, [N]."""
    if "in_use" in context.export.signatures:
        return 1.0 - use.mean(axis=1)
    return np.zeros(len(use))


def _dimensions(
    order: np.ndarray, mean: np.ndarray, stddev: np.ndarray, rates: np.ndarray, use: np.ndarray
) -> Rows:
    return [
        {
            "dimension": int(dimension),
            "KL from N(0, 1)": float(rates[:, dimension].mean()),
            "mean of means": float(mean[:, dimension].mean()),
            "std of means": float(mean[:, dimension].std()),
            "mean stddev": float(stddev[:, dimension].mean()),
            "images that use it": float(use[:, dimension].mean()),
        }
        for dimension in order
    ]


def _labels(
    context: Context, count: int | None, mean: np.ndarray, data: dict[str, np.ndarray]
) -> tuple[Rows, np.ndarray]:
    """The dimension that follows each label, and the correlations of all, [D, L].

    The dimension is chosen on validation images: the largest of many correlations of the same
    images would be too large.
    """
    choosing = context.draw(VALIDATION, count)
    chosen_by, _ = _codes(context, choosing)
    before = correlation(chosen_by, choosing[LABEL], choosing[OBSERVED] > 0)
    after = correlation(mean, data[LABEL], data[OBSERVED] > 0)
    # What a linear function of the whole code makes of the label.
    predicted = linear_prediction(chosen_by, choosing[LABEL], choosing[OBSERVED] > 0, mean)
    together = np.diag(correlation(predicted, data[LABEL], data[OBSERVED] > 0))
    rows = []
    for label, name in enumerate(context.spec.label_names):
        if min(_fewest(data, label), _fewest(choosing, label)) < FEWEST:
            continue
        ranked = np.argsort(-np.abs(before[:, label]), kind="stable")
        first = ranked[0]
        known = data[OBSERVED][:, label] > 0
        low, high = correlation_interval(mean[known, first], data[LABEL][known, label])
        row = {
            "label": name,
            "dimension": int(first),
            "correlation": float(after[first, label]),
            "from": low,
            "to": high,
            "on validation": float(before[first, label]),
            "all dimensions": float(together[label]),
        }
        if len(ranked) > 1:
            row["next dimension"] = int(ranked[1])
            row["its correlation"] = float(after[ranked[1], label])
        rows.append(row)
    return sorted(rows, key=lambda row: -abs(row["correlation"])), after


def _fewest(data: Mapping[str, np.ndarray], label: int) -> int:
    """How many images are known to have a label, or not to have it, whichever are fewer."""
    known, on = data[OBSERVED][:, label] > 0, data[LABEL][:, label] > 0
    return int(min((known & on).sum(), (known & ~on).sum()))
