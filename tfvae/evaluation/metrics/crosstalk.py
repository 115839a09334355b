"""Does a transfer drag along what the algebra of the dual vectors says (study E)?

Where labels are linear in the code, logits = U z + b, a transfer along u_i moves logit j by
strength (U U^T)_ij. An export that serves its vectors can be scored, whoever made it.
"""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt
from pydantic import PositiveInt
from scipy import stats
from scipy.special import expit, logit

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import make_rng, percentiles
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
    validation_images: PositiveInt = 80,
    classifier: Literal["auto", "cnn", "cnn_bn"] = "auto",
) -> Result:
    """Predicted against measured cross-talk of a transfer along dual vectors.

    Values: `correlation` (Pearson) and `rank_correlation` (Spearman) over pairs of different
    domains of the predicted change of a domain's probability with the measured one, the
    off-diagonal of M; `gram_correlation`: of the entries of U U^T with the measured change;
    `strength`.

    Args:
        num_images: Test images.
        strength: Lambda; auto: as `cis` chooses it.
        validation_images: Validation images that auto looks at.
        classifier: Architecture of the domain classifier that measures; auto as in `cis`.
    """
    if context.spec.label_kind != BINARY:
        raise UserError(
            f"crosstalk is between attributes; the labels of {context.spec.name} are classes"
        )
    export = context.export
    images = context.draw(TEST, num_images)[IMAGE]
    domains = np.eye(context.spec.num_labels, dtype=np.float32)
    vectors = export.call("label_vector", target=domains)["latent"].astype(np.float64)
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
    predicted = predicted_change(probability, gram, float(strength))
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
    """Change of each probability under a step along each vector.

    Args:
        probability: The model's own, of each label, [N, L].
        gram: U U^T, [L, L].
        strength: Lambda.
    Returns:
        [N, L (vector), L].
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
    return values, {name: percentiles([draw[name] for draw in draws]) for name in values}


def _strongest(names, gram, predicted, measured, count: int = 20):
    """The pairs that a transfer changes most, where it shouldn't."""
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
