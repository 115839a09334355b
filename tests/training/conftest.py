"""A small run on real data, and a look inside its checkpoints."""

import h5py
import numpy as np
import pytest

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
