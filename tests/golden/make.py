"""Makes the golden files of a version: `python -m tests.golden.make tests/golden/VERSION`.

Run once for a release, by that release; the files are never made again (see CONTRIBUTING.md). They
are small: every model has toy networks, and the exports are packed.

    VERSION/NAME.keras            each model, after three training steps
    VERSION/NAME.npz              images, labels, and what the model makes of them
    VERSION/exports/NAME.tar.gz   a version folder of each kind of export, with `outputs.npz`
    VERSION/checkpoint.tar.gz     a run's folder of checkpoints, of `vae`
"""

import sys
import tarfile
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfvae.exports.reader import Export
from tfvae.exports.writer import export_model
from tfvae.generators.class_conditional import ClassConditional
from tfvae.generators.samplers import GaussianMixtures
from tfvae.models import MODELS
from tfvae.schema import BINARY, CATEGORICAL, DataSpec
from tfvae.training.checkpoints import Checkpoints, Progress

SHAPE, NAMES, LATENT_DIM = (8, 8, 1), ("round", "dark", "tall"), 4
# One of each kind: no label, a label as input, a label read off the code, an adversary.
EXPORTED = ("vae", "cvae", "ccvae", "dualvae", "stargan")


def spec_of(name: str) -> DataSpec:
    kinds = {"cvae": CATEGORICAL, "m2": CATEGORICAL}
    labelled = MODELS.load(name).needs_labels
    kind = kinds.get(name, BINARY) if labelled else None
    return DataSpec("tiny", SHAPE, NAMES if labelled else (), kind, {"train": 16})


def mapping(inputs, units, shape=None):
    """A dense map of one or several tensors, its result in `shape`."""
    tensors = [keras.Input(each) for each in inputs]
    flat = [keras.layers.Flatten()(each) for each in tensors]
    joined = keras.layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    result = keras.layers.Dense(units)(keras.layers.Dense(5, "tanh")(joined))
    if shape:
        result = keras.layers.Activation("sigmoid")(keras.layers.Reshape(shape)(result))
    return keras.Model(tensors if len(tensors) > 1 else tensors[0], result)


def networks(name: str) -> dict[str, keras.Model]:
    """Toy networks, by the names of the constructor's arguments."""
    labels, pixels = len(NAMES), int(np.prod(SHAPE))
    auxiliary = {"auxiliary_classifier": mapping([SHAPE], labels)}
    if name == "fader":
        code = (2, 2, 2)
        return {
            "encoder": mapping([SHAPE], 8, code),
            "decoder": mapping([code, (labels,)], pixels, SHAPE),
            "critic": mapping([code], labels),
            **auxiliary,
        }
    if name == "stargan":
        image = keras.Input(SHAPE)
        flat = keras.layers.Flatten()(image)
        critic = [keras.layers.Dense(1)(flat), keras.layers.Dense(labels)(flat)]
        return {
            "generator": mapping([SHAPE, (labels,)], pixels, SHAPE),
            "critic": keras.Model(image, critic),
            **auxiliary,
        }
    told = [(labels,)] if name in ("cvae", "m2") else []
    found = {
        "encoder": mapping([SHAPE, *told], 2 * LATENT_DIM),
        "decoder": mapping([(LATENT_DIM,), *told], pixels, SHAPE),
    }
    # Logits: no sigmoid at the end.
    found["decoder"] = keras.Model(found["decoder"].input, found["decoder"].layers[-2].output)
    return found | ({"classifier": mapping([SHAPE], labels)} if told else {})


