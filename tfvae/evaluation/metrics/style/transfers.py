"""Test images and their transfers to every label that they lack."""

import dataclasses

import numpy as np
from tqdm import tqdm

from tfvae.evaluation.context import Context
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.transfer import transfer
from tfvae.schema import BINARY, IMAGE, LABEL, OBSERVED, TEST, UserError


@dataclasses.dataclass(frozen=True)
class Transfers:
    """Test images, each transferred to every label that it is known to lack.

    Args:
        images: Test images, [N, H, W, C].
        groups: The class of each test image, int [N]; 0 for attributes, -1 if it is unknown.
        reconstructions: Of the test images.
        rows: Index of the test image, int [T].
        targets: Index of the label, int [T].
        made: The transferred images, [T, H, W, C].

    >>> made = Transfers(np.zeros([2, 8, 8, 1]), np.array([0, 1]), np.zeros([2, 8, 8, 1]),
    ...                  rows=np.array([0, 1]), targets=np.array([1, 0]),
    ...                  made=np.zeros([2, 8, 8, 1]))
    >>> made.per_image(np.array([0.5, 0.7])).tolist()
    [0.5, 0.7]
    """

    images: np.ndarray
    groups: np.ndarray
    reconstructions: np.ndarray
    rows: np.ndarray
    targets: np.ndarray
    made: np.ndarray

    def per_image(self, values: np.ndarray) -> np.ndarray:
        """Means over the transfers [T] of each test image that has any; NaN is left out."""
        known = np.isfinite(values)
        counts = np.bincount(self.rows[known], minlength=len(self.images))
        sums = np.bincount(self.rows[known], values[known], len(self.images))
        return sums[counts > 0] / counts[counts > 0]

    def clustered(self, terms: np.ndarray) -> np.ndarray:
        """Linear terms [T] of a mean over transfers, summed to terms of the test images, [N].

        An image is a cluster: its transfers share what there was to keep.
        """
        sums = np.bincount(self.rows, terms, len(self.images))
        return sums * (len(self.images) / len(self.rows))


def make_transfers(context: Context, num_images: int, strength: float) -> Transfers:
    """The export's transfers of test images, in the order of the labels.

    Raises:
        UserError: no test image is known to lack a label.

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> data = load_dataset("digits")
    >>> def same(signature, image, **_):
    ...     return {"image": image}
    >>> export = SimpleNamespace(run="same", spec=data.spec, signatures={}, call=same)
    >>> made = make_transfers(Context([Subject(export, data)]), num_images=3, strength=1.0)
    >>> len(made.images), len(made.made)  # to the nine other classes
    (3, 27)
    """
    export, data = context.export, context.draw(TEST, num_images)
    images, label, known = data[IMAGE], data[LABEL], data[OBSERVED] > 0
    lacking = known & (label < 0.5)
    made, rows, targets = [], [], []
    for index in tqdm(range(label.shape[1]), desc="transfer", disable=None, leave=False):
        chosen = np.flatnonzero(lacking[:, index])
        if len(chosen):
            made.append(transfer(export, images[chosen], index, strength))
            rows.append(chosen)
            targets.append(np.full(len(chosen), index))
    if not made:
        raise UserError("metric style: no test image is known to lack a label")
    given = label_inputs(export, data, "reconstruct")
    groups = np.where(known.all(axis=1), label.argmax(axis=1), -1)
    return Transfers(
        images,
        np.zeros(len(images), int) if context.spec.label_kind == BINARY else groups,
        export.call("reconstruct", image=images, label=given)[IMAGE],
        np.concatenate(rows),
        np.concatenate(targets),
        np.concatenate(made),
    )
