"""The functions that an export serves: they check a request, then call the model.

TensorFlow's kernels take what they get: some turn NaN into 0, others end the process at a tensor of
another rank. A server hands the error of a check on to the client.
"""

import functools
from collections.abc import Callable, Sequence

import tensorflow as tf

from tfvae.exports.contract import IN_BYTES, LABEL_NAME, SIGNATURES, WITH_BYTES
from tfvae.exports.encoded import decoded, encoded, marked
from tfvae.exports.inputs import RANGES
from tfvae.schema import DataSpec

Endpoint = tuple[Callable, Sequence[tf.TensorSpec]]


def checking(name: str, function: Callable, specs: Sequence[tf.TensorSpec]) -> Callable:
    """The function of a signature, from tensors that it checks to a dictionary of the outputs.

    Args:
        name: A signature of `contract.SIGNATURES`.
        function: From tensors to one tensor, or to a dictionary with the names of the outputs.
        specs: Its inputs; the first axis is the batch.

    >>> decode = checking("decode", lambda z: 2 * z, [tf.TensorSpec([None, 2], name="latent")])
    >>> decode(tf.ones([1, 2]))["image"].numpy().tolist()
    [[2.0, 2.0]]
    >>> decode(tf.fill([1, 2], float("nan")))
    Traceback (most recent call last):
        ...
    tensorflow...InvalidArgumentError: ...latent must be finite numbers...
    """
    outputs = SIGNATURES[name][1]

    @functools.wraps(function)
    def checked(*tensors):
        found = function(*_checked(tensors, specs))
        return found if isinstance(found, dict) else {outputs[0]: found}

    return checked


def bytes_endpoint(
    name: str, served: Callable, specs: Sequence[tf.TensorSpec], spec: DataSpec
) -> Endpoint | None:
    """The signature NAME_bytes, for files and names of labels in place of tensors; None if there
    is none.

    Args:
        name: A signature.
        served: Its function, to a dictionary of the outputs.
        specs: Its inputs.
        spec: The data that the model was made for.

    >>> specs = [tf.TensorSpec([None, 64], tf.float32, "latent")]
    >>> spec = DataSpec("dots", (8, 8, 1))
    >>> made, inputs = bytes_endpoint(
    ...     "decode", lambda z: {"image": tf.reshape(z, [-1, 8, 8, 1])}, specs, spec
    ... )
    >>> made(tf.zeros([2, 64]))["image_bytes"].shape.as_list(), inputs == specs
    ([2], True)
    """
    # The files that TensorFlow writes have one, three or four channels.
    if name not in WITH_BYTES or spec.image_shape[-1] not in (1, 3):
        return None
    inputs = [
        tf.TensorSpec([None], tf.string, IN_BYTES[each.name]) if each.name in IN_BYTES else each
        for each in specs
    ]

    def of_bytes(*tensors):
        given = [
            _tensor_of(tensor, each.name, spec) for tensor, each in zip(tensors, specs, strict=True)
        ]
        found = {IN_BYTES.get(key, key): value for key, value in served(*given).items()}
        if IN_BYTES["image"] in found:
            found[IN_BYTES["image"]] = encoded(found[IN_BYTES["image"]])
        if LABEL_NAME in SIGNATURES[f"{name}_bytes"][1]:
            names = tf.constant([spec.label_names])
            found[LABEL_NAME] = tf.tile(names, [tf.shape(found["probability"])[0], 1])
        return found

    return of_bytes, inputs


def _tensor_of(given: tf.Tensor, name: str, spec: DataSpec) -> tf.Tensor:
    """The input `name` of a signature, from what NAME_bytes takes in its place."""
    if name not in IN_BYTES:
        return given
    return decoded(given, spec) if name == "image" else marked(given, spec, IN_BYTES[name])


def _checked(tensors: Sequence[tf.Tensor], specs: Sequence[tf.TensorSpec]) -> list[tf.Tensor]:
    """The tensors, after checks of their shapes, lengths and values."""
    shaped = [
        tf.ensure_shape(tensor, spec.shape) for tensor, spec in zip(tensors, specs, strict=True)
    ]
    checks = []
    for tensor, spec in zip(shaped, specs, strict=True):
        if spec.name in RANGES:
            low, high, sentence = RANGES[spec.name]
            # Not true of NaN.
            inside = tf.reduce_all((tensor >= low) & (tensor <= high))
            checks.append(tf.debugging.Assert(inside, [sentence]))
        if tensor is not shaped[0]:
            same = tf.shape(tensor)[0] == tf.shape(shaped[0])[0]
            sentence = f"{specs[0].name} and {spec.name} must have equally many rows"
            checks.append(tf.debugging.Assert(same, [sentence]))
    with tf.control_dependencies(checks):
        return [tf.identity(tensor) for tensor in shaped]
