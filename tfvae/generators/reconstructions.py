"""A data set as an autoencoder reconstructs it."""

import hashlib

from tfvae.exports.reader import Export
from tfvae.schema import IMAGE


class Reconstructions:
    """A data set in which every image is replaced by its reconstruction.

    Vargas Aguilar & Gu (section 3.4) train their classifier on it.

    Args:
        dataset: The `Dataset` of the images.
        export: Encodes and decodes them.

    >>> from pathlib import Path
    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> encode, decode = lambda image: {"mean": image}, lambda latent: {"image": latent / 2}
    >>> functions = {"encode": encode, "decode": decode}
    >>> darker = SimpleNamespace(path=Path("darker/1"), function=functions.get)
    >>> batch = next(iter(Reconstructions(load_dataset("digits"), darker).batches("test", 8)))
    >>> float(batch["image"].numpy().max())  # 1 in the data set
    0.5
    """

    def __init__(self, dataset, export: Export):
        self.spec = dataset.spec
        self.options = dataset.options
        self.fingerprint = f"{dataset.fingerprint} through {_digest(export)}"
        self._dataset = dataset
        self._encode = export.function("encode")
        self._decode = export.function("decode")

    def train_batches(self, batch_size, **options):
        """As `Dataset.train_batches`."""
        return self._dataset.train_batches(batch_size, **options).map(self._through)

    def batches(self, split, batch_size):
        """As `Dataset.batches`."""
        return self._dataset.batches(split, batch_size).map(self._through)

    def _through(self, batch):
        code = self._encode(image=batch[IMAGE])["mean"]
        return {**batch, IMAGE: self._decode(latent=code)[IMAGE]}


def _digest(export: Export) -> str:
    """A hash of the export's graph and weights."""
    digest = hashlib.sha256()
    for path in sorted([*export.path.glob("*.pb"), *export.path.glob("variables/*")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
