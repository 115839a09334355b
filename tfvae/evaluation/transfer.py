"""Images carried to domains by an export, what a classifier makes of them, and how they look."""

import numpy as np
from tqdm import tqdm

from tfvae.evaluation import plots
from tfvae.evaluation.context import Context
from tfvae.evaluation.export import Export
from tfvae.schema import IMAGE, TEST


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


def edited_probabilities(context: Context, classifier, rows: np.ndarray) -> np.ndarray:
    """f of the test examples at `rows`, drawn again with each label on: [N, n, n]."""
    labels = tqdm(range(context.spec.num_labels), desc="perfect edit", disable=None, leave=False)
    return np.stack([classifier(context.edited(TEST, rows, i)) for i in labels], axis=1)


def carry_everywhere(export: Export, image: np.ndarray, strength: float) -> np.ndarray:
    """One image [1, H, W, C] carried to every domain: [n, H, W, C]."""
    domains = export.spec.num_labels
    return export.call(
        "transfer",
        image=np.repeat(image, domains, axis=0),
        target=np.eye(domains, dtype=np.float32),
        strength=np.full(domains, strength, np.float32),
    )[IMAGE]


def contact_sheet(context: Context, images: np.ndarray, strength: float):
    """Images carried to every domain: several of them, or one where the domains are many."""
    names = context.spec.label_names
    rows = images[: 6 if len(names) <= 16 else 1]
    cells = np.stack(
        [
            np.concatenate([row[None], carry_everywhere(context.export, row[None], strength)])
            for row in rows
        ]
    )
    columns = ["original", *(plots.shortened(name) for name in names)]
    title = f"{context.export.run}: test images of {context.data_name} carried to every domain"
    title = f"{title}, strength {strength:g}"
    if len(names) <= 16:
        return plots.image_grid(cells, title, column_labels=columns, y_label="test images")
    return plots.image_blocks(cells, title, column_labels=columns)
