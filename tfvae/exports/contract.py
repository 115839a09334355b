"""The contract of an export: its files, its signatures, its manifest; imports no TensorFlow.

    saved_models/<run>/<version>/
        saved_model.pb, variables/   a TensorFlow Serving model with the signatures below
        manifest.json                the model, its data, and how it was trained
        model.keras                  the Keras model, to be loaded, changed and trained further
        assets.extra/                requests that TensorFlow Serving replays as it loads the model

The batch is the first axis of every input and output, and row i of a seeded signature depends only
on `seed[i]` and row i of its other inputs. Versions are integers; the largest is the newest.
"""

FORMAT = 1
SAVED_MODEL = "saved_model.pb"
MANIFEST = "manifest.json"
KERAS_MODEL = "model.keras"
WARMUP = "assets.extra/tf_serving_warmup_requests"

# Signature name -> (inputs, outputs). `label` is an input only of the models that need one;
# `signatures` in a manifest lists the inputs that an export does take.
SIGNATURES = {
    "reconstruct": (("image", "label"), ("image",)),
    "encode": (("image", "label"), ("mean", "stddev")),
    "decode": (("latent", "label"), ("image",)),
    "sample": (("seed", "label"), ("image",)),
    "classify": (("image",), ("probability",)),
    "transfer": (("image", "target", "strength"), ("image",)),
    # The step in the code that a transfer makes per unit of strength.
    "label_vector": (("target",), ("latent",)),
    # Sparsity of each hidden layer of the encoder.
    "hidden_sparsity": (("image",), ("hoyer", "zeros")),
    # Of models whose codes have exact zeros: the probability that a dimension isn't 0.
    "in_use": (("image",), ("probability",)),
    "log_likelihood": (("image", "label", "seed"), ("log_likelihood",)),
    "elbo": (("image", "label", "seed"), ("elbo",)),
}
# The same for clients that have files and names: NAME_bytes takes and returns encoded images, and
# labels by their names. TensorFlow Serving writes an output in base64 whose name ends with _bytes.
WITH_BYTES = ("reconstruct", "encode", "decode", "sample", "classify", "transfer")
IN_BYTES = {"image": "image_bytes", "label": "label_name", "target": "target_name"}
LABEL_NAME = IN_BYTES["label"]
for _name in WITH_BYTES:
    _inputs, _outputs = ([IN_BYTES.get(each, each) for each in part] for part in SIGNATURES[_name])
    SIGNATURES[f"{_name}_bytes"] = (tuple(_inputs), tuple(_outputs))
# With whose probability each is.
SIGNATURES["classify_bytes"] = (("image_bytes",), ("probability", LABEL_NAME))
# The signature that is also served as `serving_default`.
DEFAULT_SIGNATURE = "reconstruct"
