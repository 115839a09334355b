"""One metric, run on exports and written down."""

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.evaluation import METRICS, metric_needs, report
from tfvae.evaluation.context import Context, Result
from tfvae.exports.reader import Export, is_unchanged

# File systems end at 255 bytes, and names of figures and of the data set follow.
LONGEST_NAME = 120
CHANGED = "Beware: the data set has changed since training, so test images may be trained-on ones."


def evaluate(
    metric_name: str,
    exports: Sequence[Export],
    dataset,
    *,
    seed: int = 0,
    output_dir: str | Path = "results",
    settings: Mapping[str, Any] | None = None,
    cache_dir: str | Path | None = None,
    classifiers: Mapping[str, Callable[[np.ndarray], np.ndarray]] | None = None,
) -> Result:
    """Scores exports by a metric and writes JSON, Markdown and figures.

    Args:
        metric_name: A name of `METRICS`.
        exports: Opened exports; one, but for metrics that compare.
        dataset: The data layer's `Dataset` that they are scored on.
        seed: Of every random draw.
        output_dir: Files go to `<output_dir>/<metric>/`.
        settings: Options of the metric; strings are read as on the command line.
        cache_dir: Where classifiers are kept; None means `<output_dir>/classifiers`.
        classifiers: Architecture -> function, used instead of trained ones.
    Returns:
        The result with `document` and `files` filled in.
    Raises:
        UsageError: unknown metric or option, a bad value, or too many exports.
        UserError: the export or the data lack what the metric needs, or don't fit each other.
    """
    checked = METRICS.check_options(metric_name, settings or {})
    needs = metric_needs(metric_name)
    needs.check_together(metric_name, exports)
    for export in exports:
        needs.check(f"metric {metric_name}", export, dataset)
    context = Context(
        exports=tuple(exports),
        dataset=dataset,
        seed=seed,
        cache_dir=Path(cache_dir or Path(output_dir) / "classifiers"),
        classifiers=dict(classifiers or {}),
    )
    result = METRICS.load(metric_name)(context, **checked)
    unchanged = all(is_unchanged(export, dataset) for export in exports)
    result = dataclasses.replace(
        result,
        settings={**METRICS.defaults(metric_name), **checked, **result.settings},
        notes=result.notes if unchanged else (*result.notes, CHANGED),
    )
    paths = [export.path.as_posix() for export in exports]
    document = report.document(
        metric_name, paths[0] if len(paths) == 1 else paths, dataset.spec.name, seed, result
    )
    result = dataclasses.replace(result, document=document)
    own = exports[0].spec.name if unchanged else ""
    name = report.file_name(_joined_runs(exports), own, dataset.spec.name)
    return dataclasses.replace(result, files=report.write(result, Path(output_dir), name))


def _joined_runs(exports: Sequence[Export]) -> str:
    """Names of the runs for a file; of many, the first and a digest of all."""
    name = "+".join(export.run for export in exports)
    if len(name) <= LONGEST_NAME or len(exports) == 1:
        return name
    digest = hashlib.sha256("\n".join(map(str, (e.path for e in exports))).encode()).hexdigest()
    return f"{exports[0].run}+{len(exports) - 1}-others-{digest[:8]}"
