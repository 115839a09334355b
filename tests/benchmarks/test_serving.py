"""The times of signatures."""

import numpy as np

from benchmarks import serving
from tfvae.exports.writer import export_model
from tfvae.models import build_model
from tfvae.schema import CATEGORICAL, DataSpec


def test_every_signature_has_a_row(tmp_path, capsys):
    spec = DataSpec("greys", (8, 8, 1), ("one", "two"), CATEGORICAL)
    model = build_model("dualvae", spec, {"network": "dense", "latent_dim": 3})
    path = export_model(model, tmp_path / "run", {"dataset": "greys"})
    serving.main(["--saved-model", str(path), "--batches", "1", "3", "--calls", "4"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")][1:]
    names = [row.split("|")[1].strip() for row in rows]
    assert names[: len(names) // 2] == names[len(names) // 2 :]
    assert {serving.BARE, "decode", "transfer_bytes", "label_vector"} <= set(names)
    for row in rows:
        median, most, ratio = map(float, row.split("|")[3:6])
        assert np.isfinite(ratio) and 0 < median <= most
