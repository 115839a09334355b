"""Prepares a TensorFlow Datasets builder and reads its splits into uint8 arrays."""

import errno
import logging
import pathlib
import socket
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfvae import files
from tfvae.data import cache
from tfvae.data.examples import IN_MEMORY_BYTES
from tfvae.data.options import LoadOptions
from tfvae.options import closest_name
from tfvae.schema import UsageError, UserError

_READ_BATCH = 256
_MESSAGE_LENGTH = 300
_NAMES_LISTED = 6
_COMPARED_BYTES = 4096

logger = logging.getLogger("tfvae")

# From an example of TensorFlow Datasets to {"image": uint8 [H, W, C], name: integers}.
Prepare = Callable[[dict[str, Any]], dict[str, tf.Tensor]]


def open_builder(name: str, options: LoadOptions) -> tfds.core.DatasetBuilder:
    """The builder of `name`, whose features are known; nothing is downloaded yet.

    Raises:
        UsageError: TensorFlow Datasets has no such set, or `manual_dir` is no folder.

    >>> open_builder("mnist", LoadOptions()).info.features["label"].num_classes
    10
    >>> open_builder("mnits", LoadOptions())
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: TensorFlow Datasets has no set named 'mnits' (did you mean mnist?)
    """
    options.manual_folder()
    try:
        return tfds.builder(name, data_dir=_path(options.data_dir))
    except tfds.core.registered.DatasetNotFoundError:
        near = closest_name(name, tfds.list_builders(with_community_datasets=False))
        hint = f" (did you mean {near}?)" if near else ""
        raise UsageError(f"TensorFlow Datasets has no set named {name!r}{hint}") from None
    except Exception as error:
        reason = _one_line(error).partition(" Here are")[0]
        raise UsageError(f"TensorFlow Datasets can't open {name!r}: {reason}") from error


def prepare_builder(builder: tfds.core.DatasetBuilder, options: LoadOptions) -> None:
    """Downloads the builder's files, or takes them from `options.manual_dir`, and prepares them.

    Raises:
        UserError: the files can't be downloaded, are not the original ones, or can't be written; or
            another set in the same folder has the same records.

    >>> import contextlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
    ...     builder = tfds.testing.DummyMnist(data_dir=folder)
    ...     prepare_builder(builder, LoadOptions())
    >>> builder.info.splits["test"].num_examples
    20
    """
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    # A folder of its own to unpack into: by default all sets are unpacked into one, by the name of
    # the archive, and MNIST, Fashion-MNIST and KMNIST have archives of the same names.
    unpacked = (
        pathlib.Path(builder.data_dir_root) / "downloads" / "extracted" / builder.info.full_name
    )
    config = tfds.download.DownloadConfig(
        manual_dir=_path(options.manual_dir), extract_dir=str(unpacked)
    )
    try:
        _check_network(builder, options)
        builder.download_and_prepare(download_config=config)
    except tfds.download.download_manager.NonMatchingChecksumError as error:
        reason = f"data set {builder.name}: a file is not the original one: {_one_line(error)}"
        raise UserError(reason) from error
    except UserError:
        raise
    # A builder's own code, the network and parsers raise anything; the advice is always the same.
    except Exception as error:
        if not pathlib.Path(builder.data_dir).exists():
            raise UserError(_preparation_message(builder, error)) from error
        # The folder appears whole: another process prepared it in the meantime, so that this one
        # couldn't rename its own folder.
        builder.info.read_from_directory(builder.data_dir)
    _check_records(builder)


def _check_records(builder: tfds.core.DatasetBuilder) -> None:
    """Raises UserError where another set in the same folder has the same records.

    Earlier versions could prepare a set from the archives of another one. Records are compared by
    the sizes of all files and the first bytes of each.
    """
    own, root = pathlib.Path(builder.data_dir), pathlib.Path(builder.data_dir_root)
    records = _records(own)
    if not records or not _archive_names(builder):
        return
    # NAME/VERSION or NAME/CONFIGURATION/VERSION
    described = [*root.glob("*/*/dataset_info.json"), *root.glob("*/*/*/dataset_info.json")]
    for other in (info.parent for info in described):
        same_set = other.relative_to(root).parts[0] == own.relative_to(root).parts[0]
        if not same_set and _records(other) == records:
            raise UserError(
                f"{own} and {other} hold the same images: one of them was prepared from the "
                "archives of the other; delete both folders and try again"
            )


def _records(folder: pathlib.Path) -> list[tuple[int, bytes]]:
    """Size and first bytes of each file of records, sorted."""
    found = []
    for path in folder.glob("*.tfrecord*"):
        with path.open("rb") as file:
            found.append((path.stat().st_size, file.read(_COMPARED_BYTES)))
    return sorted(found)


def _check_network(builder: tfds.core.DatasetBuilder, options: LoadOptions) -> None:
    """Raises ConnectionError where a download can't succeed: it would be tried for minutes.

    It returns in doubt: local files may be enough, and a proxy resolves names.
    """
    if pathlib.Path(builder.data_dir).exists() or urllib.request.getproxies():
        return
    hosts = {urllib.parse.urlsplit(url).hostname for url in builder.url_infos or ()}
    if options.manual_dir is not None:
        manual = pathlib.Path(options.manual_dir).expanduser()
        if any((manual / name).exists() for name in _archive_names(builder)):
            return
    downloads = pathlib.Path(builder.data_dir_root) / "downloads"
    # Files that were unpacked are no archives.
    folders = [path for path in downloads.glob("*/") if path.name != "extracted"]
    files_there = [*downloads.glob("*"), *(path for each in folders for path in each.rglob("*"))]
    if any(path.is_file() for path in files_there):
        return
    names = sorted(host for host in hosts if host is not None)
    if names and not any(_resolves(name) for name in names):
        raise ConnectionError(f"no connection to {', '.join(names)}")


