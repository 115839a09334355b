"""The labels that signatures take beside an image, a code or a seed."""

from collections.abc import Mapping

import numpy as np

from tfvae.exports.reader import Export
from tfvae.schema import CATEGORICAL, IMAGE, LABEL, OBSERVED, UserError


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


def drawn_labels(real, index: int, count: int, label_kind: str | None, rng) -> np.ndarray:
    """Labels to generate images for, float32 [count, L].

    Of classes it is the one-hot label; of attributes the labels of random test images with this
    attribute switched on (an unknown attribute is taken as 0).

    Args:
        real: "label" and "observed" of the test images, [N, L] each.
        index: Of the label.
        count: Number of rows.
        label_kind: "categorical" or "binary".
        rng: Chooses the test images.

    >>> real = {"label": np.array([[0, 0, 1]]), "observed": np.array([[1, 1, 1]])}
    >>> rng = np.random.default_rng(0)
    >>> drawn_labels(real, 1, 1, CATEGORICAL, rng), drawn_labels(real, 1, 1, "binary", rng)
    (array([[0., 1., 0.]], dtype=float32), array([[0., 1., 1.]], dtype=float32))
    """
    if label_kind == CATEGORICAL:
        labels = np.zeros((count, real[LABEL].shape[1]), np.float32)
    else:
        rows = rng.integers(len(real[LABEL]), size=count)
        labels = (real[LABEL][rows] * real[OBSERVED][rows]).astype(np.float32)
    labels[:, index] = 1
    return labels
