"""OpenVINO, which shares no code with TensorFlow, computes the same from an export."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.conftest import CASES, signature_inputs

# What it has no operations for: counter-based random numbers, and diagonal matrices.
UNREAD = {"sample", "log_likelihood", "elbo"}
UNREAD_OF = {"ccvae": {"classify"}, "dualvae": {"transfer", "label_vector"}}
# Reading a signature takes a second; the other models are for the slow tests.
QUICK = ("ccvae", "stargan")


@pytest.fixture
def openvino(monkeypatch):
    found = pytest.importorskip("openvino")
    # It sends no statistics of its use from what it takes for a test.
    monkeypatch.setenv("CI", "true")
    return found


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=() if case.model in QUICK else pytest.mark.slow, id=str(case))
        for case in CASES
        if case.shape[-1] == 3
    ],
)
def test_an_independent_runtime_agrees(case, export_of, openvino):
    model, path = export_of(case)
    loaded = tf.saved_model.load(str(path))
    for name in model.serving_signatures():
        if name in UNREAD | UNREAD_OF.get(case.model, set()):
            continue
        signature = loaded.signatures[name]
        inputs = signature_inputs(model, name)
        converted = openvino.convert_model(signature)
        compiled = openvino.compile_model(converted, "CPU", {"INFERENCE_NUM_THREADS": 1})
        feed = {
            key: inputs[tensor.split(":")[0]].numpy()
            for key in compiled.inputs
            for tensor in key.get_names()
            if tensor.split(":")[0] in inputs
        }
        found = compiled(feed)
        # Its outputs have the order of the signature's, which is that of their names.
        expected = signature(**inputs)
        for output, value in zip(sorted(expected), found.values(), strict=True):
            np.testing.assert_allclose(
                value, expected[output], rtol=1e-4, atol=1e-5, err_msg=f"{name}: {output}"
            )
