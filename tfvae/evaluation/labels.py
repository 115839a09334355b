"""The labels of images, for signatures that take them beside an image or a code."""

from collections.abc import Mapping

import numpy as np

from tfvae.exports.reader import Export
from tfvae.schema import IMAGE, LABEL, OBSERVED, UserError


def label_inputs(
    export: Export, data: Mapping[str, np.ndarray], *signatures: str
) -> np.ndarray | None:
    """Labels of images, with what the export believes in place of the unknown ones.

    An unknown label reads 0 in the data. `cvae` and `m2` reconstruct an image with the probability
    by their own `classify`, so this is what takes its place.

    Args:
        export: To be called.
        data: As `Context.draw` returns it, N images.
        signatures: Those that will be called; if none of them takes a label, the labels are
            returned as they are.
    Returns:
        [N, L], or None for data without labels.
    Raises:
        UserError: a signature takes the label, some are unknown, and there is no `classify`.

    >>> from types import SimpleNamespace
    >>> def call(signature, image):
    ...     return {"probability": np.full([len(image), 2], 0.25)}
    >>> takes = {"decode": ["latent", "label"], "classify": ["image"]}
    >>> signatures = {name: {"inputs": inputs} for name, inputs in takes.items()}
    >>> export = SimpleNamespace(signatures=signatures, call=call)
    >>> data = {"image": np.zeros([1, 8, 8, 1]), "label": np.array([[1.0, 0.0]])}
    >>> data["observed"] = np.array([[1.0, 0.0]])
    >>> label_inputs(export, data, "decode").tolist()
    [[1.0, 0.25]]
    """
    from tfvae.probability.labels import completed

    label = data.get(LABEL)
    if label is None or data[OBSERVED].all():
        return label
    takers = [name for name in signatures if LABEL in export.signatures[name]["inputs"]]
    if not takers:
        return label
    if "classify" not in export.signatures:
        raise UserError(
            f"{export.path}: {takers[0]} takes the label of an image, and some labels are unknown; "
            "there is no signature 'classify' that could complete them"
        )
    believed = export.call("classify", image=data[IMAGE])["probability"]
    return completed(label, data[OBSERVED], believed).astype(np.float32)
