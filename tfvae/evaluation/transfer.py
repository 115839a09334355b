"""Images carried to domains by an export, and what a classifier makes of them."""

import numpy as np
from tqdm import tqdm

from tfvae.evaluation.export import Export
from tfvae.schema import IMAGE


def carry(export: Export, images: np.ndarray, domain: int, strength: float) -> np.ndarray:
    """Images [N, H, W, C] carried to one domain, by its index."""
    target = np.zeros((len(images), export.spec.num_labels), np.float32)
    target[:, domain] = 1
    strengths = np.full(len(images), strength, np.float32)
    return export.call("transfer", image=images, target=target, strength=strengths)[IMAGE]


def carried_probabilities(export: Export, classifier, images: np.ndarray, strength: float):
    """f of every image carried to every domain: [N, n, n], the target along the second axis.

    One domain at a time: all images of all domains at once would be N n images in memory.
    """
    domains = tqdm(range(export.spec.num_labels), desc="transfer", disable=None, leave=False)
    return np.stack([classifier(carry(export, images, i, strength)) for i in domains], axis=1)
