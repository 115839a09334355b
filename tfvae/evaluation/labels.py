"""The labels of images, for exports that encode and decode an image with its label."""

from collections.abc import Mapping

import numpy as np

from tfvae.exports.reader import Export
from tfvae.schema import IMAGE, LABEL, OBSERVED, UserError


def label_inputs(export: Export, data: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Labels of images, with what the export believes in place of the unknown ones.

    An unknown label reads 0 in the data. A model that encodes an image with its label was trained
    with its own probabilities there, so they are what it is given here, by its `classify`.

    Args:
        export: Whose `encode`, `decode` or `reconstruct` will be called; if none of them takes a
            label, the labels are returned as they are.
        data: As `Context.draw` returns it, N images.
    Returns:
        [N, L], or None for data without labels.
    Raises:
        UserError: the export needs the labels, some are unknown, and it has no `classify`.

    >>> from types import SimpleNamespace
    >>> def call(signature, image):
    ...     return {"probability": np.full([len(image), 2], 0.25)}
    >>> signatures = {"encode": {"inputs": ["image", "label"]}, "classify": {"inputs": ["image"]}}
    >>> export = SimpleNamespace(signatures=signatures, call=call)
    >>> data = {"image": np.zeros([1, 8, 8, 1]), "label": np.array([[1.0, 0.0]])}
    >>> label_inputs(export, {**data, "observed": np.array([[1.0, 0.0]])}).tolist()
    [[1.0, 0.25]]
    """
    label = data.get(LABEL)
    if label is None or data[OBSERVED].all():
        return label
    takers = [
        name
        for name in ("encode", "decode", "reconstruct")
        if LABEL in export.signatures.get(name, {}).get("inputs", ())
    ]
    if not takers:
        return label
    if "classify" not in export.signatures:
        raise UserError(
            f"{export.path}: {takers[0]} takes the label of an image, and some labels are unknown; "
            "there is no signature 'classify' that could complete them"
        )
    believed = export.call("classify", image=data[IMAGE])["probability"]
    return np.where(data[OBSERVED] > 0, label, believed).astype(np.float32)
