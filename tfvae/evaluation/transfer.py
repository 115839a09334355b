"""Images transferred to domains by an export: their classification and how they look."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from tfvae import plots
from tfvae.evaluation.context import Context, DomainClassifier, Rows
from tfvae.evaluation.transfer_scores import image_scores
from tfvae.exports.reader import Export
from tfvae.schema import IMAGE, TEST

STRENGTHS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)
# The score doesn't see what is lost within a domain: where it saturates, ever stronger transfers
# that end in one prototype would win by a thousandth.
STRENGTH_TOLERANCE = 0.025


def transfer(export: Export, images: np.ndarray, domain: int, strength: float) -> np.ndarray:
    """Images [N, H, W, C] transferred to one domain, by its index."""
    target = np.zeros((len(images), export.spec.num_labels), np.float32)
    target[:, domain] = 1
    strengths = np.full(len(images), strength, np.float32)
    return export.call("transfer", image=images, target=target, strength=strengths)[IMAGE]


def transfer_probabilities(export: Export, classifier, images: np.ndarray, strength: float):
    """f of every image transferred to every domain: [N, n, n], the target along the second axis.

    One domain at a time: all images of all domains at once would be N n images in memory.
    """
    domains = tqdm(range(export.spec.num_labels), desc="transfer", disable=None, leave=False)
    return np.stack([classifier(transfer(export, images, i, strength)) for i in domains], axis=1)


def edited_probabilities(context: Context, classifier, rows: np.ndarray) -> np.ndarray:
    """f of the test examples at `rows`, drawn again with each label on: [N, n, n]."""
    labels = tqdm(range(context.spec.num_labels), desc="perfect edit", disable=None, leave=False)
    return np.stack([classifier(context.edited(TEST, rows, i)) for i in labels], axis=1)


def transfer_to_all(export: Export, image: np.ndarray, strength: float) -> np.ndarray:
    """One image [1, H, W, C] transferred to every domain: [n, H, W, C]."""
    domains = export.spec.num_labels
    return export.call(
        "transfer",
        image=np.repeat(image, domains, axis=0),
        target=np.eye(domains, dtype=np.float32),
        strength=np.full(domains, strength, np.float32),
    )[IMAGE]


def contact_sheet(context: Context, images: np.ndarray, strength: float):
    """Images transferred to every domain: several of them, or one where the domains are many."""
    names = context.spec.label_names
    rows = images[: 6 if len(names) <= 16 else 1]
    cells = np.stack(
        [
            np.concatenate([row[None], transfer_to_all(context.export, row[None], strength)])
            for row in rows
        ]
    )
    columns = ["original", *(plots.shortened(name) for name in names)]
    title = f"{context.export.run}: test images of {context.data_name} transferred to every domain"
    title = f"{title}, strength {strength:g}"
    if len(names) <= 16:
        return plots.image_grid(cells, title, column_labels=columns, y_label="test images")
    return plots.image_blocks(cells, title, column_labels=columns)


def choose_strength(
    export: Export,
    domain_classifier: DomainClassifier,
    images: np.ndarray,
    original: np.ndarray,
    strengths: Sequence[float] = STRENGTHS,
) -> tuple[float, Rows]:
    """The weakest strength whose CIS on validation images is within 2.5 % of the best.

    Args:
        export: With `transfer`.
        domain_classifier: f.
        images: Validation images, [N, H, W, C].
        original: f of them, [N, n].
        strengths: To choose from.
    Returns:
        The strength, and the mean scores of each that was tried, the weakest first.
    """
    rows = []
    for value in tqdm(sorted(set(strengths)), desc="strength", disable=None, leave=False):
        transferred = transfer_probabilities(export, domain_classifier, images, value)
        means = {name: float(x.mean()) for name, x in image_scores(transferred, original).items()}
        rows.append({"strength": float(value), **means})
    best = max(row["cis"] for row in rows)
    enough = best - STRENGTH_TOLERANCE * abs(best)
    return next(row["strength"] for row in rows if row["cis"] >= enough), rows
