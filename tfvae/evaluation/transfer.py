"""Images carried to domains by an export, what a classifier makes of them, and how they look."""

import numpy as np
from tqdm import tqdm

from tfvae.evaluation import plots
from tfvae.evaluation.context import Context
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


def contact_sheet(context: Context, images: np.ndarray, strength: float):
    """Images carried to every domain: several of them, or one where the domains are many."""
    names = context.spec.label_names
    title = f"{context.export.run}: test images of {context.data_name} carried to every domain"
    if len(names) <= 16:
        rows = images[:6]
        cells = [rows, *(carry(context.export, rows, i, strength) for i in range(len(names)))]
        return plots.image_grid(
            np.stack(cells, axis=1),
            f"{title}, strength {strength:g}",
            column_labels=["original", *(plots.shortened(name) for name in names)],
            y_label="test images",
        )
    one = images[:1]
    cells = [one, *(carry(context.export, one, i, strength) for i in range(len(names)))]
    return plots.image_sheet(
        np.concatenate(cells), ["original", *names], f"{title}, strength {strength:g}", columns=9
    )
