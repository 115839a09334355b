"""Versions of an export in its folder."""

import keras
import numpy as np
import pytest

from tfvae.exports import writer
from tfvae.exports.reader import Export
from tfvae.models import build_model
from tfvae.models.vae import VAE
from tfvae.schema import DataSpec, UserError


def test_versions_count_up_and_halves_are_removed(tmp_path, monkeypatch):
    def no_signatures(model, folder):
        (folder / "saved_model.pb").touch()
        return {}

    monkeypatch.setattr(writer, "_write_signatures", no_signatures)
    model = build_model("vae", DataSpec("tiny", (8, 8, 1)))
    assert writer.export_model(model, tmp_path, {}).name == "1"
    assert writer.export_model(model, tmp_path, {}).name == "2"

    def full_disk(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "_described", full_disk)
    with pytest.raises(OSError, match="No space"):
        writer.export_model(model, tmp_path, {})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1", "2"]


def test_a_network_that_keras_cannot_rebuild_is_exported_without_its_file(tmp_path, caplog):
    """Its graph is as good as any; only the Keras model is missing, and that is said."""
    spec = DataSpec("tiny", (8, 8, 1))
    encoder = keras.Sequential(
        [
            keras.Input([8, 8, 1]),
            keras.layers.Flatten(),
            keras.layers.Lambda(lambda x: x / 2),
            keras.layers.Dense(4),
        ]
    )
    model = VAE(spec, latent_dim=2, encoder=encoder, network="dense")
    path = writer.export_model(model, tmp_path / "run", {"dataset": "tiny"})
    assert "carries no model.keras" in caplog.text
    export = Export.load(path)
    assert export.manifest["keras_model"] is None and not (path / "model.keras").exists()
    assert export.call("encode", image=np.zeros([2, 8, 8, 1]))["mean"].shape == (2, 2)
    with pytest.raises(UserError, match="carries no Keras model"):
        export.keras_model()


@pytest.mark.parametrize("damage", ["emptied", "cut", "inverted", "other"])
def test_a_damaged_keras_model_is_told_in_a_sentence(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(
        writer,
        "_write_signatures",
        lambda model, folder: {"x": {"inputs": ["x"], "outputs": ["y"]}},
    )
    spec = DataSpec("tiny", (4, 4, 1))
    networks = {
        "encoder": keras.Sequential(
            [keras.Input([4, 4, 1]), keras.layers.Flatten(), keras.layers.Dense(4)]
        ),
        "decoder": keras.Sequential(
            [keras.Input([2]), keras.layers.Dense(16), keras.layers.Reshape([4, 4, 1])]
        ),
    }
    path = writer.export_model(
        VAE(spec, latent_dim=2, **networks), tmp_path / "run", {"dataset": "tiny"}
    )
    (path / "saved_model.pb").touch()
    file = path / "model.keras"
    content = bytearray(file.read_bytes())
    if damage == "inverted":
        for start in range(40, len(content) - 200, 400):
            content[start : start + 50] = bytes(255 - byte for byte in content[start : start + 50])
    file.write_bytes(
        {"emptied": b"", "cut": content[:200], "inverted": content, "other": b"not a file"}[damage]
    )
    with pytest.raises(UserError, match="model.keras is not a readable Keras model"):
        Export.load(path).keras_model()
