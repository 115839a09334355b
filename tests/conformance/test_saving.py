"""What every model guarantees once it is saved, exported and served."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.conftest import CASES, built, every_case, signature_inputs
from tfvae.exports.contract import IN_BYTES, SIGNATURES
from tfvae.exports.warmup import example_inputs


@pytest.fixture
def exported(case, export_of, served_by):
    """(model, path of its export, signatures of the export)."""
    model, path = export_of(case)
    return model, path, served_by(path)


@every_case
def test_keras_file_round_trip(case, tmp_path):
    model = case.build()
    model.compile(keras.optimizers.Adam(1e-3))
    model.train_step(case.batch())
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for name in set(model.get_config()) - set(model.network_arguments):
        assert loaded.get_config()[name] == model.get_config()[name], name
    image = case.batch()["image"]
    np.testing.assert_array_equal(loaded(image), model(image))
    assert len(loaded.optimizers) == len(model.optimizers)
    for one, two in zip(loaded.optimizers, model.optimizers):
        assert len(one.variables) == len(two.variables)
        for restored, saved in zip(one.variables, two.variables):
            np.testing.assert_array_equal(restored, saved, err_msg=saved.path)


@every_case
def test_configuration_is_scalars_and_networks(case):
    model = built(case)
    config = model.get_config()
    networks = {name: config.pop(name) for name in model.network_arguments}
    assert json.loads(json.dumps(config)) == config
    assert networks


@every_case
def test_every_signature_keeps_the_contract(exported):
    model, path, served = exported
    manifest = json.loads((path / "manifest.json").read_text())
    assert set(served) == {*manifest["signatures"], "serving_default"}
    for name, contract in manifest["signatures"].items():
        inputs, outputs = SIGNATURES[name]
        assert set(contract["inputs"]) <= set(inputs)
        assert set(served[name].structured_outputs) == set(outputs) == set(contract["outputs"])
        if name in model.serving_signatures():
            given = signature_inputs(model, name)
        else:
            specs = served[name].structured_input_signature[1].values()
            values = example_inputs(specs, model.spec, rows=5)
            given = {key: tf.constant(value) for key, value in values.items()}
        tensors = served[name](**given)
        for key, tensor in tensors.items():
            assert tensor.shape[0] == 5, name
            assert tensor.dtype == (tf.string if key in IN_BYTES.values() else tf.float32)
        if "image" in tensors:
            assert tf.reduce_min(tensors["image"]) >= 0
            assert tf.reduce_max(tensors["image"]) <= 1


@every_case
def test_export_equals_model(exported):
    model, path, served = exported
    for name, (function, specs) in model.serving_signatures().items():
        inputs = signature_inputs(model, name)
        # Traced where it draws: one by one, a hundred draws take four times as long.
        function = tf.function(function) if "seed" in inputs else function
        expected = function(*(inputs[spec.name] for spec in specs))
        if not isinstance(expected, dict):
            expected = {SIGNATURES[name][1][0]: expected}
        for output, tensor in served[name](**inputs).items():
            np.testing.assert_allclose(
                tensor, expected[output], rtol=1e-4, atol=1e-4, err_msg=f"{name}: {output}"
            )


@every_case
def test_default_signature_reconstructs(exported):
    model, path, served = exported
    inputs = signature_inputs(model, "reconstruct")
    np.testing.assert_array_equal(
        served["serving_default"](**inputs)["image"], served["reconstruct"](**inputs)["image"]
    )


@every_case
def test_rows_of_a_request_are_independent(exported):
    """Row i depends on its own inputs and seed alone, so that a server may batch requests."""
    model, path, served = exported
    for name in model.serving_signatures():
        inputs = signature_inputs(model, name)
        whole = served[name](**inputs)
        alone = served[name](**{key: value[2:3] for key, value in inputs.items()})
        for output, tensor in whole.items():
            np.testing.assert_allclose(
                tensor[2:3], alone[output], rtol=1e-4, atol=1e-4, err_msg=f"{name}: {output}"
            )


@every_case
def test_samples_differ_by_seed(exported):
    model, _, served = exported
    if "sample" not in model.serving_signatures():
        pytest.skip("draws no images")
    inputs = signature_inputs(model, "sample")
    inputs = {key: tf.repeat(value[:1], 2, axis=0) for key, value in inputs.items()}
    inputs["seed"] = tf.constant([1, 2], tf.int64)
    first, second = served["sample"](**inputs)["image"]
    assert not np.array_equal(first, second)


@every_case
def test_loader_of_the_server_reads_it(exported):
    """Through the C++ loader, which knows no Python class."""
    model, path, served = exported
    inputs = {name: signature_inputs(model, name) for name in model.serving_signatures()}
    expected = {name: served[name](**inputs[name]) for name in inputs}
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
        for name, values in inputs.items():
            signature = graph.signature_def[name]
            fetches = {key: info.name for key, info in signature.outputs.items()}
            feed = {signature.inputs[key].name: value.numpy() for key, value in values.items()}
            for output, value in session.run(fetches, feed).items():
                np.testing.assert_allclose(value, expected[name][output], rtol=1e-4, atol=1e-4)


def test_exports_load_where_the_package_is_missing(export_of, tmp_path):
    """Those of all cases, in one process; its output says which one was the last."""
    program = """
import json, sys
sys.modules["tfvae"] = None  # any import of it fails
import tensorflow as tf
for case, path, shape in json.load(sys.stdin):
    print(case, flush=True)
    served = tf.saved_model.load(path).signatures
    print(served["serving_default"](image=tf.zeros([2, *shape]))["image"].shape, flush=True)
"""
    wanted = [(str(case), str(export_of(case)[1]), case.shape) for case in CASES]
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = [f"{case}\n{(2, *case.shape)}\n" for case in CASES]
    assert done.stdout == "".join(expected)
