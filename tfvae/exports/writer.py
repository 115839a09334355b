"""Writes a model as a SavedModel that is served and evaluated without the class of the model."""

import contextlib
import datetime
import importlib.metadata
import json
import logging
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from tfvae import files
from tfvae.exports.contract import DEFAULT_SIGNATURE, FORMAT, KERAS_MODEL, MANIFEST, SIGNATURES
from tfvae.exports.endpoints import bytes_endpoint, checking
from tfvae.exports.warmup import write_warmup
from tfvae.schema import DataSpec, UserError, what_is_wrong

log = logging.getLogger(__name__)

PACKAGES = ("tfvae", "tensorflow", "keras", "tensorflow-probability")


class Exportable(Protocol):
    """The methods of a model that the writer needs.

    >>> import tfvae
    >>> model: Exportable = tfvae.build_model("vae", DataSpec("dots", (8, 8, 1)))
    >>> sorted(model.serving_signatures())[:3]
    ['decode', 'elbo', 'encode']
    """

    spec: DataSpec

    def serving_signatures(self) -> Mapping[str, tuple[Callable, list[tf.TensorSpec]]]:
        """Name of a signature -> its function and inputs."""

    def manifest_fields(self) -> dict[str, Any]:
        """Fields of the manifest that describe the model: "hyperparameters", "likelihood", ..."""

    def keras_model(self) -> keras.Model | Path | None:
        """The Keras model to be saved beside the graph, or a file to copy; None for neither."""


def export_model(model: Exportable, run_folder: str | Path, manifest: Mapping[str, Any]) -> Path:
    """Writes the next version of `run_folder` and returns its path.

    A reader or server sees the complete version or none of it (`files.publish`).

    Args:
        model: A model of this package, or another object with the methods of `Exportable`.
        run_folder: `saved_models/<run>`; it is created if it doesn't exist.
        manifest: Fields about the run (names of model and data set, seed, scores); the DataSpec,
            hyper-parameters, signatures and versions are added to them.
    Raises:
        UserError: a weight isn't finite.
        OSError: the disk is full or the folder can't be written.

    >>> import tempfile, tfvae
    >>> model = tfvae.build_model("vae", DataSpec("dots", (8, 8, 1)))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     version = export_model(model, f"{folder}/vae_dots", {"dataset": "dots"})
    ...     written = sorted(path.name for path in version.iterdir() if path.is_file())
    >>> version.name, written
    ('1', ['fingerprint.pb', 'manifest.json', 'model.keras', 'saved_model.pb'])
    """
    bad = bad_weight(model)
    if bad:
        raise UserError(f"weight {bad} isn't finite: nothing is exported")
    run_folder = Path(run_folder)
    try:
        with files.hidden_folder(run_folder) as folder:
            document = {
                **_described(model),
                **manifest,
                "signatures": _write_signatures(model, folder),
                "keras_model": _write_keras_model(model, folder),
            }
            (folder / MANIFEST).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
            return files.publish(folder, run_folder / str(next_version(run_folder)))
    except BaseException:
        with contextlib.suppress(OSError):
            # Removes the folder only if it is empty, so that the name is free again.
            run_folder.rmdir()
        raise


def bad_weight(model: Any) -> str:
    """Path of the first weight of a model that has NaN or infinite entries; empty if none has.

    On CPUs the fused convolution and ReLU makes 0 of NaN, so that losses and images stay finite.

    >>> network = keras.Sequential([keras.Input([2]), keras.layers.Dense(1, name="a")], name="b")
    >>> bad_weight(network)
    ''
    >>> _ = network.layers[0].kernel.assign([[float("nan")], [0.0]])
    >>> bad_weight(network)
    'b/a/kernel'
    """
    weights = getattr(model, "weights", ())
    values = model.get_weights() if weights else ()
    return next(
        (
            weight.path
            for weight, value in zip(weights, values, strict=True)
            if not np.isfinite(value).all()
        ),
        "",
    )


def next_version(run_folder: Path) -> int:
    """1 + the largest integer among the names in the folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Path(folder, "9").mkdir()
    ...     next_version(Path(folder))
    10
    """
    versions = [int(path.name) for path in run_folder.iterdir() if files.is_number(path.name)]
    return 1 + max(versions, default=0)


def _write_signatures(model: Exportable, folder: Path) -> dict[str, dict[str, list[str]]]:
    """Writes the SavedModel and its requests, and returns the manifest's `signatures`."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    served: dict[str, Sequence[tf.TensorSpec]] = {}

    def add(name: str, function: Callable, inputs: Sequence[tf.TensorSpec]) -> Callable:
        served[name] = inputs
        return archive.add_endpoint(name, function, input_signature=list(inputs))

    signatures = model.serving_signatures()
    # Keras also serves the first one as `serving_default`.
    for signature in sorted(signatures, key=lambda each: each != DEFAULT_SIGNATURE):
        function, inputs = signatures[signature]
        made = add(signature, checking(signature, function, inputs), inputs)
        of_bytes = bytes_endpoint(signature, made, inputs, model.spec)
        if of_bytes is not None:
            add(f"{signature}_bytes", *of_bytes)
    archive.write_out(str(folder), verbose=False)
    write_warmup(folder, folder.parent.name, served, model.spec)
    return {
        signature: {
            "inputs": [spec.name for spec in inputs],
            "outputs": list(SIGNATURES[signature][1]),
        }
        for signature, inputs in served.items()
    }


def _write_keras_model(model: Exportable, folder: Path) -> str | None:
    """Writes or copies the Keras model, and returns the name of its file; None without a model."""
    try:
        found = model.keras_model()
        if found is None:
            return None
        if isinstance(found, Path):
            shutil.copyfile(found, folder / KERAS_MODEL)
        else:
            found.save(folder / KERAS_MODEL)
    # What Keras raises for a network that it can't make from its configuration.
    except (TypeError, ValueError, NotImplementedError) as error:
        (folder / KERAS_MODEL).unlink(missing_ok=True)
        why = what_is_wrong(error)
        log.warning("the export carries no %s, the graph alone: %s", KERAS_MODEL, why)
        return None
    return KERAS_MODEL


def _described(model: Exportable) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "data_spec": model.spec.to_dict(),
        **model.manifest_fields(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "git_revision": _git_revision(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _git_revision() -> str | None:
    """Commit of the source tree, with "-dirty" if it was changed; None outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
