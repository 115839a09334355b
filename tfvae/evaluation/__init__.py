"""Scores of exports: every metric calls the signatures of a SavedModel, whoever made it.

A metric is a function `metric(context, *, option=default, ...) -> Result` in a module of its own
that also states its requirements on an export in `NEEDS`. Its options are read off its signature,
and their help texts off its docstring. A new metric is one file in `metrics/` and one line in
`METRICS`.

>>> METRICS.defaults("reconstruction")
{'num_images': 1000, 'shown': 10}
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
        "fidelity": "tfvae.evaluation.metrics.fidelity.metric:fidelity",
        "interpolation": "tfvae.evaluation.metrics.interpolation:interpolation",
        "label_mixing": "tfvae.evaluation.metrics.label_mixing:label_mixing",
        "intervention": "tfvae.evaluation.metrics.intervention:intervention",
        "style": "tfvae.evaluation.metrics.style.metric:style",
        "traversal": "tfvae.evaluation.metrics.traversal:traversal",
        "latents": "tfvae.evaluation.metrics.latents:latents",
        "disentanglement": "tfvae.evaluation.metrics.disentanglement:disentanglement",
        "swap": "tfvae.evaluation.metrics.swap.metric:swap",
    },
    others=(ALL,),
)


def metric_needs(name: str) -> Needs:
    """The requirements of a metric on an export and its data.

    >>> metric_needs("cis").signatures, metric_needs("cis").labels
    (('transfer',), True)
    """
    return METRICS.module(name).NEEDS


def applicable_metrics(export) -> tuple[str, ...]:
    """The metrics that `all` stands for: those whose requirements an export alone meets.

    >>> from pathlib import Path
    >>> from tfvae.exports.reader import Export
    >>> from tfvae.schema import DataSpec
    >>> manifest = {"signatures": {"encode": {"inputs": []}, "decode": {"inputs": []}}}
    >>> applicable_metrics(Export(Path("vae/1"), manifest, DataSpec("digits", (28, 28, 1))))
    ('interpolation', 'traversal', 'latents')
    """
    needs = {name: metric_needs(name) for name in METRICS}
    return tuple(
        name
        for name, each in needs.items()
        if each.min_exports == 1 and not each.missing_from(export)
    )