def trained(name: str) -> tuple[keras.Model, dict[str, np.ndarray]]:
    """A model after three steps, and the batch that they saw."""
    keras.utils.set_random_seed(0)
    spec, rng = spec_of(name), np.random.default_rng(0)
    settings = {"latent_dim": LATENT_DIM} if "vae" in name or name == "m2" else {}
    model = MODELS.load(name)(spec, seed=0, **settings, **networks(name))
    batch = {"image": rng.random((16, *SHAPE), dtype="float32")}
    if spec.label_kind == BINARY:
        batch["label"] = rng.integers(2, size=(16, 3)).astype("float32")
    if spec.label_kind == CATEGORICAL:
        batch["label"] = np.eye(3, dtype="float32")[rng.integers(3, size=16)]
    if spec.num_labels:
        batch["observed"] = np.ones((16, 3), "float32")
    model.compile(keras.optimizers.Adam(1e-2))
    batches = tf.data.Dataset.from_tensors(batch).repeat()
    model.fit(batches, steps_per_epoch=3, shuffle=False, verbose=0)
    return model, batch


def signature_inputs(manifest, rows: int = 4) -> dict[str, dict[str, np.ndarray]]:
    """Inputs for every signature that a manifest lists."""
    rng, labels = np.random.default_rng(1), len(manifest["data_spec"]["label_names"])
    known = {
        "image": rng.random((rows, *SHAPE), dtype="float32"),
        "latent": rng.standard_normal((rows, LATENT_DIM)).astype("float32"),
        "label": np.eye(max(labels, 1), dtype="float32")[np.arange(rows) % max(labels, 1)],
        "target": np.eye(max(labels, 1), dtype="float32")[np.arange(rows) % max(labels, 1)],
        "strength": np.linspace(0, 2, rows, dtype="float32"),
        "seed": np.arange(rows, dtype="int64"),
    }
    return {
        name: {key: known[key] for key in about["inputs"]}
        for name, about in manifest["signatures"].items()
    }


def outputs(export: Export) -> dict[str, np.ndarray]:
    """What every signature gives for `signature_inputs`, under `signature/output`."""
    return {
        f"{signature}/{name}": value
        for signature, inputs in signature_inputs(export.manifest).items()
        for name, value in export.call(signature, **inputs).items()
    }


def pack(folder: Path, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        archive.add(folder, arcname=".")


def pack_export(model, name: str, target: Path, saved_models: Path) -> Export:
    about = {"model": name, "dataset": "tiny", "seed": 0, "dataset_options": {}}
    export = Export.load(export_model(model, saved_models / name, about))
    np.savez_compressed(export.path / "outputs.npz", **outputs(export))
    pack(export.path, target / "exports" / f"{name}.tar.gz")
    return export


def make(target: Path) -> None:
    """Writes everything under `target`, which must be new."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        saved_models = Path(temporary) / "saved_models"
        for name in MODELS:
            model, batch = trained(name)
            model.save(target / f"{name}.keras")
            rebuilt = model.reconstruct(tf.constant(batch["image"])).numpy()
            np.savez_compressed(target / f"{name}.npz", rebuilt=rebuilt, **batch)
            if name in EXPORTED:
                pack_export(model, name, target, saved_models)
            if name == "vae":
                checkpoints = Checkpoints(Path(temporary) / "checkpoints")
                checkpoints.save(model, Progress(epochs=3, best_epoch=3, best_loss=1.0))
                pack(checkpoints.folder, target / "checkpoint.tar.gz")
        # A generator in front of an autoencoder of labelled data.
        keras.utils.set_random_seed(0)
        spec = DataSpec("tiny", SHAPE, NAMES, CATEGORICAL, {"train": 16})
        plain = MODELS.load("vae")(spec, latent_dim=LATENT_DIM, **networks("vae"))
        origin = pack_export(plain, "vae-of-classes", target, saved_models)
        means = np.random.default_rng(2).normal(size=(len(NAMES), 1, LATENT_DIM))
        factors = np.broadcast_to(0.5 * np.eye(LATENT_DIM), (len(NAMES), 1, LATENT_DIM, LATENT_DIM))
        sampler = GaussianMixtures.of(np.ones((len(NAMES), 1)), means, factors)
        pack_export(ClassConditional(origin, sampler), "generator", target, saved_models)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
