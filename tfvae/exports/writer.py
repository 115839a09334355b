"""Writes a model as a SavedModel that TF Serving and the evaluation read without this package."""

import contextlib
import datetime
import functools
import importlib.metadata
import json
import pathlib
import shutil
import subprocess
import tempfile

import keras
import tensorflow as tf

from tfvae.schema import MANIFEST, SIGNATURES

MANIFEST_FORMAT = 1
DEFAULT_SIGNATURE = "reconstruct"
PACKAGES = ("tfvae", "tensorflow", "keras", "tensorflow-probability")


def export_model(model, run_folder, manifest):
    """Writes the next version of `run_folder` and returns its path.

    The version is written to a temporary folder beside it and renamed, so that a reader or server
    never sees half of it; the temporary folder is removed when writing fails.

    Args:
        model: A model of this package.
        run_folder: `saved_models/<run>`; made if missing.
        manifest: What the caller knows of the run (model and data set names, seed, figures); the
            DataSpec, hyper-parameters, signatures and versions are added here.
    Raises:
        OSError: the disk is full or the folder can't be written.
    """
    run_folder = pathlib.Path(run_folder)
    run_folder.mkdir(parents=True, exist_ok=True)
    # A leading dot: TF Serving looks only at integer names, people at neither.
    temporary = pathlib.Path(tempfile.mkdtemp(prefix=".partial-", dir=run_folder))
    try:
        signatures = _write_signatures(model, temporary)
        manifest = {**_described(model), **manifest, "signatures": signatures}
        (temporary / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
        temporary.chmod(0o755)
        target = run_folder / str(next_version(run_folder))
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        with contextlib.suppress(OSError):
            # Only an empty folder goes: the name is free again.
            run_folder.rmdir()
        raise
    return target


def next_version(run_folder):
    """1 + the highest integer among the folder's entries."""
    versions = [
        int(path.name) for path in pathlib.Path(run_folder).iterdir() if path.name.isdigit()
    ]
    return 1 + max(versions, default=0)


def _write_signatures(model, folder):
    """Writes the SavedModel and returns {name: {"inputs": [...], "outputs": [...]}}."""
    archive = keras.export.ExportArchive()
    archive.track(model)
    served = {}
    for name, (function, inputs) in model.serving_signatures().items():
        outputs = SIGNATURES[name][1]
        archive.add_endpoint(name, _named_outputs(function, outputs), input_signature=inputs)
        served[name] = {"inputs": [spec.name for spec in inputs], "outputs": list(outputs)}
        if name == DEFAULT_SIGNATURE:
            archive.add_endpoint(
                tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY,
                _named_outputs(function, outputs),
                input_signature=inputs,
            )
    archive.write_out(str(folder), verbose=False)
    return served


def _named_outputs(function, names):
    """`function` returning a dictionary, whose keys become the signature's output names."""

    @functools.wraps(function)
    def named(*tensors):
        outputs = function(*tensors)
        return outputs if isinstance(outputs, dict) else {names[0]: outputs}

    return named


def _described(model):
    hyperparameters = {
        key: value
        for key, value in model.get_config().items()
        if key not in ("name", "spec", "seed", *model.network_arguments)
    }
    return {
        "format": MANIFEST_FORMAT,
        "data_spec": model.spec.to_dict(),
        "hyperparameters": hyperparameters,
        "likelihood": getattr(model, "pixel_likelihood", None),
        "log_likelihood_samples": getattr(model, "log_likelihood_samples", None),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "git_revision": _git_revision(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _git_revision():
    """Commit of the source tree, with "-dirty" where it was changed; None outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=pathlib.Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
