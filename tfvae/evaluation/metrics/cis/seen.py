"""Which attributes the domain classifier can tell at all, and the score over these alone.

An attribute that the classifier cannot tell gives a gain of about 0 whatever a transfer does, and
pulls every model towards 0.
"""

import numpy as np

from tfvae.classifiers.scores import binary_scores
from tfvae.evaluation.context import POOL, Context, DomainClassifier, Intervals, Values
from tfvae.evaluation.metrics.cis.scores import PARTS, TestImages
from tfvae.schema import BINARY, IMAGE, LABEL, OBSERVED, VALIDATION

# Least balanced accuracy on validation images; 0.5 is chance.
LEAST = 0.6


def balanced_accuracies(probability: np.ndarray, data: dict[str, np.ndarray]) -> np.ndarray:
    """Mean of true positive and true negative rate of each attribute, [L]; NaN where no image is
    known to have it, or none to lack it.

    Args:
        probability: Of the attributes, [N, L].
        data: With "label" and "observed", [N, L] each.

    >>> data = {"label": np.array([[1], [0], [0]]), "observed": np.ones([3, 1])}
    >>> balanced_accuracies(np.array([[0.9], [0.2], [0.8]]), data).tolist()
    [0.75]
    """
    return binary_scores(probability, data[LABEL], data[OBSERVED] > 0)[2]


def seen_domains(context: Context, domain_classifier: DomainClassifier) -> np.ndarray | None:
    """Indices of the attributes whose balanced accuracy on validation images is 0.6 or more; None
    for classes.

    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> context = Context([Subject(None, load_dataset("digits"))])
    >>> seen_domains(context, lambda images: images) is None
    True
    """
    if context.spec.label_kind != BINARY:
        return None
    data = context.draw(VALIDATION, POOL)
    found = balanced_accuracies(domain_classifier(data[IMAGE]), data)
    return np.flatnonzero(found >= LEAST)


def seen_scores(
    test_images: TestImages, transferred: np.ndarray, seen: np.ndarray
) -> tuple[Values, Intervals]:
    """`seen_cis`, `seen_ts` and `seen_rs`: the scores as if there were only these domains.

    Args:
        test_images: The images that were transferred.
        transferred: Their f after the transfer, [N, n, n].
        seen: Indices of domains, of at least one.

    >>> from types import SimpleNamespace
    >>> from tfvae.evaluation.metrics.cis.scores import Scores
    >>> scores = Scores({"cis": 0.5, "ts": 0.6, "rs": -0.1}, {"cis": (0, 1)}, {}, None, None)
    >>> images = SimpleNamespace(scores=lambda transferred, domains: scores)
    >>> seen_scores(images, np.zeros([1, 2, 2]), np.array([0]))[0]
    {'seen_cis': 0.5, 'seen_ts': 0.6, 'seen_rs': -0.1}
    """
    found = test_images.scores(transferred, seen)
    intervals = {f"seen_{part}": found.intervals[part] for part in PARTS if part in found.intervals}
    return {f"seen_{part}": found.values[part] for part in PARTS}, intervals
