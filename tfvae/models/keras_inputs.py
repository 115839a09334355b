"""Images and labels in the forms that Keras' methods take, and what is wrong with them."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.schema import CATEGORICAL, IMAGE, LABEL, OBSERVED, TOLERANCE, UserError


def batch_of(data, spec) -> dict[str, Any]:
    """The batch {"image", "label", "observed"} that a step is given in one of Keras' forms.

    Args:
        data: A batch, images [B, H, W, C], or a tuple of one of them and of labels: classes [B], or
            [B, L].
        spec: DataSpec of the model.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("dots", (1, 1, 1), ("a", "b", "c"), "categorical")
    >>> batch = batch_of((tf.zeros([2, 1, 1, 1]), tf.constant([2, 0])), spec)
    >>> batch["label"].numpy().tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    batch = _named(data)
    if LABEL in batch:
        label = tf.convert_to_tensor(batch[LABEL])
        if label.shape.rank is None and label.dtype.is_integer:
            # Keras traces for both forms once it has seen both.
            classes = tf.size(label) == tf.shape(batch[IMAGE])[0]
            batch[LABEL] = tf.cond(
                classes, lambda: _one_hot(label, spec), lambda: tf.cast(label, tf.float32)
            )
        elif _are_classes(label, spec):
            batch[LABEL] = _one_hot(label, spec)
    known = [name for name in (IMAGE, LABEL, OBSERVED) if name in batch]
    batch |= {name: tf.cast(batch[name], tf.float32) for name in known}
    if LABEL in batch and OBSERVED in batch:
        # What stands in a cell that isn't known is nobody's, also if it is NaN.
        batch[LABEL] = tf.where(batch[OBSERVED] > 0, batch[LABEL], 0.0)
    return batch


def inputs_and_labels(data) -> tuple[Any, Any]:
    """(x, y) of what Keras takes as x, (x,) or (x, y); y may be None.

    Raises:
        UserError: more parts, as weights of examples.

    >>> inputs_and_labels("images"), inputs_and_labels(("images", "labels"))
    (('images', None), ('images', 'labels'))
    """
    parts = _tuple(data)
    if not 1 <= len(parts) <= 3:
        raise UserError(f"data are a batch, images or (images, labels), not {len(parts)} parts")
    x, y, weights = (*parts, None, None)[:3]
    if weights is not None:
        raise UserError("weights of examples are not supported: give (images, labels) alone")
    return x, y


def checked_source(model, x, y=None, labels: bool = True):
    """The data `x` in a form that Keras takes, once they, or their first batch, have been checked.

    Arrays are checked as a whole, a `tf.data.Dataset`, generator or `PyDataset` by its first batch,
    which is read once more for it (not from a generator). Sources that only Keras knows pass.

    Args:
        model: A model of this package.
        x, y: As in `fit`.
        labels: Whether the labels matter, too.
    Raises:
        UserError: what `check_batch` finds, or data without a batch.

    >>> import tfvae
    >>> model = tfvae.build_model("vae", tfvae.DataSpec("dots", (8, 8, 1)))
    >>> checked_source(model, (255 * np.eye(8) for _ in range(3)))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: images must be [N, 8, 8, 1], found [8, 8]
    """
    if isinstance(x, Iterator):
        first = _first(x)
        check_batch(model, first, labels)
        # Keras takes generators, and tuples from them, alone.
        return (_tuple(batch) for batch in itertools.chain([first], x))
    if isinstance(x, tf.data.Dataset):
        if any(part.shape.rank is None for part in tf.nest.flatten(x.element_spec)):
            raise UserError(
                "a tf.data.Dataset must know how many axes its tensors have: give "
                "`from_generator` an `output_signature`"
            )
        check_batch(model, _first(iter(x)), labels)
    elif isinstance(x, keras.utils.PyDataset):
        check_batch(model, x[0], labels)
    elif x is None or isinstance(x, (Mapping, list, tuple)) or hasattr(x, "shape"):
        check_batch(model, (x, y), labels)
    return x


def check_batch(model, data, labels: bool = True) -> None:
    """Does nothing if the data are right for the model.

    Args:
        model: A model of this package.
        data: As `batch_of` takes them, of any length.
        labels: Whether the labels matter, too.
    Raises:
        UserError: what is wrong, what was found, and what to do about it.

    >>> import tfvae
    >>> model = tfvae.build_model("vae", tfvae.DataSpec("dots", (8, 8, 1)))
    >>> check_batch(model, np.full([32, 8, 8, 1], 255, np.uint8))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: images must be float32 in [0, 1], found uint8 from 255 to 255: divide by 255
    """  # noqa: E501
    batch = _named(data)
    if IMAGE not in batch:
        raise UserError(f"a batch has images as 'image', found {', '.join(map(repr, batch))}")
    images = _array("images", batch[IMAGE])
    _check_images(images, model.spec)
    if not labels:
        return
    if LABEL in batch:
        _check_labels(batch, len(images), model.spec)
    elif model.needs_labels:
        raise UserError(
            f"{type(model).__name__} learns from labels: give (images, labels), or a batch with "
            f"'label' beside 'image'"
        )


