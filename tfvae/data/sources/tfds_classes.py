"""Image sets of TensorFlow Datasets with one class label: MNIST and others, and `tfds:NAME`."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.data.splits import split_rows
from tfvae.data.tfds_reader import open_builder, prepare_builder, read_split, square
from tfvae.schema import CATEGORICAL, SPLITS, TEST, TRAIN, VALIDATION, DataSpec, UserError

_VALIDATION_SHARE = 0.1
_LARGEST_VALIDATION = 5000
_DEFAULT_SIZE = 64
# Test images of each class of MNIST (LeCun et al. 1998). Fashion-MNIST and KMNIST, whose archives
# have the names of MNIST's, have 1,000 of each.
_MNIST_TEST_IMAGES = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
_NAMED_AS_MNIST = ("mnist", "fashion_mnist", "kmnist")

logger = logging.getLogger("tfvae")


def load_any(name: str, options: LoadOptions) -> Dataset:
    """`tfds:NAME`: any set with an image and a class label; raises as `load_classes`.

    >>> load_any("tfds:mnits", LoadOptions())
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: TensorFlow Datasets has no set named 'mnits' (did you mean mnist?)
    """
    return load_classes(name, options)


def load_classes(name: str, options: LoadOptions) -> Dataset:
    """A set of images with one class each, in TensorFlow Datasets' own splits where it has them.

    Raises:
        UsageError: as `open_builder`.
        UserError: as `prepare_builder`; also where the set has no image or no class label, or
            several, or where MNIST lies in the folder of another set or the other way round.

    The archives are downloaded, or taken from a folder:

    >>> load_classes("mnist", LoadOptions(manual_dir="mnist_archives"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --manual-dir: there is no folder mnist_archives
    """
    builder = open_builder(name.removeprefix("tfds:"), options)
    image_key, image_feature = _only(builder, tfds.features.Image, "image")
    label_key, label_feature = _only(builder, tfds.features.ClassLabel, "label")
    height, width, channels = image_feature.shape
    if image_feature.np_dtype != np.uint8 or channels not in (1, 3):
        raise UserError(
            f"data set {name}: images must be 8-bit grey or RGB, "
            f"got {np.dtype(image_feature.np_dtype).name} with {channels} channels"
        )
    size = options.image_size
    if size is None and None in (height, width):
        size = _DEFAULT_SIZE
        logger.warning("data set %s: images of mixed size, cropped and resized to %d", name, size)
    prepare_builder(builder, options)
    shape = (size or height, size or width, channels)

    def prepare(example: dict[str, Any]) -> dict[str, tf.Tensor]:
        return {"image": square(example[image_key], size), "label": example[label_key]}

    def read(split: str) -> Examples:
        columns = read_split(builder, split, prepare, shape)
        return _with_one_hot(columns["image"], columns["label"], label_feature.num_classes)

    splits = standard_splits(builder, read, options.seed)
    check_classes(builder, splits)
    spec = DataSpec(
        name=name,
        image_shape=shape,
        label_names=tuple(label_feature.names),
        label_kind=CATEGORICAL,
        num_examples={split: len(part) for split, part in splits.items()},
    )
    return Dataset(spec, splits, options.to_dict(), fingerprint_of(splits))


def standard_splits(
    builder: tfds.core.DatasetBuilder, read: Callable[[str], Examples], seed: int
) -> dict[str, Examples]:
    """Train, validation and test from the splits of TensorFlow Datasets.

    Its own splits are kept. A missing validation (or test) split is cut from the end of the train
    split: 5,000 examples, or a tenth where that is less. A set with a single split is divided
    80/10/10 by `seed`, stratified by class.

    Args:
        builder: A prepared builder.
        read: Function from the name of a split to its `Examples`.
        seed: integer, used in the last case only.
    Returns:
        {"train", "validation", "test"} -> `Examples`.

    A set with one split of 10 images:

    >>> from types import SimpleNamespace
    >>> builder = SimpleNamespace(info=SimpleNamespace(splits={"all": None}))
    >>> splits = standard_splits(builder, lambda _: Examples(np.zeros([10, 4, 4, 1], np.uint8)), 0)
    >>> {split: len(examples) for split, examples in splits.items()}
    {'train': 8, 'validation': 1, 'test': 1}
    """
    offered = [split for split in (TRAIN, VALIDATION, TEST) if split in builder.info.splits]
    if offered in ([], [VALIDATION], [TEST], [TRAIN]):
        only = offered[0] if offered else sorted(builder.info.splits)[0]
        whole = read(only)
        classes = np.zeros(len(whole)) if whole.label is None else np.argmax(whole.label, axis=1)
        return {split: whole.take(rows) for split, rows in split_rows(classes, seed).items()}
    if TRAIN not in offered:
        raise UserError(f"data set {builder.name} has no train split, only {', '.join(offered)}")
    splits = {split: read(split) for split in offered}
    for split in (TEST, VALIDATION):
        if split not in splits:
            train = splits[TRAIN]
            taken = min(_LARGEST_VALIDATION, max(1, round(_VALIDATION_SHARE * len(train))))
            rows = np.arange(len(train), dtype=np.int64)
            splits[TRAIN], splits[split] = train.take(rows[:-taken]), train.take(rows[-taken:])
    return {split: splits[split] for split in SPLITS}


def check_classes(builder: tfds.core.DatasetBuilder, splits: Mapping[str, Examples]) -> None:
    """Raises UserError where a set was prepared from another one's archives, by an earlier version.

    No copy of the other set is needed: the classes of the test images tell MNIST from the others.

    >>> from types import SimpleNamespace
    >>> label = np.repeat(np.eye(10), _MNIST_TEST_IMAGES, axis=0)
    >>> test = Examples(np.zeros([10_000, 1, 1, 1], np.uint8), label)
    >>> builder = SimpleNamespace(name="kmnist", data_dir="data/kmnist")
    >>> check_classes(builder, {"test": test})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: data/kmnist doesn't hold kmnist: the numbers of its test ...
    """
    label = splits[TEST].label
    if builder.name not in _NAMED_AS_MNIST or label is None:
        return
    found = tuple(label.sum(axis=0, dtype=np.int64))
    is_mnist = found == _MNIST_TEST_IMAGES
    if sum(found) == sum(_MNIST_TEST_IMAGES) and is_mnist != (builder.name == "mnist"):
        raise UserError(
            f"{builder.data_dir} doesn't hold {builder.name}: the numbers of its test images per "
            f"class {'are' if is_mnist else 'are not'} those of MNIST; delete the folder and try "
            "again"
        )


def fingerprint_of(splits: Mapping[str, Examples]) -> str:
    """SHA-256 of the number of images and of the labels and factors of each split.

    Without the pixels: decoded and resized, they can differ in the last bit between machines.

    >>> images = np.zeros([2, 4, 4, 1], np.uint8)
    >>> first, second = (Examples(images, label=np.eye(2)[rows]) for rows in ([0, 1], [1, 0]))
    >>> fingerprint_of({"train": first}) == fingerprint_of({"train": second})
    False
    """
    digest = hashlib.sha256()
    for split, part in sorted(splits.items()):
        digest.update(f"{split} {len(part)}".encode())
        for array in (part.label, part.observed, part.factors):
            if array is not None:
                digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _only(builder: tfds.core.DatasetBuilder, kind: type, usual_key: str) -> tuple[str, Any]:
    """The key and feature of this kind: the one with the usual key, or the only one."""
    features = builder.info.features
    found = {key: feature for key, feature in features.items() if type(feature) is kind}
    if usual_key in found:
        return usual_key, found[usual_key]
    if len(found) != 1:
        raise UserError(
            f"data set {builder.name} has {len(found) or 'no'} features of type {kind.__name__}, "
            "but needs one"
        )
    return next(iter(found.items()))


def _with_one_hot(images: np.ndarray, classes: np.ndarray, num_classes: int) -> Examples:
    """Examples with one-hot labels; TensorFlow Datasets marks an unknown class by -1."""
    known = classes >= 0
    label = np.zeros((len(classes), num_classes), np.uint8)
    label[np.flatnonzero(known), classes[known]] = 1
    return Examples(images, label, np.repeat(known[:, np.newaxis], num_classes, axis=1))
