"""Versions of an export in its folder."""

import pytest

from tfvae.exports import writer
from tfvae.models import build_model
from tfvae.schema import DataSpec


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
