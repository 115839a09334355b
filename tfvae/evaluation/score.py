"""One metric: computed for exports, and its result written to files."""

import dataclasses
import hashlib
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from tfvae.evaluation import METRICS, metric_needs, report
from tfvae.evaluation.context import Context, DomainClassifier, Subject
from tfvae.evaluation.report import Report
from tfvae.exports.reader import Export, is_unchanged

# File names have at most 255 bytes, and the names of the data set and of the figure are appended.
LONGEST_NAME = 120
CHANGED = "Beware: the data set has changed since training, so test images may be trained-on ones."


def score(
    metric: str,
    subjects: Sequence[Subject],
    *,
    seed: int = 0,
    output_dir: str | Path = "results",
    settings: Mapping[str, Any] | None = None,
    cache_dir: str | Path | None = None,
    classifiers: Mapping[str, DomainClassifier] | None = None,
    kept: MutableMapping[tuple, Any] | None = None,
) -> Report:
    """Scores exports by one metric and writes JSON, Markdown and figures.

    Args:
        metric: A name of `METRICS`.
        subjects: Exports with their data; one, or several for a metric that compares.
        seed: Of every random draw.
        output_dir: Files are written to `<output_dir>/<metric>/`.
        settings: Options of the metric; strings are read as on the command line.
        cache_dir: Folder in which classifiers are kept; None means `<output_dir>/classifiers`.
        classifiers: Architecture -> classifier, used in place of trained ones.
        kept: What one call computes once for the next ones; see `Context`.
    Raises:
        UsageError: unknown metric or option, a bad value, or too many exports.
        UserError: an export or the data lack what the metric needs, or don't fit each other.

    An export that copies its images:

    >>> import tempfile
    >>> from tfvae.data import load_dataset
    >>> data = load_dataset("digits")
    >>> signatures = {"reconstruct": {"inputs": ["image"], "outputs": ["image"]}}
    >>> export = Export(Path("copy/1"), {"signatures": signatures}, data.spec)
    >>> export.call = lambda signature, image, label: {"image": image}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     settings = {"num_images": "20"}
    ...     report = score("reconstruction", [Subject(export, data)], settings=settings,
    ...                    output_dir=folder)
    >>> report.document["values"], report.document["settings"]
    ({'mse': 0.0, 'ssim': 1.0}, {'num_images': 20, 'shown': 10})
    """
    checked = METRICS.check_options(metric, settings or {})
    needs = metric_needs(metric)
    exports = [subject.export for subject in subjects]
    needs.check_together(metric, exports)
    for subject in subjects:
        needs.check(f"metric {metric}", subject.export, subject.dataset)
    context = Context(
        subjects=tuple(subjects),
        seed=seed,
        cache_dir=Path(cache_dir or Path(output_dir) / "classifiers"),
        classifiers=dict(classifiers or {}),
        kept={} if kept is None else kept,
    )
    result = METRICS.load(metric)(context, **checked)
    unchanged = all(is_unchanged(subject.export, subject.dataset) for subject in subjects)
    result = dataclasses.replace(
        result,
        settings={**METRICS.defaults(metric), **checked, **result.settings},
        notes=result.notes if unchanged else (*result.notes, CHANGED),
    )
    paths = [export.path.as_posix() for export in exports]
    saved_model = paths[0] if len(paths) == 1 else paths
    data, own = (
        list(dict.fromkeys(each.spec.name for each in of))
        for of in ([subject.dataset for subject in subjects], exports)
    )
    document = report.document(
        metric, saved_model, data[0] if len(data) == 1 else data, seed, result
    )
    trained_on = "+".join(own) if unchanged else ""
    name = report.file_name(_joined_runs(exports), trained_on, "+".join(data))
    return report.write(result, document, Path(output_dir), name)


def _joined_runs(exports: Sequence[Export]) -> str:
    """The names of the runs in the name of a file; of many runs, the first and a digest of all."""
    name = "+".join(export.run for export in exports)
    if len(name) <= LONGEST_NAME or len(exports) == 1:
        return name
    digest = hashlib.sha256("\n".join(str(export.path) for export in exports).encode()).hexdigest()
    return f"{exports[0].run}+{len(exports) - 1}-others-{digest[:8]}"
