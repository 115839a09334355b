"""The examples' clients against a stand-in of the server, warm-up requests, and the files of
`tfvae-serving`."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import yaml
from google.protobuf import text_format
from PIL import Image
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from tests.exports.served import LoadedExport, grpc_server, rest_server
from tfvae.cli import serving
from tfvae.exports.contract import WARMUP
from tfvae.exports.reader import Export
from tfvae.exports.writer import export_model
from tfvae.models import build_model
from tfvae.schema import CATEGORICAL, DataSpec

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "serving"
SPEC = DataSpec("greys", (8, 8, 1), ("one", "two"), CATEGORICAL)
NAME = "ccvae_greys"


@pytest.fixture(scope="module")
def saved_models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved_models")
    settings = {"latent_dim": 4, "network": "dense"}
    export_model(build_model("ccvae", SPEC, settings), folder / NAME, {"dataset": "greys"})
    return folder


@pytest.fixture(scope="module")
def models(saved_models):
    loaded = LoadedExport(saved_models / NAME / "1")
    yield {NAME: loaded}
    loaded.close()


def run(client, *arguments, status=0):
    command = [sys.executable, EXAMPLES / client, NAME, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


def test_the_rest_client(models, saved_models, tmp_path):
    """Its pictures are those of the export, and what the server refuses is told in a line."""
    pixels = np.random.default_rng(0).integers(256, size=(8, 8), dtype=np.uint8)
    image, answer = tmp_path / "image.png", tmp_path / "answer.png"
    Image.fromarray(pixels).save(image)
    export = Export.load(saved_models / NAME)
    given = np.float32(pixels).reshape(1, 8, 8, 1) / np.float32(255)
    two = np.float32([[0, 1]])
    expected = {
        ("reconstruct", image): export.call("reconstruct", image=given),
        ("transfer", image, "--name", "two", "--strength", 0.5): export.call(
            "transfer", image=given, target=two, strength=np.float32([0.5])
        ),
        ("sample", "--name", "two", "--seed", 7): export.call(
            "sample", seed=np.int64([7]), label=two
        ),
    }
    with rest_server(models) as server:
        common = ["--server", server, "--output", answer]
        for arguments, value in expected.items():
            run("rest_client.py", *arguments, *common)
            found = np.asarray(Image.open(io.BytesIO(answer.read_bytes())))
            np.testing.assert_allclose(found, 255 * value["image"][0, ..., 0], atol=0.51)
            answer.unlink()
        lines = run("rest_client.py", "classify", image, *common).stdout.splitlines()
        assert [line.split()[1] for line in lines] == ["one", "two"]
        done = run("rest_client.py", "transfer", image, "--name", "three", *common, status=1)
        assert "target_name must be one of: one, two" in done.stderr
        assert "Traceback" not in done.stderr and not answer.exists()


def test_the_grpc_client(models, tmp_path):
    with grpc_server(models) as server:
        run("grpc_client.py", "--server", server, "--output", tmp_path / "answer.png")
    assert np.asarray(Image.open(tmp_path / "answer.png")).std() > 10


def test_every_signature_has_a_request_that_warms_it_up(models, saved_models):
    records = tf.data.TFRecordDataset(str(saved_models / NAME / "1" / WARMUP))
    signatures = set()
    for record in records.as_numpy_iterator():
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == NAME
        signature = request.model_spec.signature_name
        inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        models[NAME].call(signature, **inputs)
        signatures.add(signature)
    assert signatures == set(Export.load(saved_models / NAME).signatures)


def test_the_files_for_the_server(saved_models, tmp_path, capsys):
    """They name every complete export, by the paths that the container sees."""
    (saved_models / "half" / "1").mkdir(parents=True)
    output = tmp_path / "config"
    arguments = ["--saved-models-dir", str(saved_models), "--output-dir", str(output)]
    assert serving.main(arguments) == 0
    assert "batching" not in (output / serving.COMPOSE_FILE).read_text()
    assert not (output / serving.BATCHING_FILE).exists()
    assert serving.main([*arguments, "--batching"]) == 0
    assert "1 models: ccvae_greys" in capsys.readouterr().out
    text = (output / serving.MODELS_FILE).read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    assert [each.base_path for each in config.model_config_list.config] == [f"/models/{NAME}"]
    service = yaml.safe_load((output / serving.COMPOSE_FILE).read_text())["services"]
    (service,) = service.values()
    seen = {}
    for volume in service["volumes"]:
        seen[volume["target"]] = (output / volume["source"]).resolve()
    assert seen["/models"] == saved_models.resolve() and seen["/config"] == output.resolve()
    for option in service["command"]:
        _, _, value = option.partition("=")
        if value.startswith("/config/"):
            assert (output / value.removeprefix("/config/")).is_file()


def test_without_exports_nothing_is_written(tmp_path, capsys):
    (tmp_path / "exports").mkdir()
    output = tmp_path / "config"
    arguments = ["--saved-models-dir", str(tmp_path / "exports"), "--output-dir", str(output)]
    assert serving.main(arguments) == 1
    assert "no export in" in capsys.readouterr().err and not output.exists()
