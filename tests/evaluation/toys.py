"""Data and exports whose scores are known.

A toy image is 12x12x1: its first row holds the label in the first L pixels, the rest is content.
`read_label` is therefore a perfect classifier, and a transfer that writes the target into the first
row is a perfect transfer. As in the real data, the label of an entry that isn't known is 0.
"""

import json
import types

import numpy as np
import tensorflow as tf

from tfvae.evaluation.context import Subject
from tfvae.evaluation.score import score
from tfvae.exports.reader import Export
from tfvae.schema import BINARY, CATEGORICAL, DataSpec

SIDE = 12
LATENT = 4


class ToyDataset:
    """Keeps the interface of the data layer's `Dataset`."""

    fingerprint = None
    can_edit = False

    def __init__(self, spec, labels_per_split, seed=0, unknown=0.0):
        rng = np.random.default_rng(seed)
        self.spec = spec
        self.options = {"seed": seed}
        self._splits = {}
        for split, labels in labels_per_split.items():
            images = rng.uniform(0.2, 0.8, (len(labels), SIDE, SIDE, 1)).astype(np.float32)
            images[:, 0] = 0
            images[:, 0, : labels.shape[1], 0] = labels
            self._splits[split] = {"image": images}
            if spec.num_labels:
                observed = rng.uniform(size=labels.shape) >= unknown
                if spec.label_kind == CATEGORICAL:
                    observed[:] = observed[:, :1]
                self._splits[split] |= {
                    "label": (labels * observed).astype(np.float32),
                    "observed": observed.astype(np.float32),
                }

    def nuisances(self, split):
        return None

    def arrays(self, split, limit=None):
        return {name: values[:limit] for name, values in self._splits[split].items()}

    def batches(self, split, batch_size):
        return tf.data.Dataset.from_tensor_slices(self._splits[split]).batch(batch_size)

    def train_batches(
        self, batch_size, *, seed, missing_labels=0.0, labelled_share=0.0, initial_epoch=0
    ):
        examples = tf.data.Dataset.from_tensor_slices(self._splits["train"])
        shuffled = examples.shuffle(10_000, seed=seed).repeat()
        return shuffled.batch(batch_size, drop_remainder=True)


class EditableToyDataset(ToyDataset):
    """Knows the perfect edit, as the data sets that the project draws itself do."""

    can_edit = True

    def edited(self, split, rows, label):
        images = self.arrays(split)["image"][rows]
        images[:, 0, label] = 1
        return images


def toy_dataset(
    kind=CATEGORICAL, num_labels=10, counts=(200, 100, 100), unknown=0.0, made=ToyDataset
):
    """Categorical: every class equally often. Binary: fair coins. None: no labels."""
    rng = np.random.default_rng(1)
    names = tuple(f"label{index}" for index in range(num_labels))
    labels = {}
    for split, count in zip(("train", "validation", "test"), counts, strict=True):
        labels[split] = (
            np.eye(num_labels)[np.arange(count) % num_labels]
            if kind != BINARY
            else rng.integers(0, 2, (count, num_labels))
        )
    spec = DataSpec(
        name="toy",
        image_shape=(SIDE, SIDE, 1),
        label_names=names if kind else (),
        label_kind=kind,
        num_examples={split: len(values) for split, values in labels.items()},
    )
    return made(spec, labels, unknown=unknown)


def read_label(num_labels):
    """The perfect classifier of toy images."""
    return lambda images: images[:, 0, :num_labels, 0]