def _resolves(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def _archive_names(builder: tfds.core.DatasetBuilder) -> list[str]:
    # A builder that downloads nothing has no table of URLs.
    infos = (builder.url_infos or {}).values()
    return sorted({info.filename for info in infos if info.filename})


def _preparation_message(builder: tfds.core.DatasetBuilder, error: Exception) -> str:
    start = f"data set {builder.name}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{start}: no space left to prepare it; give another --data-dir"
    if isinstance(error, PermissionError):
        return f"{start}: {_one_line(error)}; give another --data-dir"
    names = _archive_names(builder)
    listed = ", ".join(names[:_NAMES_LISTED]) + (", ..." if len(names) > _NAMES_LISTED else "")
    archives = f"the original archives ({listed})" if names else "the original archives"
    return (
        f"{start} could not be fetched or prepared ({_one_line(error)}); "
        f"without a network, put {archives} into a folder and give --manual-dir FOLDER"
    )


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MESSAGE_LENGTH else text[:_MESSAGE_LENGTH] + "..."


def _path(folder: str | None) -> str | None:
    return None if folder is None else str(pathlib.Path(folder).expanduser())


def read_split(
    builder: tfds.core.DatasetBuilder,
    split: str,
    prepare: Prepare,
    image_shape: tuple[int, int, int],
) -> dict[str, np.ndarray]:
    """Reads one split in the builder's fixed order.

    A split of more than `IN_MEMORY_BYTES` is written once, as plain arrays in the builder's own
    folder, so that both are deleted together, and memory-mapped from then on.

    Args:
        builder: A prepared builder.
        split: Name of a split.
        prepare: Graph function from an example to {"image": uint8 [H, W, C], name: integers}.
        image_shape: (H, W, C).
    Returns:
        {"image": uint8 [N, H, W, C], name: int64 [N, ...]}.

    >>> import contextlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
    ...     builder = tfds.testing.DummyMnist(data_dir=folder)
    ...     prepare_builder(builder, LoadOptions())
    ...     columns = read_split(builder, "test", lambda example: dict(example), (28, 28, 1))
    >>> {name: values.shape for name, values in columns.items()}
    {'image': (20, 28, 28, 1), 'label': (20,)}
    """
    count = builder.info.splits[split].num_examples
    shape = (count, *image_shape)
    if np.prod(shape, dtype=np.int64) <= IN_MEMORY_BYTES:
        images = np.empty(shape, np.uint8)
        return {"image": images, **_fill(images, builder, split, prepare)}
    size = "x".join(str(value) for value in image_shape)
    folder = pathlib.Path(builder.data_dir) / f"tfvae-{size}" / split
    if not folder.is_dir():
        logger.warning(
            "data set %s: writing its %s images as %s, once", builder.name, split, folder
        )
        _write_arrays(folder, shape, builder, split, prepare)
    return {
        path.stem: np.load(
            path, mmap_mode="r" if path.stem == "image" else None, allow_pickle=False
        )
        for path in sorted(folder.glob("*.npy"))
    }


def _write_arrays(
    folder: pathlib.Path,
    shape: tuple[int, ...],
    builder: tfds.core.DatasetBuilder,
    split: str,
    prepare: Prepare,
) -> None:
    """Writes the folder whole; of two processes that do so at once, the first one's stays."""
    try:
        with files.hidden_folder(folder.parent) as writing:
            images = cache.reserved(writing / "image.npy", shape)
            for name, column in _fill(images, builder, split, prepare).items():
                np.save(writing / f"{name}.npy", column, allow_pickle=False)
            images.flush()
            if not folder.is_dir():
                files.publish(writing, folder)
    except OSError as error:
        raise UserError(
            f"data set {builder.name}: can't write {folder} ({error.strerror})"
        ) from error


def _fill(
    images: np.ndarray, builder: tfds.core.DatasetBuilder, split: str, prepare: Prepare
) -> dict[str, np.ndarray]:
    """Reads a split into `images`; returns the other columns."""
    examples = builder.as_dataset(split=split, shuffle_files=False)
    batches = examples.map(prepare, tf.data.AUTOTUNE, deterministic=True).batch(_READ_BATCH)
    columns: dict[str, list[np.ndarray]] = {}
    start = 0
    for batch in batches.prefetch(2).as_numpy_iterator():
        stop = start + len(batch["image"])
        images[start:stop] = batch.pop("image")
        for name, values in batch.items():
            columns.setdefault(name, []).append(values.astype(np.int64))
        start = stop
    if start != len(images):
        raise UserError(
            f"data set {builder.name}: {start} of {len(images)} {split} images were read"
        )
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def square(image: tf.Tensor, size: int | None) -> tf.Tensor:
    """The central square of an image, resized (bilinear, antialiased); uint8 [size, size, C].

    With `size` None the image is returned unchanged.

    >>> image = tf.fill([218, 178, 3], tf.constant(255, tf.uint8))
    >>> square(image, 64).shape.as_list(), square(image, None).shape.as_list()
    ([64, 64, 3], [218, 178, 3])
    """
    if size is None:
        return image
    side = tf.minimum(tf.shape(image)[0], tf.shape(image)[1])
    channels = image.shape[-1]
    image = tf.image.resize_with_crop_or_pad(image, side, side)
    image = tf.image.resize(image, (size, size), antialias=True)
    image = tf.cast(tf.clip_by_value(tf.round(image), 0, 255), tf.uint8)
    return tf.ensure_shape(image, (size, size, channels))
