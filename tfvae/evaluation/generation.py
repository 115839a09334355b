"""Images drawn for a label: are they of that label, and are they different from each other?"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PositiveInt

from tfvae.evaluation import plots
from tfvae.evaluation.context import Context
from tfvae.evaluation.label_scores import label_hits
from tfvae.evaluation.needs import Needs
from tfvae.evaluation.result import Result
from tfvae.evaluation.statistics import cosine_pairs, generator, mean_interval, row_seeds
from tfvae.schema import CATEGORICAL, IMAGE, LABEL, OBSERVED

NEEDS = Needs(signatures=("sample",), labels=True, inputs=(("sample", "label"),))


def generation(
    context: Context,
    *,
    num_images: Annotated[int, Field(ge=2)] = 100,
    classifier: Literal["cnn", "cnn_bn"] = "cnn_bn",
    shown: PositiveInt = 10,
) -> Result:
    """Scores images drawn for each label (study C): accuracy against cosine similarity.

    Values: `accuracy` (share of drawn images in which the classifier sees the label asked for) and
    `cosine_similarity` (eq. 5, mean over labels and pairs of different images drawn for it; lower
    is more varied), both beside those of real test images, `real_accuracy` and
    `real_cosine_similarity`.
    For binary labels each attribute is switched on in turn, the others are those of random test
    images, and the accuracy is that of the attribute.

    Args:
        num_images: Images drawn per label.
        classifier: Architecture of the classifier that judges.
        shown: Images per label in the figure.
    """
    judge = context.classifier(classifier)
    names = context.spec.label_names
    real = context.draw()
    real_right = label_hits(judge(real[IMAGE]), real[LABEL], context.spec.label_kind)
    rng = generator(context.seed, 2)
    seeds = row_seeds(context.seed, num_images * len(names)).reshape(len(names), num_images)
    hits, cosines, terms, real_hits, real_cosines, rows, sheet = [], [], [], [], [], [], []
    # What each real image adds to the mean over labels, times their number.
    real_terms = np.zeros(len(real[IMAGE]))
    for index, name in enumerate(names):
        labels = drawn_labels(real, index, num_images, context.spec.label_kind, rng)
        drawn = context.export.call("sample", seed=seeds[index], label=labels)[IMAGE]
        hit = label_hits(judge(drawn), labels, context.spec.label_kind)[:, index]
        cosine, parts = cosine_pairs(drawn)
        members = (real[LABEL][:, index] > 0.5) & (real[OBSERVED][:, index] > 0)
        row = {"label": name, "accuracy": float(hit.mean()), "cosine similarity": cosine}
        if members.sum() > 1:
            real_cosine, real_parts = cosine_pairs(real[IMAGE][members])
            real_terms[members] += (real_parts - real_cosine) * len(members) / members.sum()
            real_cosines.append(real_cosine)
            row |= {"real accuracy": float(real_right[members, index].mean())}
            row |= {"real cosine similarity": real_cosine}
            real_hits.append(real_right[members, index])
        hits.append(hit)
        cosines.append(cosine)
        # Centred per label, so that differences between labels don't widen the interval.
        terms.append(parts - parts.mean())
        rows.append(row)
        sheet.append(drawn[:shown])
    accuracy = np.concatenate(hits).astype(np.float64)
    cosine = float(np.mean(cosines))
    values = {"accuracy": float(accuracy.mean()), "cosine_similarity": cosine}
    intervals = {
        "accuracy": mean_interval(accuracy, context.seed),
        "cosine_similarity": mean_interval(cosine + np.concatenate(terms), context.seed),
    }
    if real_hits:
        real_accuracy = np.concatenate(real_hits).astype(np.float64)
        values["real_accuracy"] = float(real_accuracy.mean())
        intervals["real_accuracy"] = mean_interval(real_accuracy, context.seed)
        real_cosine = float(np.mean(real_cosines))
        values["real_cosine_similarity"] = real_cosine
        intervals["real_cosine_similarity"] = mean_interval(
            real_cosine + real_terms / len(real_cosines), context.seed
        )
    figure = plots.image_grid(
        np.stack(sheet),
        f"{context.export.run}: images drawn for each label of {context.data_name}",
        row_labels=[plots.shortened(name) for name in names],
        x_label=f"accuracy {values['accuracy']:.3f}, cosine similarity {cosine:.3f}",
        y_label="label asked for",
    )
    return Result(
        values, intervals, len(accuracy), tables={"Per label": rows}, figures={"samples": figure}
    )


def drawn_labels(real, index: int, count: int, label_kind: str, rng) -> np.ndarray:
    """Labels to draw images for, [count, L]: the one-hot label, or the attribute on among those of
    random test images (an unknown entry is taken as 0)."""
    if label_kind == CATEGORICAL:
        labels = np.zeros((count, real[LABEL].shape[1]), np.float32)
    else:
        rows = rng.integers(len(real[LABEL]), size=count)
        labels = (real[LABEL][rows] * real[OBSERVED][rows]).astype(np.float32)
    labels[:, index] = 1
    return labels
