"""One export in a swap: images of its own data, and their codes."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tfvae.evaluation.context import Context, DomainClassifier, Subject
from tfvae.exports.reader import Export
from tfvae.schema import IMAGE, LABEL, OBSERVED, TEST, TRAIN, VALIDATION, DataSpec, UserError


@dataclasses.dataclass(frozen=True)
class Sample:
    """Images of a split with their codes.

    Args:
        images: [N, H, W, C]; empty for training images, which aren't looked at again.
        codes: Posterior means, [N, D].
        label: 0 or 1, NaN where unknown, [N, L]; L is 0 without labels.

    >>> copying_side().test.codes.shape
    (20, 64)
    """

    images: np.ndarray
    codes: np.ndarray
    label: np.ndarray

    def part(self, rows: slice) -> "Sample":
        """Some of the rows, without images."""
        return Sample(self.images[:0], self.codes[rows], self.label[rows])


@dataclasses.dataclass(frozen=True)
class Side:
    """An export with its data.

    Args:
        name: Differs from that of every other side.
        context: Of this export and its data alone.
        samples: Split -> images and codes.
        reconstructions: Of the test images, [N, H, W, C].
        classifier: Of the data's labels; None without labels.

    >>> side = copying_side()
    >>> codes = side.encode(side.test.images)
    >>> bool((side.decode(codes) == side.test.images).all())
    True
    """

    name: str
    context: Context
    samples: Mapping[str, Sample]
    reconstructions: np.ndarray
    classifier: DomainClassifier | None

    @property
    def export(self) -> Export:
        """The export."""
        return self.context.export

    @property
    def spec(self) -> DataSpec:
        """The DataSpec of the data."""
        return self.context.spec

    @property
    def test(self) -> Sample:
        """The test images."""
        return self.samples[TEST]

    @property
    def mean_image(self) -> np.ndarray:
        """The mean of the validation images, [H, W, C]: the best guess that ignores the source."""
        return self.samples[VALIDATION].images.mean(axis=0)

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Posterior means, [N, D]."""
        return self.export.call("encode", image=images)["mean"]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Images of codes [N, D], [N, H, W, C]."""
        return self.export.call("decode", latent=codes)[IMAGE]


def make_side(
    name: str, context: Context, num_codes: int, num_images: int, classifier: str
) -> Side:
    """Encodes images of each split.

    Args:
        name: As for `Side`.
        context: Of one export.
        num_codes: Number of training images, at most.
        num_images: Number of validation and of test images, at most.
        classifier: Architecture; "auto" as for `Context.architecture`.
    Raises:
        UserError: the export's `encode` or `decode` takes a label.

    >>> side = make_side("a", copying_side().context, 50, 10, "auto")
    >>> {split: len(sample.codes) for split, sample in side.samples.items()}
    {'train': 50, 'validation': 10, 'test': 10}
    """
    for signature in ("encode", "decode"):
        if "label" in context.export.inputs(signature):
            raise UserError(
                f"metric swap: {signature!r} of the export {context.export.path} takes a label; "
                "codes that need one can't be decoded by another model"
            )
    counts = {TRAIN: num_codes, VALIDATION: num_images, TEST: num_images}
    samples = {split: _sample(context, split, count) for split, count in counts.items()}
    return Side(
        name,
        context,
        samples,
        context.export.call("decode", latent=samples[TEST].codes)[IMAGE],
        context.classifier(context.architecture(classifier)) if context.spec.num_labels else None,
    )


def copying_side(name: str = "copy") -> Side:
    """Digits of 8x8 pixels and a model that copies them, whose codes are the pixels; for examples.

    >>> copying_side("a").name
    'a'
    """
    from tfvae.data import load_dataset

    def call(signature, image=None, latent=None):
        if signature == "encode":
            return {"mean": image.reshape(len(image), 64)}
        return {"image": latent.reshape(len(latent), 8, 8, 1)}

    export: Any = SimpleNamespace(run=name, path=Path(name), call=call, inputs=lambda _: ())
    export.manifest = {}
    subject = Subject(export, load_dataset("digits", image_size=8))
    brightness = {"cnn": lambda images: np.repeat(images.mean(axis=(1, 2)), 10, axis=1)}
    return make_side(name, Context([subject], classifiers=brightness), 200, 20, "auto")


def paired(first: Side, second: Side) -> bool:
    """Whether row i of every sample of both sides is of the same content.

    >>> paired(copying_side("a"), copying_side("b"))
    True
    """
    one, other = first.context.dataset, second.context.dataset
    return one.pairing == other.pairing and one.spec.num_examples == other.spec.num_examples


def _sample(context: Context, split: str, count: int) -> Sample:
    data = context.draw(split, count)
    label = data.get(LABEL, np.zeros([len(data[IMAGE]), 0], np.float32))
    if OBSERVED in data:
        label = np.where(data[OBSERVED] > 0, label, np.nan)
    codes = context.export.call("encode", image=data[IMAGE])["mean"]
    return Sample(data[IMAGE][:0].copy() if split == TRAIN else data[IMAGE], codes, label)
