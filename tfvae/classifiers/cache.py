"""Domain classifiers that are trained once and kept on disk."""

import contextlib
import hashlib
import json
import logging
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tfvae import files, locks
from tfvae.classifiers.classifier import Classifier
from tfvae.classifiers.networks import weights_identity
from tfvae.classifiers.training import PROTOCOL, train
from tfvae.exports.keras_file import read_keras
from tfvae.reading import ReadError, read_json, sha256
from tfvae.schema import TEST, TRAIN, VALIDATION, LabelledImages, UserError

log = logging.getLogger(__name__)

# Training images by which the cache tells data sets of one name apart.
DIGEST_IMAGES = 64


class _Record(BaseModel):
    """What is read of the file beside the weights."""

    model_config = ConfigDict(strict=True)

    weights_sha256: str
    validation: Annotated[float, Field(ge=0, le=1)]
    test: Annotated[float, Field(ge=0, le=1)]


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
        about["weights_sha256"] = sha256(weights_file)
        files.write_json(record_file, {**about, **classifier.accuracy})
    return classifier


def _load(weights_file: Path, record_file: Path) -> Classifier | None:
    """The classifier in these files; None if one is missing, damaged or not what was written."""
    if not (weights_file.is_file() and record_file.is_file()):
        return None
    try:
        record = read_json(record_file, _Record)
        if sha256(weights_file) != record.weights_sha256:
            raise ReadError(f"{weights_file}: its bytes are not those that were written")
        network = read_keras(weights_file, compile=False)
    except ReadError as error:
        log.warning("a kept classifier can't be used: %s; it is trained again", error)
        return None
    return Classifier(network, {VALIDATION: record.validation, TEST: record.test})


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
