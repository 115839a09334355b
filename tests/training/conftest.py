"""A small run on real data, and a look inside its checkpoints."""

import h5py
import numpy as np
import pytest

from tfvae.models.base import BaseModel
from tfvae.training.config import RunConfig


@pytest.fixture
def config(tmp_path):
    """A configuration of a quick run under `tmp_path`, with changes."""

    def make(**changes):
        fields = {
            "model": "vae",
            "epochs": 2,
            "batch_size": 512,
            "jit": "off",
            "settings": {"latent_dim": 2},
            "runs_dir": tmp_path / "runs",
            "saved_models_dir": tmp_path / "saved_models",
        }
        return RunConfig.checked({**fields, **changes})

    return make


@pytest.fixture
def quick_export(monkeypatch):
    """Exports without a graph: tracing them costs more than a short run."""

    def write(model, folder):
        (folder / "saved_model.pb").touch()
        return {"reconstruct": {"inputs": ["image"], "outputs": ["image"]}}

    monkeypatch.setattr("tfvae.exports.writer._write_signatures", write)


@pytest.fixture
def untraced(monkeypatch):
    """Steps that run as they are written: tracing them costs more than a few of them."""
    original = BaseModel.compile

    def compile_untraced(self, **options):
        original(self, **options, run_eagerly=True)

    monkeypatch.setattr(BaseModel, "compile", compile_untraced)


@pytest.fixture
def arrays_in():
    """Everything that a checkpoint holds: path in the file -> array."""

    def read(checkpoint):
        arrays = {}
        with h5py.File(checkpoint / "model.weights.h5") as file:
            file.visititems(
                lambda name, item: (
                    arrays.update({name: np.array(item)})
                    if isinstance(item, h5py.Dataset)
                    else None
                )
            )
        return arrays

    return read