class ToyModel(tf.Module):
    """Signatures by name; a test takes those that it needs."""

    def __init__(self, num_labels=10):
        super().__init__()
        self.num_labels = num_labels
        rng = np.random.default_rng(0)
        self.weights = tf.Variable(rng.normal(size=(SIDE * SIDE, LATENT)), dtype=tf.float32)

    def write(self, image, row):
        padded = tf.pad(row, [[0, 0], [0, SIDE - self.num_labels]])[:, None, :, None]
        return tf.concat([padded, image[:, 1:]], axis=1)

    def perfect_transfer(self, image, target, strength):
        moved = strength[:, None, None, None] > 0
        return {"image": tf.where(moved, self.write(image, target), image)}

    def switch_on(self, image, target, strength):
        """Perfect for binary labels: the attribute on, the others as they were."""
        label = image[:, 0, : self.num_labels, 0]
        row = tf.maximum(label, target * tf.cast(strength[:, None] > 0, tf.float32))
        return {"image": self.write(image, row)}

    def half_on(self, image, target, strength):
        """Half of what switching on does, and at strength 4 an eighth."""
        label = image[:, 0, : self.num_labels, 0]
        share = tf.where(strength > 3, 0.125, 0.5)[:, None]
        return {"image": self.write(image, tf.maximum(label, share * target))}

    def identity_transfer(self, image, target, strength):
        return {"image": image + 0 * tf.reduce_sum(target) + 0 * tf.reduce_sum(strength)}

    def best_at_mark(self, image, target, strength):
        """Writes a share of the target: full at strength 1, or 2 where the last pixel is 1."""
        best = 1 + tf.round(image[:, -1, -1, 0])
        share = tf.exp(-tf.square(strength - best))[:, None]
        label = image[:, 0, : self.num_labels, 0]
        return {"image": self.write(image, (1 - share) * label + share * target)}

    def copies(self, image):
        return {"image": image + 0.0}

    def reconstruct(self, image):
        return {"image": 0.9 * image + 0.05}

    def reconstruct_labelled(self, image, label):
        """Writes the label that it is given: perfect if that is the image's own."""
        return {"image": self.write(image, label)}

    def encode_labelled(self, image, label):
        return self.encode(self.write(image, label))

    def encode(self, image):
        mean = tf.reshape(image, [-1, SIDE * SIDE]) @ self.weights * [1.0, 0.5, 0.1, 0.0]
        return {"mean": mean, "stddev": tf.ones_like(mean)}

    def decode(self, latent):
        flat = tf.sigmoid(latent @ tf.transpose(self.weights) / 4)
        return {"image": tf.reshape(flat, [-1, SIDE, SIDE, 1])}

    def decode_labelled(self, latent, label):
        return {"image": self.write(self.decode(latent)["image"], label)}

    def noise(self, seed):
        def one(value):
            return tf.random.stateless_uniform([SIDE, SIDE, 1], tf.stack([value, value]))

        return tf.map_fn(one, seed, fn_output_signature=tf.float32)

    def sample(self, seed, label):
        return {"image": self.write(self.noise(seed), label)}

    def sample_same(self, seed, label):
        return {"image": self.write(self.noise(tf.zeros_like(seed)), label)}

    def sample_rounded(self, seed, label):
        """Jumps half-way from one label to another."""
        return {"image": self.write(self.noise(seed), tf.round(label))}

    def sample_blind(self, seed, label):
        return {"image": self.noise(seed) + 0 * tf.reduce_sum(label)}

    def sample_mixture(self, seed, label):
        """Writes how mixed each entry of the label is: nothing at both ends, something between."""
        return {"image": self.write(self.noise(seed), label * (1 - label))}

    def sample_unlabelled(self, seed):
        return {"image": self.noise(seed)}

    def classify(self, image):
        return {"probability": image[:, 0, : self.num_labels, 0]}

    def vectors(self, target):
        return {"latent": tf.tile(target[:, :1], [1, LATENT])}

    def log_likelihood(self, image, seed):
        return {
            "log_likelihood": -tf.reduce_sum(image, [1, 2, 3]) + 0 * tf.cast(seed[0], tf.float32)
        }

    def elbo(self, image, label, seed):
        bound = -tf.reduce_sum(image, [1, 2, 3]) - tf.reduce_sum(label, axis=1)
        return {"elbo": bound + 0 * tf.cast(seed, tf.float32)}

    def not_finite(self, image):
        return {"image": image / 0.0}


# Every signature that a metric of single exports asks for: name -> method of `ToyModel`.
EVERYTHING = {
    "reconstruct": "reconstruct",
    "encode": "encode",
    "decode": "decode",
    "sample": "sample",
    "classify": "classify",
    "transfer": "perfect_transfer",
    "log_likelihood": "log_likelihood",
    "elbo": "elbo",
}


def write_export(folder, dataset, methods, made=ToyModel, **manifest):
    """Writes `{signature: method name of the model}` as an export with its manifest."""
    count = max(1, dataset.spec.num_labels)
    model = made(count)
    image = tf.TensorSpec([None, SIDE, SIDE, 1], tf.float32)
    specs = {
        "image": image,
        "target": tf.TensorSpec([None, count], tf.float32),
        "label": tf.TensorSpec([None, count], tf.float32),
        "strength": tf.TensorSpec([None], tf.float32),
        "latent": tf.TensorSpec([None, LATENT], tf.float32),
        "seed": tf.TensorSpec([None], tf.int64),
    }
    signatures, described = {}, {}
    for name, method_name in methods.items():
        method = getattr(model, method_name)
        inputs = method.__code__.co_varnames[1 : method.__code__.co_argcount]
        function = tf.function(method).get_concrete_function(
            **{key: tf.TensorSpec(specs[key].shape, specs[key].dtype, name=key) for key in inputs}
        )
        signatures[name] = function
        described[name] = {"inputs": list(inputs), "outputs": list(function.structured_outputs)}
    folder.mkdir(parents=True, exist_ok=True)
    tf.saved_model.save(model, str(folder), signatures=signatures)
    document = {
        "format": 1,
        "model": "toy",
        "dataset": dataset.spec.name,
        "data_spec": dataset.spec.to_dict(),
        "dataset_options": dataset.options,
        "hyperparameters": {},
        "signatures": described,
        "log_likelihood_samples": 7,
        "seed": 0,
        "created": "2024-01-01T00:00:00",
        **manifest,
    }
    (folder / "manifest.json").write_text(json.dumps(document))
    return folder


def scored(metric, exports, dataset, **options):
    """Exports scored by a metric on a data set: the report and the result in it as one."""
    report = score(metric, [Subject(export, dataset) for export in exports], **options)
    return types.SimpleNamespace(
        **vars(report.result), document=report.document, files=report.files
    )


def scored_methods(metric, dataset, methods, folder, made=ToyModel, **options):
    """An export of `{signature: method name of the model}` written to a new folder, and scored."""
    version = folder / "saved_models" / str(len(list(folder.rglob("manifest.json")))) / "1"
    export = Export.load(write_export(version, dataset, methods, made=made))
    return scored(metric, [export], dataset, output_dir=folder, **options)
