"""Sends an image file to a served model, by REST, and writes the image that comes back.

    python examples/serving/rest_client.py ccvae_digits reconstruct seven.png
    python examples/serving/rest_client.py ccvae_digits transfer seven.png --name 3
    python examples/serving/rest_client.py ccvae_digits sample --name 3 --seed 7
    python examples/serving/rest_client.py ccvae_digits classify seven.png

It needs nothing but Python. The server: docs/serving.md.
"""

import argparse
import base64
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="name of the model, a folder of saved_models")
    parser.add_argument("action", choices=["reconstruct", "transfer", "sample", "classify"])
    parser.add_argument("image", nargs="?", type=Path, help="PNG or JPEG file; not for sample")
    parser.add_argument("--name", help="the label: of the drawn image, or to be reached")
    parser.add_argument("--strength", type=float, default=1.0, help="of a transfer: 1 arrives")
    parser.add_argument("--seed", type=int, default=0, help="of a drawn image")
    parser.add_argument("--output", type=Path, default=Path("answer.png"))
    parser.add_argument("--server", default="http://localhost:8501")
    given = parser.parse_args()

    # One row: the values of the inputs by their names.
    row: dict = {}
    if given.action == "sample":
        row["seed"] = given.seed
        if given.name is not None:
            row["label_name"] = given.name
    else:
        if given.image is None:
            parser.error(f"{given.action} needs an image")
        row["image_bytes"] = {"b64": base64.b64encode(given.image.read_bytes()).decode()}
    if given.action == "transfer":
        row |= {"target_name": given.name or "", "strength": given.strength}

    prediction = predict(given.server, given.model, f"{given.action}_bytes", [row])[0]
    if given.action == "classify":
        for name, probability in zip(prediction["label_name"], prediction["probability"]):
            print(f"{probability:.3f} {name}")
    else:
        # A signature with one output answers with its value, in base64.
        given.output.write_bytes(base64.b64decode(prediction["b64"]))
        print(given.output)


def predict(server: str, model: str, signature: str, rows: list[dict]) -> list:
    """One prediction for each row of inputs."""
    body = json.dumps({"signature_name": signature, "instances": rows}).encode()
    try:
        with urllib.request.urlopen(f"{server}/v1/models/{model}:predict", body) as answer:
            return json.load(answer)["predictions"]
    except urllib.error.HTTPError as error:
        # What is wrong with the request, in the server's words.
        sys.exit(json.load(error)["error"])
    except OSError as error:
        sys.exit(f"no answer from {server}: {error}")


if __name__ == "__main__":
    main()
