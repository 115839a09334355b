"""Scores of exports: everything here sees SavedModels only, whoever made them.

A metric is a function `metric(context, *, option=default, ...) -> Result` in a module of its own
that also states what it asks of an export in `NEEDS`. Its options are its signature, their help
its docstring. A new metric is one file in `metrics/` and one line in `METRICS`.
"""

from tfvae.exports.needs import Needs
from tfvae.registry import Table

ALL = "all"
METRICS = Table(
    "metric",
    {
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
    },
    others=(ALL,),
)


def metric_needs(name: str) -> Needs:
    """What a metric asks of an export and its data."""
    return METRICS.module(name).NEEDS


def applicable_metrics(export) -> tuple[str, ...]:
    """What `all` means for an export: the metrics whose signatures and labels it has."""
    return tuple(name for name in METRICS if not metric_needs(name).missing_from(export))
