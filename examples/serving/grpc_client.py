"""Sends images to a served model as tensors, by gRPC, and draws what comes back.

    python examples/serving/grpc_client.py ccvae_digits

The model is a VAE that learns from labels. One image is drawn for each of four seeds, and each is
moved towards the first label. The packages are those that tfvae installs. The server:
docs/serving.md.
"""

import argparse

import grpc
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

LARGEST_MESSAGE = 256 * 2**20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="name of the model, a folder of saved_models")
    parser.add_argument("--output", default="answer.png")
    parser.add_argument("--server", default="localhost:8500")
    given = parser.parse_args()

    # gRPC's own limit, 4 MiB, is a batch of 80 images of 64x64 pixels in colour.
    options = [("grpc.max_receive_message_length", LARGEST_MESSAGE)]
    channel = grpc.insecure_channel(given.server, options)
    service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    inputs = signature_inputs(service, given.model)
    seeds = np.arange(4)
    first = np.zeros([4, inputs["transfer"]["target"][1]], np.float32)
    first[:, 0] = 1

    drawn = {"seed": seeds, "label": np.roll(first, 1, axis=1)}
    drawn = {name: drawn[name] for name in inputs["sample"]}
    image = predict(service, given.model, "sample", drawn)["image"]
    moved = {"image": image, "target": first, "strength": np.ones(4, np.float32)}
    transferred = predict(service, given.model, "transfer", moved)["image"]

    figure, axes = plt.subplots(2, 4, figsize=(6, 3))
    for axis, picture in zip(axes.flat, np.concatenate([image, transferred])):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axis.axis("off")
    figure.savefig(given.output)
    print(given.output)


def signature_inputs(service, model: str) -> dict:
    """Signature -> input -> shape, -1 for the batch."""
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = model
    request.metadata_field.append("signature_def")
    found = get_model_metadata_pb2.SignatureDefMap()
    service.GetModelMetadata(request, timeout=10).metadata["signature_def"].Unpack(found)
    return {
        name: {
            key: [dim.size for dim in info.tensor_shape.dim]
            for key, info in signature.inputs.items()
        }
        for name, signature in found.signature_def.items()
    }


def predict(service, model: str, signature: str, inputs: dict) -> dict:
    """Outputs by their names, from inputs by theirs."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    answer = service.Predict(request, timeout=60)
    return {name: tf.make_ndarray(value) for name, value in answer.outputs.items()}


if __name__ == "__main__":
    main()
