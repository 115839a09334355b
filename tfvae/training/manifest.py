"""What the export of a run says of its training."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfvae.exports.manifest import read_manifest
from tfvae.schema import UserError
from tfvae.training.checkpoints import Progress
from tfvae.training.config import RunConfig
from tfvae.training.origin import origin


def run_manifest(config: RunConfig, dataset, progress: Progress) -> dict[str, Any]:
    """The manifest of a finished run, without the scores.

    >>> from types import SimpleNamespace
    >>> digits = SimpleNamespace(options={"seed": 0}, fingerprint=None)
    >>> progress = Progress(epochs=9, best_epoch=7)
    >>> manifest = run_manifest(RunConfig(model="vae", early_stopping=2), digits, progress)
    >>> manifest["training"]["exported_epoch"]
    7
    """
    exported_epoch = progress.epochs
    if config.early_stopping and progress.best_epoch:
        exported_epoch = progress.best_epoch
    return {
        "model": config.model,
        "dataset": config.dataset,
        "dataset_options": dataset.options,
        "dataset_fingerprint": dataset.fingerprint,
        "origin": origin(config),
        "seed": config.seed,
        "training": {
            "epochs": progress.epochs,
            "exported_epoch": exported_epoch,
            "seconds": round(progress.seconds, 1),
            "batch_size": config.batch_size,
            "learning_rate": config.learning_rate,
            "lr_schedule": config.lr_schedule,
            "missing_labels": config.missing_labels,
            "labelled_share": config.labelled_share,
            "train_images": config.train_images,
            "frozen": config.freeze,
            "precision": config.precision,
        },
    }


def export_matches(export: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether an export has this manifest; not so after fewer epochs or in an older run.

    >>> export_matches(Path("saved_models/nothing/1"), {"model": "vae"})
    False
    """
    try:
        found = read_manifest(export)
    except UserError:
        return False
    # Earlier versions called them figures.
    for name in ("scores", "figures"):
        found.get("training", {}).pop(name, None)
    return all(found.get(key) == value for key, value in manifest.items())
