"""The domain classifiers that score images, trained on the train split and kept on disk.

Labels that aren't observed count neither in the loss nor in the accuracy.
"""

import contextlib
import functools
import hashlib
import json
import logging
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from tfvae import files
from tfvae.classifiers.augmentation import AUGMENTATIONS
from tfvae.classifiers.networks import ARCHITECTURES, weights_identity
from tfvae.classifiers.scores import accuracy
from tfvae.schema import (
    CATEGORICAL,
    IMAGE,
    LABEL,
    OBSERVED,
    TEST,
    TRAIN,
    VALIDATION,
    LabelledImages,
    UserError,
)

log = logging.getLogger(__name__)

# What Keras and json raise for damaged files.
_DAMAGED = (OSError, ValueError, LookupError, TypeError, RuntimeError, BadZipFile, zlib.error)
PATIENCE = 5
PREDICT_BATCH = 256
UNKNOWN = -1.0
# Changed whenever training changes, so that classifiers trained by older code aren't used.
PROTOCOL = 1
# Training images by which the cache tells data sets of one name apart.
DIGEST_IMAGES = 64


class Classifier:
    """Images -> probabilities of the labels, by a trained network.

    Args:
        network: Keras model, images [B, H, W, C] in [0, 1] -> probabilities [B, L].
        accuracy: Split -> accuracy on it (of binary labels, over all known ones); None if no label
            is known.

    >>> import keras
    >>> layers = [keras.Input([8, 8, 1]), keras.layers.Flatten(), keras.layers.Softmax()]
    >>> classifier = Classifier(keras.Sequential(layers), accuracy={"test": None})
    >>> probabilities = classifier(np.zeros([3, 8, 8, 1], np.float32))
    >>> probabilities.shape, float(probabilities[0, 0]) == 1 / 64
    ((3, 64), True)
    """

    def __init__(self, network, accuracy: dict[str, float | None]):
        import tensorflow as tf

        self.network = network
        self.accuracy = accuracy
        # One graph for any number of rows: `predict` would trace a new one for each.
        self._probabilities = tf.function(
            lambda images: network(images, training=False),
            input_signature=[tf.TensorSpec([None, *network.input_shape[1:]], tf.float32)],
        )

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Probabilities [N, L], float32; computed in batches."""
        return in_batches(self._probabilities, images)

    def features(self, images: np.ndarray) -> np.ndarray:
        """What the last layer, the head, gets: [N, F], float32; computed in batches.

        Distances between images, as a classifier sees them, are taken between these.
        """
        return in_batches(self._features, images)

    @functools.cached_property
    def _features(self):
        import keras
        import tensorflow as tf

        body = keras.Model(self.network.inputs, self.network.layers[-1].input)
        return tf.function(
            lambda images: body(images, training=False),
            input_signature=[tf.TensorSpec([None, *self.network.input_shape[1:]], tf.float32)],
        )


def in_batches(
    function: Callable, images: np.ndarray, batch_size: int = PREDICT_BATCH
) -> np.ndarray:
    """What a TensorFlow function returns for images [N, H, W, C], computed in batches: [N, ...].

    >>> import tensorflow as tf
    >>> in_batches(lambda images: tf.reduce_mean(images, [1, 2, 3]), np.ones([3, 8, 8, 1]), 2)
    array([1., 1., 1.])
    """
    starts = range(0, len(images), batch_size)
    batches = (images[start : start + batch_size] for start in starts)
    return np.concatenate([function(batch).numpy() for batch in batches])


def load_or_train(
    dataset: LabelledImages,
    architecture: str,
    *,
    seed: int,
    cache_dir: Path,
    weights: str | None = None,
) -> Classifier:
    """The classifier of a data set: read from the cache, or else trained and written to it.

    Of several processes one trains it, and the others wait.

    Args:
        dataset: With labels.
        architecture: A name of `ARCHITECTURES`.
        seed: Of weights, order and augmentation.
        cache_dir: Folder of the cache; it is created if it doesn't exist.
        weights: Weights from which the training of a pretrained architecture starts, see
            `inception_v3`.
    Raises:
        UserError: the data set has no labels, the weights can't be read or downloaded, or the cache
            can't be written.

    >>> from types import SimpleNamespace
    >>> from tfvae.schema import DataSpec
    >>> faces = SimpleNamespace(spec=DataSpec("faces", (64, 64, 3)))
    >>> load_or_train(faces, "cnn", seed=0, cache_dir=Path("results/classifiers"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: the data set faces has no labels to train a classifier on
    """
    if not dataset.spec.num_labels:
        raise UserError(f"the data set {dataset.spec.name} has no labels to train a classifier on")
    key = _cache_key(dataset, architecture, seed, weights)
    weights_file, record_file = (Path(cache_dir) / f"{key}{end}" for end in (".keras", ".json"))
    existed = record_file.is_file()
    found = _load(weights_file, record_file)
    if found is not None:
        return found
    with contextlib.ExitStack() as stack:
        try:
            record_file.parent.mkdir(parents=True, exist_ok=True)
            lock = files.locked(Path(cache_dir) / f".{key}.lock", f"trains the classifier {key}")
            stack.enter_context(lock)
        except OSError as error:
            raise UserError(f"can't write to {cache_dir}: {files.reason(error)}") from error
        # Another process may have trained it in the meantime.
        found = None if existed else _load(weights_file, record_file)
        if found is not None:
            return found
        classifier = train(dataset, architecture, seed=seed, weights=weights)
        files.write(weights_file, classifier.network.save)
        about = {"dataset": dataset.spec.name, "architecture": architecture, "seed": seed}
        if weights is not None:
            about["weights"] = weights
        files.write_json(record_file, {**about, **classifier.accuracy})
    return classifier


def _load(weights_file: Path, record_file: Path) -> Classifier | None:
    """The classifier in these files; None if one is missing or damaged."""
    import keras

    if not (weights_file.is_file() and record_file.is_file()):
        return None
    try:
        record = json.loads(record_file.read_text(encoding="utf-8"))
        network = keras.saving.load_model(weights_file, compile=False)
        return Classifier(network, {split: record[split] for split in (VALIDATION, TEST)})
    except _DAMAGED as error:
        log.warning("classifier %s is corrupt (%s): training it again", weights_file, error)
        return None


def train(
    dataset: LabelledImages, architecture: str, *, seed: int, weights: str | None = None
) -> Classifier:
    """Trains a classifier on the train split, and keeps the weights of the best validation loss.

    Args:
        dataset: With labels.
        architecture: A name of `ARCHITECTURES`.
        seed: Of weights, order and augmentation.
        weights: Weights from which the training of a pretrained architecture starts.

    >>> import contextlib, io
    >>> from tfvae.data import load_dataset
    >>> with contextlib.redirect_stderr(io.StringIO()):
    ...     classifier = train(load_dataset("digits", image_size=8), "cnn", seed=0)
    >>> classifier.accuracy["test"] > 0.95
    True
    """
    import keras

    keras.utils.set_random_seed(seed)
    spec = dataset.spec
    chosen = ARCHITECTURES[architecture]
    network = chosen.build(spec, weights) if chosen.pretrained else chosen.build(spec)
    batch_size, steps, epochs = chosen.plan(spec.num_examples[TRAIN])
    # The network is wrapped, so that it is saved without the state of the optimizer.
    images = keras.Input(spec.image_shape)
    trained = keras.Model(images, network(images))
    trained.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(chosen.learning_rate, epochs * steps),
            weight_decay=chosen.weight_decay,
        ),
        loss=masked_loss(spec.label_kind),
        jit_compile=False,
    )
    print(
        f"Training the {architecture} classifier of {spec.name} ({epochs} epochs at most)",
        file=sys.stderr,
    )
    trained.fit(
        _augmented(
            dataset.train_batches(batch_size, seed=seed), AUGMENTATIONS[chosen.augmentation], seed
        ),
        epochs=epochs,
        steps_per_epoch=steps,
        shuffle=False,
        validation_data=_masked(dataset.batches(VALIDATION, PREDICT_BATCH)),
        callbacks=[
            keras.callbacks.EarlyStopping(
                monitor="val_loss", patience=PATIENCE, restore_best_weights=True
            )
        ],
        verbose=1 if sys.stderr.isatty() else 0,
    )
    classifier = Classifier(network, {})
    classifier.accuracy = {
        split: _split_accuracy(classifier, dataset, split) for split in (VALIDATION, TEST)
    }
    return classifier


def _split_accuracy(classifier: Classifier, dataset: LabelledImages, split: str) -> float | None:
    batches = [
        (classifier(batch[IMAGE].numpy()), batch[LABEL].numpy(), batch[OBSERVED].numpy())
        for batch in dataset.batches(split, PREDICT_BATCH)
    ]
    probability, label, observed = map(np.concatenate, zip(*batches, strict=True))
    return accuracy(probability, label, observed, dataset.spec.label_kind)


def masked_loss(label_kind: str | None) -> Callable:
    """A loss function: the cross-entropy in nats over known labels, [B].

    Unknown labels are -1 in the target [B, L]. For binary labels the loss of an image is the mean
    over its known labels.

    The second attribute of this image is unknown, so the loss is -log 0.5:

    >>> from keras import ops
    >>> target, probability = ops.array([[1.0, -1.0]]), ops.array([[0.5, 0.9]])
    >>> masked_loss("binary")(target, probability).numpy().round(4)
    array([0.6931], dtype=float32)
    """
    from keras import ops

    def cross_entropy(target, probability):
        known = ops.cast(target >= 0, probability.dtype)
        probability = ops.clip(probability, 1e-7, 1 - 1e-7)
        log_likelihood = known * target * ops.log(probability)
        if label_kind == CATEGORICAL:
            return -ops.sum(log_likelihood, axis=-1)
        log_likelihood += known * (1 - target) * ops.log(1 - probability)
        return -ops.sum(log_likelihood, axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1)

    return cross_entropy


def _masked(batches):
    """Batches as (image, label with -1 for unknown)."""
    import tensorflow as tf

    def pair(batch):
        return batch[IMAGE], tf.where(batch[OBSERVED] > 0, batch[LABEL], UNKNOWN)

    return batches.map(pair, num_parallel_calls=tf.data.AUTOTUNE)


def _augmented(batches, augment: Callable, seed: int):
    """Training pairs, their images changed by a function of `AUGMENTATIONS`."""
    import tensorflow as tf

    def change(step, pair):
        image, target = pair
        return augment(image, (tf.cast(seed, tf.int64), step)), target

    return _masked(batches).enumerate().map(change, num_parallel_calls=tf.data.AUTOTUNE)


def _cache_key(dataset: LabelledImages, architecture: str, seed: int, weights: str | None) -> str:
    """File name that differs if the data, the network, its initial weights or the seed differ."""
    identity = {
        "spec": dataset.spec.to_dict(),
        "options": dataset.options,
        # The fingerprint hardly looks at the pixels, and there may be none.
        "fingerprint": dataset.fingerprint,
        "images": _digest(dataset.batches(TRAIN, DIGEST_IMAGES)),
        "architecture": architecture,
        "seed": seed,
        "protocol": PROTOCOL,
    }
    if weights is not None:
        identity["weights"] = weights_identity(weights)
    text = json.dumps(identity, sort_keys=True, default=str)
    return f"{architecture}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _digest(batches) -> str:
    """SHA-256 of the images and labels of the first batch."""
    found = hashlib.sha256()
    for name, values in sorted(next(batches.as_numpy_iterator()).items()):
        found.update(name.encode() + np.ascontiguousarray(values).tobytes())
    return found.hexdigest()
