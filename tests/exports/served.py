"""A stand-in for TensorFlow Serving: exports in its C++ loader, behind its two interfaces.

The server itself is a program of its own. Here its requests and answers are those of its protocol
buffers and of its REST API, and the graph runs in the same runtime.
"""

import base64
import contextlib
import http.server
import json
import threading
from concurrent import futures

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)


class LoadedExport:
    """A version folder in the C++ loader, which knows no Python class."""

    def __init__(self, path):
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        with self._session.graph.as_default():
            # Of TensorFlow 1, and the only one that loads as the server does.
            loaded = tf.compat.v1.saved_model.loader.load(self._session, ["serve"], str(path))
        self.signatures = loaded.signature_def

    def call(self, signature, **values):
        """Outputs by their names. Not by `Session.run`, which looks at the shapes before the graph
        does: the server doesn't."""
        signature = self.signatures[signature]
        feed = {self._output(signature.inputs[k]): np.asarray(v) for k, v in values.items()}
        fetches = [self._output(info) for info in signature.outputs.values()]
        found = self._session._call_tf_sessionrun(None, feed, fetches, [], None)
        return dict(zip(signature.outputs, found, strict=True))

    def _output(self, info):
        return self._session.graph.get_tensor_by_name(info.name)._as_tf_output()

    def close(self):
        self._session.close()


@contextlib.contextmanager
def rest_server(models):
    """Address of a server of {name: LoadedExport}, as `http://...`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            name = self.path.removeprefix("/v1/models/").removesuffix(":predict")
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                status, answer = 200, _predictions(models[name], request)
            except tf.errors.OpError as error:
                status, answer = 400, {"error": error.message}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("localhost", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def _predictions(model, request):
    """The answer to a request by rows."""
    signature = request["signature_name"]
    rows = request["instances"]
    inputs = {
        name: np.array(
            [_from_json(row[name]) for row in rows], tf.as_dtype(info.dtype).as_numpy_dtype
        )
        for name, info in model.signatures[signature].inputs.items()
    }
    outputs = model.call(signature, **inputs)
    columns = {name: [_to_json(name, row) for row in value] for name, value in outputs.items()}
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    return {"predictions": [dict(zip(columns, row)) for row in zip(*columns.values())]}


def _from_json(value):
    """Bytes come in base64, in an object."""
    if isinstance(value, dict):
        return base64.b64decode(value["b64"], validate=True)
    return value.encode() if isinstance(value, str) else value


def _to_json(name, value):
    if isinstance(value, bytes):
        return (
            {"b64": base64.b64encode(value).decode()} if name.endswith("_bytes") else value.decode()
        )
    return [_to_json(name, each) for each in value] if value.dtype == object else value.tolist()


@contextlib.contextmanager
def grpc_server(models):
    """Address of a server of {name: LoadedExport}, as `host:port`."""

    class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):
            model = models[request.model_spec.name]
            inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            answer = predict_pb2.PredictResponse()
            try:
                outputs = model.call(request.model_spec.signature_name, **inputs)
            except tf.errors.OpError as error:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
            for name, value in outputs.items():
                answer.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return answer

        def GetModelMetadata(self, request, context):
            found = get_model_metadata_pb2.SignatureDefMap()
            for name, signature in models[request.model_spec.name].signatures.items():
                found.signature_def[name].CopyFrom(signature)
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            answer.metadata["signature_def"].Pack(found)
            return answer

    server = grpc.server(futures.ThreadPoolExecutor(2))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    yield f"localhost:{port}"
    server.stop(None)
