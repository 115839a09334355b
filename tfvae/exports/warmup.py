"""The requests that TensorFlow Serving replays when it loads an export, before it answers clients.

The first call of a signature takes many times as long as the next ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tfvae.exports.contract import IN_BYTES, WARMUP
from tfvae.schema import DataSpec


def example_inputs(inputs: Iterable[tf.TensorSpec], spec: DataSpec, rows: int = 1) -> dict:
    """A request that every signature with these inputs answers: name -> array, `rows` equal rows.

    >>> seed = tf.TensorSpec([None], tf.int64, "seed")
    >>> example_inputs([seed], DataSpec("dots", (8, 8, 1)), rows=2)
    {'seed': array([0, 0])}
    """
    black = tf.io.encode_png(np.zeros(spec.image_shape, np.uint8)).numpy()
    first = np.eye(spec.num_labels, dtype=np.float32)[:1]
    of_strings = {
        IN_BYTES["image"]: black,
        **dict.fromkeys((IN_BYTES["label"], IN_BYTES["target"]), "".join(spec.label_names[:1])),
    }
    found = {}
    for each in inputs:
        row = np.zeros(each.shape[1:], each.dtype.as_numpy_dtype)
        if each.dtype == tf.string:
            row = np.array(of_strings[each.name], object)
        elif each.name in ("label", "target"):
            row = first[0]
        found[each.name] = np.repeat(row[np.newaxis], rows, axis=0)
    return found


def write_warmup(
    folder: Path, model: str, signatures: Mapping[str, Sequence[tf.TensorSpec]], spec: DataSpec
) -> None:
    """Writes one request for each signature into a version folder.

    Args:
        folder: The version folder.
        model: Name of the model in the server.
        signatures: Name -> inputs.
        spec: The data that the model was made for.
    Raises:
        OSError, tf.errors.OpError: the folder can't be written.

    >>> import tempfile
    >>> signatures = {"sample": [tf.TensorSpec([None], tf.int64, "seed")]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_warmup(Path(folder), "vae_dots", signatures, DataSpec("dots", (8, 8, 1)))
    ...     records = list(tf.data.TFRecordDataset(f"{folder}/{WARMUP}").as_numpy_iterator())
    >>> log = prediction_log_pb2.PredictionLog.FromString(records[0])
    >>> log.predict_log.request.model_spec.signature_name, len(records)
    ('sample', 1)
    """
    path = folder / WARMUP
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in signatures.items():
            log = prediction_log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.name = model
            request.model_spec.signature_name = signature
            for name, value in example_inputs(inputs, spec).items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            writer.write(log.SerializeToString())
