"""Exports scored by metrics, as by the command `evaluate.py`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae.evaluation.plan import Plan
from tfvae.evaluation.report import Report


def evaluate(
    metrics: str | Sequence[str],
    saved_models: str | Path | Sequence[str | Path] = (),
    *,
    dataset: str | Sequence[str] | None = None,
    labels: str | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    output_dir: str | Path = "results",
    data_dir: str | None = None,
    manual_dir: str | None = None,
    saved_models_dir: str | Path = "saved_models",
) -> list[Report]:
    """Scores exports by metrics, as `evaluate.py` does, and writes JSON, Markdown and figures.

    Args:
        metrics: A name of `METRICS`, several, or "all".
        saved_models: Exports, each the folder of a version or of a run; by default the newest one.
        dataset: Data set to score them on, or one for each export; by default each is scored on the
            data that it was trained on.
        labels: Keep only these binary labels of another `dataset`.
        settings: Options of the metrics; strings are read as on the command line.
        seed: Of every random draw.
        output_dir: Files are written to `<output_dir>/<metric>/`.
        data_dir, manual_dir: As for `load_dataset`.
        saved_models_dir: Folder in which the newest export is looked for.
    Returns:
        A report for each score, in the order in which they were made.
    Raises:
        UsageError: unknown metric or option, a bad value, or too many exports.
        UserError: an export or the data lack what a metric needs, or don't fit each other.

    An untrained model, exported and scored:

    >>> import tempfile, tfvae
    >>> from tfvae.exports.writer import export_model
    >>> model = tfvae.build_model("vae", tfvae.load_dataset("digits").spec)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = export_model(model, f"{folder}/vae_digits", {"dataset": "digits"})
    ...     settings = {"num_images": 20}
    ...     reports = evaluate("reconstruction", path, settings=settings, output_dir=folder)
    ...     written = [file.name for file in reports[0].files]
    >>> written
    ['vae_digits.json', 'vae_digits.md', 'vae_digits-reconstructions.png']
    >>> sorted(reports[0].result.values), reports[0].document["num_images"]
    (['distortion', 'mse', 'ssim'], 20)
    """
    plan = Plan.make(
        metrics,
        saved_models,
        dataset=dataset,
        labels=labels,
        settings=settings,
        saved_models_dir=saved_models_dir,
    )
    return list(
        plan.run(seed=seed, output_dir=output_dir, data_dir=data_dir, manual_dir=manual_dir)
    )
