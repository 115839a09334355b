"""The signatures of a loaded graph against those that its manifest lists."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfvae.exports.contract import IN_BYTES, LABEL_NAME, SIGNATURES
from tfvae.schema import DataSpec


def check_signatures(
    functions: Mapping[str, Any],
    listed: Mapping[str, Mapping[str, list[str]]],
    spec: DataSpec,
) -> None:
    """Checks the names, shapes and kinds of values of each signature that a manifest lists.

    Args:
        functions: Name -> signature of a loaded SavedModel.
        listed: Name -> {"inputs": [...], "outputs": [...]}.
        spec: The images and labels that the manifest speaks of.
    Raises:
        ValueError: the first contradiction.

    >>> encode = {"encode": {"inputs": ["image"], "outputs": ["mean", "stddev"]}}
    >>> check_signatures({}, encode, DataSpec("digits", (28, 28, 1)))
    Traceback (most recent call last):
        ...
    ValueError: it has no signature encode
    """
    codes: dict[str, int] = {}
    for name, about in listed.items():
        if name not in functions:
            raise ValueError(f"it has no signature {name}")
        _, inputs = functions[name].structured_input_signature
        outputs = functions[name].structured_outputs
        for kind, names, found in (
            ("takes", about["inputs"], inputs),
            ("returns", about["outputs"], outputs),
        ):
            if set(names) != set(found):
                raise ValueError(
                    f"{name} {kind} {', '.join(sorted(found))}, listed are "
                    f"{', '.join(sorted(names))}"
                )
            if name in SIGNATURES:
                for tensor, value in found.items():
                    size = _check_tensor(f"{name} {kind} {tensor}", name, tensor, value, spec)
                    if size is not None:
                        codes[f"{name} {kind} {tensor}"] = size
    if len(set(codes.values())) > 1:
        sizes = ", ".join(f"{where} [B, {size}]" for where, size in codes.items())
        raise ValueError(f"codes differ in size: {sizes}")


def _check_tensor(
    where: str, signature: str, tensor: str, value: tf.TensorSpec, spec: DataSpec
) -> int | None:
    """Checks an input or output; returns the size of a code where it is known."""
    is_text = tensor in IN_BYTES.values()
    if is_text != (value.dtype == tf.string) or not (
        is_text or value.dtype.is_floating or value.dtype.is_integer
    ):
        raise ValueError(f"{where} as {value.dtype.name}")
    expected = _shape(signature, tensor, spec)
    if expected is not None and not value.shape.is_compatible_with([None, *expected]):
        raise ValueError(f"{where} {list(value.shape)}, it should be {[None, *expected]}")
    is_code = expected == (None,)
    return value.shape[1] if is_code and value.shape.rank is not None else None


def _shape(signature: str, tensor: str, spec: DataSpec) -> tuple[int | None, ...] | None:
    """The shape of a row, None for a size of codes; None where the contract fixes none."""
    match signature, tensor:
        case _, "image":
            return spec.image_shape
        case "in_use", "probability":
            return (None,)
        case _, "label" | "target" | "probability":
            return (spec.num_labels,) if spec.num_labels else None
        case _, "latent" | "mean" | "stddev":
            return (None,)
        case "classify_bytes", tensor if tensor == LABEL_NAME:
            return (spec.num_labels,)
        case _, "image_bytes" | "label_name" | "target_name":
            return ()
        case _, "seed" | "strength" | "log_likelihood" | "elbo":
            return ()
    return None
