"""Domain classifiers that are trained once and kept on disk."""

import contextlib
import hashlib
import json
import logging
import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from tfvae import files, locks
from tfvae.classifiers.classifier import Classifier
from tfvae.classifiers.networks import weights_identity
from tfvae.classifiers.training import PROTOCOL, train
from tfvae.schema import TEST, TRAIN, VALIDATION, LabelledImages, UserError

log = logging.getLogger(__name__)

# What Keras and json raise for damaged files.
_DAMAGED = (OSError, ValueError, LookupError, TypeError, RuntimeError, BadZipFile, zlib.error)
# Training images by which the cache tells data sets of one name apart.
DIGEST_IMAGES = 64


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
            lock = locks.locked(Path(cache_dir) / f".{key}.lock", f"trains the classifier {key}")
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
