"""Images transferred to domains by an export: the images, and their classification."""

from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from tfvae import plots
from tfvae.evaluation.context import Context, DomainClassifier, Rows
from tfvae.evaluation.transfer_scores import image_scores
from tfvae.exports.reader import Export
from tfvae.schema import IMAGE, TEST

STRENGTHS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)
# The score doesn't measure the variety within a domain. Once it saturates, stronger and stronger
# transfers, which make all images of a domain alike, would still be better by a thousandth.
STRENGTH_TOLERANCE = 0.025


def transfer(export: Export, images: np.ndarray, domain: int, strength: float) -> np.ndarray:
    """Images transferred to one domain.

    Args:
        export: With `transfer`.
        images: [N, H, W, C].
        domain: Its index.
        strength: The same for all images.
    Returns:
        [N, H, W, C].

    >>> from types import SimpleNamespace
    >>> write = lambda signature, image, target, strength: {"image": target[:, :, None, None]}
    >>> export = SimpleNamespace(spec=SimpleNamespace(num_labels=2), call=write)
    >>> transfer(export, np.zeros([1, 2, 1, 1]), domain=1, strength=1.0).ravel().tolist()
    [0.0, 1.0]
    """
    target = np.zeros((len(images), export.spec.num_labels), np.float32)
    target[:, domain] = 1
    strengths = np.full(len(images), strength, np.float32)
    return export.call("transfer", image=images, target=target, strength=strengths)[IMAGE]


def transfer_probabilities(export: Export, classifier, images: np.ndarray, strength: float):
    """The classifier's probabilities of every image transferred to every domain.

    It transfers to one domain after another, so as not to hold N n images in memory.

    Args:
        export: With `transfer`.
        classifier: Images -> probabilities.
        images: [N, H, W, C].
        strength: Of the transfer.
    Returns:
        [N, n, n]: image, target domain, domain whose probability it is.

    >>> from types import SimpleNamespace
    >>> write = lambda signature, image, target, strength: {"image": target[:, :, None, None]}
    >>> export = SimpleNamespace(spec=SimpleNamespace(num_labels=2), call=write)
    >>> read = lambda images: images[:, :, 0, 0]
    >>> transfer_probabilities(export, read, np.zeros([1, 2, 1, 1]), strength=1.0).tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """
    domains = tqdm(range(export.spec.num_labels), desc="transfer", disable=None, leave=False)
    return np.stack([classifier(transfer(export, images, i, strength)) for i in domains], axis=1)


def edited_probabilities(context: Context, classifier, rows: np.ndarray) -> np.ndarray:
    """The classifier's probabilities of test examples drawn again with each label switched on.

    Args:
        context: Its data set can draw the perfect edit.
        classifier: Images -> probabilities.
        rows: Indices of the examples in the data set, [N].
    Returns:
        [N, n, n]: example, label that was switched on, label whose probability it is.

    >>> from types import SimpleNamespace
    >>> edited = lambda split, rows, label: np.full([len(rows), 1, 1, 1], label)
    >>> context = SimpleNamespace(spec=SimpleNamespace(num_labels=2), edited=edited)
    >>> read = lambda images: np.eye(2)[images[:, 0, 0, 0]]
    >>> edited_probabilities(context, read, rows=np.array([7])).tolist()
    [[[1.0, 0.0], [0.0, 1.0]]]
    """
    labels = tqdm(range(context.spec.num_labels), desc="perfect edit", disable=None, leave=False)
    return np.stack([classifier(context.edited(TEST, rows, i)) for i in labels], axis=1)


def transfer_to_all(export: Export, image: np.ndarray, strength: float) -> np.ndarray:
    """One image [1, H, W, C] transferred to every domain: [n, H, W, C].

    >>> from types import SimpleNamespace
    >>> same = lambda signature, image, target, strength: {"image": image}
    >>> export = SimpleNamespace(spec=SimpleNamespace(num_labels=10), call=same)
    >>> transfer_to_all(export, np.zeros([1, 28, 28, 1]), strength=1.0).shape
    (10, 28, 28, 1)
    """
    domains = export.spec.num_labels
    return export.call(
        "transfer",
        image=np.repeat(image, domains, axis=0),
        target=np.eye(domains, dtype=np.float32),
        strength=np.full(domains, strength, np.float32),
    )[IMAGE]


def contact_sheet(context: Context, images: np.ndarray, strength: float):
    """A figure of images transferred to every domain: six images, or one if the domains are many.

    >>> from types import SimpleNamespace
    >>> spec = SimpleNamespace(label_names=("cat", "dog"), num_labels=2)
    >>> same = lambda signature, image, target, strength: {"image": image}
    >>> export = SimpleNamespace(run="same", spec=spec, call=same)
    >>> context = SimpleNamespace(spec=spec, data_name="animals", export=export)
    >>> figure = contact_sheet(context, np.zeros([3, 8, 8, 1]), strength=1.0)
    >>> " ".join(figure.get_suptitle().split())
    'same: test images of animals transferred to every domain, strength 1'
    """
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

    A transfer that changes nothing has the same CIS at every strength; the weakest is chosen:

    >>> from types import SimpleNamespace
    >>> same = lambda signature, image, target, strength: {"image": image}
    >>> export = SimpleNamespace(spec=SimpleNamespace(num_labels=2), call=same)
    >>> classifier = lambda images: np.full([len(images), 2], 0.5)
    >>> images, original = np.zeros([3, 8, 8, 1]), np.full([3, 2], 0.5)
    >>> strength, tried = choose_strength(export, classifier, images, original, (2.0, 1.0))
    >>> strength, [row["cis"] for row in tried]
    (1.0, [0.0, 0.0])
    """
    rows = []
    for value in tqdm(sorted(set(strengths)), desc="strength", disable=None, leave=False):
        transferred = transfer_probabilities(export, domain_classifier, images, value)
        means = {name: float(x.mean()) for name, x in image_scores(transferred, original).items()}
        rows.append({"strength": float(value), **means})
    best = max(row["cis"] for row in rows)
    enough = best - STRENGTH_TOLERANCE * abs(best)
    return next(row["strength"] for row in rows if row["cis"] >= enough), rows
