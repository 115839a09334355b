"""Files that earlier versions wrote are read by this one, and mean the same.

A folder beside this file holds what one version wrote (`make.py`); none is ever made again.
"""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tests.golden.make import signature_inputs
from tfvae.exports.contract import SIGNATURES
from tfvae.models import MODELS
from tfvae.training.checkpoints import Checkpoints

HERE = Path(__file__).parent
VERSIONS = sorted(path for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__")
KERAS_FILES = sorted(HERE.glob("*/*.keras"))
EXPORTS = sorted(HERE.glob("*/exports/*.tar.gz"))
CHECKPOINTS = sorted(HERE.glob("*/checkpoint.tar.gz"))
# Across processors and releases of TensorFlow.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def named(path):
    return path.relative_to(HERE).as_posix().removesuffix(".tar.gz")


def unpacked(file, folder):
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_there_is_something_of_every_kind():
    first = HERE / "0.1.0"
    assert first in VERSIONS and first / "checkpoint.tar.gz" in CHECKPOINTS
    assert {path.stem for path in KERAS_FILES if path.parent == first} >= {"vae", "ccvae", "fader"}
    assert {path.name.removesuffix(".tar.gz") for path in EXPORTS} >= {"vae", "ccvae", "generator"}


@pytest.mark.parametrize("file", KERAS_FILES, ids=named)
def test_keras_files_load_and_compute_the_same(file):
    known = np.load(file.with_suffix(".npz"))
    model = keras.saving.load_model(file)
    assert type(model) is MODELS.load(file.stem)
    rebuilt = model.reconstruct(tf.constant(known["image"]))
    np.testing.assert_allclose(rebuilt, known["rebuilt"], **CLOSE)
    # With the optimizers: training goes on.
    assert int(model.optimizer.iterations) == 3
    batch = {name: known[name] for name in ("image", "label", "observed") if name in known}
    batches = tf.data.Dataset.from_tensors(batch).repeat()
    model.fit(batches, steps_per_epoch=1, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 4


@pytest.mark.parametrize("order", ["import tfvae, keras", "import keras, tfvae"])
def test_keras_files_load_in_a_fresh_process(order, tmp_path):
    """`import tfvae` is all that a reader of the file types; also where safe mode is on."""
    program = f"""
import json, sys
{order}
for path in json.load(sys.stdin):
    print(type(keras.saving.load_model(path, safe_mode=True)).__name__, flush=True)
"""
    files = [str(path) for path in KERAS_FILES]
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(files),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [MODELS.load(path.stem).__name__ for path in KERAS_FILES]


@pytest.mark.parametrize("file", EXPORTS, ids=named)
def test_exports_load_and_serve_the_same(file, tmp_path):
    export = tfvae.load(unpacked(file, tmp_path / "run" / "1"))
    known = dict(np.load(export.path / "outputs.npz"))
    served = set()
    for signature, inputs in signature_inputs(export.manifest).items():
        assert set(inputs) <= set(SIGNATURES[signature][0])
        for name, value in export.call(signature, **inputs).items():
            assert name in SIGNATURES[signature][1]
            np.testing.assert_allclose(value, known[f"{signature}/{name}"], **CLOSE)
            served.add(f"{signature}/{name}")
    assert served == set(known)
    # What lies beside the graph is the same model.
    if export.manifest["keras_model"]:
        inputs = signature_inputs(export.manifest)["reconstruct"]
        rebuilt = export.keras_model().reconstruct(tf.constant(inputs["image"]))
        np.testing.assert_allclose(rebuilt, known["reconstruct/image"], **CLOSE)


@pytest.mark.parametrize("file", CHECKPOINTS, ids=named)
def test_a_checkpoint_is_restored(file, tmp_path):
    model = keras.saving.load_model(file.with_name("vae.keras"))
    expected = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    fresh = type(model).from_config(model.get_config())
    fresh.compile(keras.optimizers.Adam(1e-2))
    checkpoints = Checkpoints(unpacked(file, tmp_path / "checkpoints"))
    progress = checkpoints.latest()
    assert (progress.epochs, progress.best_epoch, progress.best_loss) == (3, 3, 1.0)
    checkpoints.restore(fresh, progress.epochs)
    for variable, value in zip((*fresh.variables, *fresh.optimizer.variables), expected):
        np.testing.assert_array_equal(variable, value)
