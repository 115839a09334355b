"""OpenVINO, which shares no code with TensorFlow, computes the same from an export."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.conftest import CASES, each, signature_inputs

# What it has no operations for: counter-based random numbers, in the codes of ccvae's classes too.
RANDOM = {"sample", "log_likelihood", "elbo"}


def is_read(case, signature):
    draws = case.model == "ccvae" and case.label_kind == "categorical" and signature == "classify"
    return signature not in RANDOM and not draws


@each([case for case in CASES if case.shape[-1] == 3])
def test_an_independent_runtime_agrees(case, export_of):
    openvino = pytest.importorskip("openvino")
    model, path = export_of(case)
    loaded = tf.saved_model.load(str(path))
    for name in model.serving_signatures():
        if not is_read(case, name):
            continue
        signature = loaded.signatures[name]
        inputs = signature_inputs(model, name)
        compiled = openvino.compile_model(openvino.convert_model(signature), "CPU")
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
