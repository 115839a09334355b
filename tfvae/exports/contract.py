"""What an export promises: its files, its signatures, its manifest; imports no TensorFlow.

    saved_models/<run>/<version>/
        saved_model.pb, variables/   a TensorFlow Serving model with the signatures below
        manifest.json                what it is, on which data and how it was trained
        model.keras                  the Keras model, to be loaded, changed and trained further

The batch is the first axis of every input and output, and row i of a seeded signature depends on
`seed[i]` and its own inputs alone. Integer versions, the newest wins.
"""

FORMAT = 1
SAVED_MODEL = "saved_model.pb"
MANIFEST = "manifest.json"
KERAS_MODEL = "model.keras"

# Signature name -> (inputs, outputs). `label` is an input only of the models that need one;
# `signatures` in a manifest gives the inputs that an export really takes.
SIGNATURES = {
    "reconstruct": (("image", "label"), ("image",)),
    "encode": (("image", "label"), ("mean", "stddev")),
    "decode": (("latent", "label"), ("image",)),
    "sample": (("seed", "label"), ("image",)),
    "classify": (("image",), ("probability",)),
    "transfer": (("image", "target", "strength"), ("image",)),
    # The step in the code that a transfer makes per unit of strength.
    "label_vector": (("target",), ("latent",)),
    "log_likelihood": (("image", "label", "seed"), ("log_likelihood",)),
    "elbo": (("image", "label", "seed"), ("elbo",)),
}
# What `serving_default` is.
DEFAULT_SIGNATURE = "reconstruct"