def _check_images(images: np.ndarray, spec) -> None:
    shape = spec.image_shape
    if images.shape[1:] != shape or not len(images):
        hint = ""
        if images.shape == shape:
            hint = ": give a batch, such as image[None], or .batch(64) of a tf.data.Dataset"
        elif images.shape[1:] == shape[:2] and shape[2] == 1:
            hint = ": add the axis of the channels, images[..., None]"
        raise UserError(f"images must be {_axes('N', *shape)}, found {_axes(*images.shape)}{hint}")
    low, high = float(images.min()), float(images.max())
    if images.dtype.kind == "f" and low >= -TOLERANCE and high <= 1 + TOLERANCE:
        return
    found, hint = f"{images.dtype} from {low:.4g} to {high:.4g}", ""
    if np.isnan(low):
        found = f"{images.dtype} with NaN"
    elif low >= 0 and 1 < high <= 255:
        hint = ": divide by 255"
    elif -1 <= low <= -0.5 and high <= 1:
        hint = ": take (images + 1) / 2"
    elif low >= 0 and high <= 1:
        hint = ': images.astype("float32")'
    raise UserError(f"images must be float32 in [0, 1], found {found}{hint}")


def _check_labels(batch: Mapping[str, Any], count: int, spec) -> None:
    if not spec.num_labels:
        raise UserError(
            f"the model was made for data without labels ({spec.name!r}): leave the labels out, or "
            f"name them in the DataSpec"
        )
    labels, shape = _array("labels", batch[LABEL]), (count, spec.num_labels)
    wanted = f"0 or 1, {_axes('N', spec.num_labels)}"
    if spec.label_kind == CATEGORICAL:
        wanted = f"classes [N] from 0 to {spec.num_labels - 1} or one-hot {wanted}"
    known = _array("observed", batch[OBSERVED]) if OBSERVED in batch else np.ones(shape)
    if known.shape != shape or not np.isin(known, (0, 1)).all():
        raise UserError(
            f"observed must be 0 or 1, {_axes(*shape)}, found {_axes(*known.shape)} from "
            f"{known.min()} to {known.max()}"
        )
    found = ""
    if _are_classes(labels, spec):
        if labels.shape[:1] != (count,):
            found = f"{_axes(*labels.shape)} for {count} images"
        elif labels.min() < 0 or labels.max() >= spec.num_labels:
            found = f"classes from {labels.min()} to {labels.max()}"
    elif labels.shape != shape:
        found = f"{labels.dtype} {_axes(*labels.shape)} for {count} images"
    else:
        low, high = np.where(known, labels, 0).min(), np.where(known, labels, 0).max()
        sums = labels[known.all(axis=1)].sum(axis=1)
        if not (low >= 0 and high <= 1):
            found = f"values from {low:g} to {high:g}"
        elif spec.label_kind == CATEGORICAL and not np.allclose(sums, 1, atol=TOLERANCE):
            found = "rows whose sum isn't 1"
    if found:
        raise UserError(f"labels must be {wanted}; found {found}")


def _are_classes(label, spec) -> bool:
    """Whether a tensor or array holds the number of a class for each image."""
    integer = tf.as_dtype(label.dtype).is_integer and spec.label_kind == CATEGORICAL
    return integer and spec.num_labels > 1 and list(label.shape[1:]) in ([], [1])


def _one_hot(classes, spec):
    return tf.one_hot(tf.reshape(classes, [-1]), spec.num_labels)


def _named(data) -> dict[str, Any]:
    """The parts of a batch in any form by their names, as they are."""
    x, y = inputs_and_labels(data)
    batch = dict(x) if isinstance(x, Mapping) else {IMAGE: x}
    if y is not None and LABEL in batch:
        raise UserError("labels are given twice, in the batch and beside it")
    return batch if y is None else {**batch, LABEL: y}


def _tuple(data) -> tuple:
    return tuple(data) if isinstance(data, (tuple, list)) else (data,)


def _first(batches: Iterator):
    for batch in batches:
        return batch
    raise UserError("the data have no batch")


def _array(name: str, values) -> np.ndarray:
    if not (hasattr(values, "shape") and hasattr(values, "dtype")):
        raise UserError(f"{name} must be one array or tensor, found {type(values).__name__}")
    array = np.asarray(values)
    if tf.as_dtype(values.dtype) == tf.bfloat16:
        array = array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        raise UserError(f"{name} must be numbers, found {array.dtype}")
    return array


def _axes(*sizes) -> str:
    return f"[{', '.join(map(str, sizes))}]"
