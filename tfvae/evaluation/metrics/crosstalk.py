"""The change of other attributes by a transfer: as large as the label vectors predict?

Okamoto et al. (2018) make the logits of the labels linear in the code, logits = U z + b, and
transfer an image to label i by a step lambda u_i, row i of U. Such a step changes logit j by
lambda (U U^T)_ij. Any export that serves its label vectors can be scored.
"""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt
from pydantic import PositiveInt
from scipy import stats
from scipy.special import expit, logit

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import correlation_interval, make_rng
from tfvae.evaluation.transfer import choose_strength, transfer_probabilities
from tfvae.exports.needs import Needs
from tfvae.schema import BINARY, IMAGE, TEST, VALIDATION, UserError

NEEDS = Needs(signatures=("label_vector", "classify", "transfer"), labels=True)

RESAMPLES = 500


def crosstalk(
    context: Context,
    *,
    num_images: PositiveInt = 400,
    strength: Annotated[float, Gt(0)] | Literal["auto"] = "auto",
    validation_images: PositiveInt = 40,
    classifier: Literal["auto", "cnn", "cnn_bn", "cnn_bn_deep"] = "auto",
) -> Result:
    """Do transfers change the other attributes as the label vectors predict?

    Test images are transferred to each attribute. For each ordered pair of different attributes
    (i, j), two numbers are compared: how much the transfer to i changes the probability of j
    according to a domain classifier (the measured change, averaged over images), and how much it
    should change it according to the export's own `classify` and label vectors (the predicted
    change, see `predicted_change`). Values:

    * `correlation` (Pearson) and `rank_correlation` (Spearman) of predicted and measured change
      over all pairs: 1 where the vectors explain what else a transfer changes, 0 where they say
      nothing about it.
    * `gram_correlation`, the Pearson correlation of the entries of U U^T with the measured change.
    * `strength`, at which the images were transferred.

    Args:
        num_images: Number of test images.
        strength: Strength of the transfer; auto: chosen as in `cis`.
        validation_images: Number of validation images that auto compares the strengths on.
        classifier: Architecture of the domain classifier that measures the change; auto as in
            `cis`.

    The signatures that an export must have:

    >>> NEEDS.signatures
    ('label_vector', 'classify', 'transfer')
    """
    if context.spec.label_kind != BINARY:
        raise UserError(
            f"crosstalk is between attributes; the labels of {context.spec.name} are classes"
        )
    export = context.export
    images = context.draw(TEST, num_images)[IMAGE]
    domains = np.eye(context.spec.num_labels, dtype=np.float32)
    vectors = export.call("label_vector", target=domains)["latent"].astype(np.float64)
    # What is served is lambda u_i at strength 1.
    steps = np.array(export.manifest.get("lambda_per_strength", np.ones(len(vectors))))[:, None]
    vectors = vectors / steps
    gram = vectors @ vectors.T
    domain_classifier = context.classifier(context.architecture(classifier))
    if strength == "auto":
        chosen_on = context.draw(VALIDATION, validation_images)[IMAGE]
        strength, _ = choose_strength(
            export, domain_classifier, chosen_on, domain_classifier(chosen_on)
        )
    measured = (
        transfer_probabilities(export, domain_classifier, images, strength)
        - domain_classifier(images)[:, None]
    )
    probability = export.call("classify", image=images)["probability"]
    predicted = predicted_change(probability, steps * gram, float(strength))
    values, intervals = _agreement(gram, predicted, measured, context.seed)
    values["strength"] = float(strength)
    mean = measured.mean(axis=0)
    names = context.spec.label_names
    title = f"{export.run} on {context.data_name}, strength {strength:g}"
    return Result(
        values,
        intervals,
        len(images),
        settings={"strength": float(strength)},
        tables={"Strongest measured": _strongest(names, gram, predicted, mean)},
        figures={
            "matrices": plots.matrices(
                {
                    "Gram matrix U U^T": gram,
                    "predicted change of probability": predicted.mean(axis=0),
                    "measured change of probability, M": mean,
                },
                names,
                f"{title}: transferred to (row), changed (column)",
            )
        },
    )


def predicted_change(probability: np.ndarray, gram: np.ndarray, strength: float) -> np.ndarray:
    """The change of each label's probability that a step along each label vector should cause.

    It is sigmoid(l_j + strength g_ij) - sigmoid(l_j), with l_j the logit of label j.

    Args:
        probability: Of each label, by the export's own classifier, [N, L].
        gram: g, by how much a unit of strength along vector i changes logit j, [L, L].
        strength: Strength of the transfer.
    Returns:
        [N, L, L]: the vector stepped along, then the label whose probability changes.

    Orthogonal vectors change no other label; sigmoid(log 3) = 0.75:

    >>> predicted_change(np.array([[0.5, 0.5]]), np.eye(2), strength=np.log(3)).round(4).tolist()
    [[[0.25, 0.0], [0.0, 0.25]]]
    """
    # In float32 a probability next to 1 has lost its logit, which is large in any case.
    logits = logit(np.clip(probability.astype(np.float64), 1e-30, 1 - 1e-7))
    return expit(logits[:, None] + strength * gram) - expit(logits)[:, None]


def _agreement(gram, predicted, measured, seed: int):
    """Correlations over ordered pairs of different domains, with intervals over images."""
    off = ~np.eye(len(gram), dtype=bool)

    def scores(rows):
        prediction = predicted[rows].mean(axis=0)[off]
        change = measured[rows].mean(axis=0)[off]
        return {
            "correlation": stats.pearsonr(prediction, change)[0],
            "rank_correlation": stats.spearmanr(prediction, change)[0],
            "gram_correlation": stats.pearsonr(gram[off], change)[0],
        }

    total, rng = len(measured), make_rng(seed)
    draws = [scores(rng.integers(total, size=total)) for _ in range(RESAMPLES)]
    values = {name: float(value) for name, value in scores(np.arange(total)).items()}
    intervals = {
        name: correlation_interval(value, np.array([draw[name] for draw in draws]))
        for name, value in values.items()
    }
    return values, intervals


def _strongest(names, gram, predicted, measured, count: int = 20):
    """The pairs of different domains with the largest measured change."""
    off = np.where(np.eye(len(gram), dtype=bool), 0, np.abs(measured))
    mean = predicted.mean(axis=0)
    rows = []
    for flat in np.argsort(-off, axis=None)[: min(count, off.size - len(off))]:
        i, j = np.unravel_index(flat, off.shape)
        rows.append(
            {
                "transferred to": names[i],
                "changed": names[j],
                "u_j . u_i": float(gram[i, j]),
                "predicted": float(mean[i, j]),
                "measured": float(measured[i, j]),
            }
        )
    return rows
