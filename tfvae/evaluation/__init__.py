"""Scores of exports: everything here sees SavedModels only, whoever made them.

A metric is a function `metric(context, *, option=default, ...) -> Result` in a module of its own
that also states what it asks of an export in `NEEDS`. Its options are its signature, their help
its docstring. A new metric is one file and one line in `METRICS`.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from tfvae import options
from tfvae.exports.needs import Needs
from tfvae.schema import UsageError

METRICS = {
    "reconstruction": "tfvae.evaluation.metrics.reconstruction:reconstruction",
    "likelihood": "tfvae.evaluation.metrics.likelihood:likelihood",
    "classification": "tfvae.evaluation.metrics.classification:classification",
    "cis": "tfvae.evaluation.metrics.cis.metric:cis",
    "crosstalk": "tfvae.evaluation.metrics.crosstalk:crosstalk",
    "generation": "tfvae.evaluation.metrics.generation:generation",
    "interpolation": "tfvae.evaluation.metrics.interpolation:interpolation",
    "label_mixing": "tfvae.evaluation.metrics.label_mixing:label_mixing",
    "intervention": "tfvae.evaluation.metrics.intervention:intervention",
    "traversal": "tfvae.evaluation.metrics.traversal:traversal",
}
ALL = "all"


def check_metric_name(name: str) -> None:
    """Raises UsageError for a name that is not in `METRICS`, showing the choices."""
    if name not in METRICS:
        closest = options.closest_name(name, METRICS)
        guess = f"; did you mean {closest!r}?" if closest else ""
        raise UsageError(f"unknown metric {name!r}{guess} (valid: {', '.join(METRICS)}, {ALL})")


def metric_function(name: str) -> Callable:
    """The function behind a name of `METRICS`; imports no TensorFlow."""
    check_metric_name(name)
    module, function = METRICS[name].split(":")
    return getattr(importlib.import_module(module), function)


def metric_needs(name: str) -> Needs:
    """What a metric asks of an export and its data."""
    return importlib.import_module(metric_function(name).__module__).NEEDS


def metric_options(name: str) -> tuple[options.Option, ...]:
    """The options that `--set` may name for a metric, with defaults and help."""
    return options.options_of(metric_function(name))


def check_options(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in the types that the metric declares.

    Raises:
        UsageError: an unknown metric, an unknown key or a bad value.
    """
    return options.check_options(metric_function(name), settings, what=f"metric {name}")


def applicable_metrics(export) -> tuple[str, ...]:
    """What `all` means for an export: the metrics whose signatures and labels it has."""
    return tuple(name for name in METRICS if not metric_needs(name).missing_from(export))
