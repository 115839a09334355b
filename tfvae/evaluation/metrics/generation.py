"""Images drawn for a label: are they of that label, and are they different from each other?"""

import dataclasses
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PositiveInt

from tfvae import plots
from tfvae.classifiers.scores import label_hits
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.statistics import cosine_pairs, make_rng, mean_interval, row_seeds
from tfvae.exports.needs import Needs
from tfvae.schema import CATEGORICAL, IMAGE, LABEL, OBSERVED

# Purpose of a stream of random numbers; those of `SPLITS` order test images.
LABELS = 4
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
    `real_cosine_similarity`, and of their reconstructions, `reconstruction_accuracy` and
    `reconstruction_cosine_similarity`, where the export makes some without their labels.
    For binary labels each attribute is switched on in turn, the others are those of random test
    images, and the accuracy is that of the attribute.

    Args:
        num_images: Images drawn per label.
        classifier: Architecture of the classifier that judges.
        shown: Images per label in the figure.
    """
    domain_classifier = context.classifier(classifier)
    names, kind = context.spec.label_names, context.spec.label_kind
    real = context.draw()
    rng = make_rng(context.seed, LABELS)
    seeds = row_seeds(context.seed, num_images * len(names)).reshape(len(names), num_images)
    hits, cosines, terms, rows, sheet = [], [], [], [], []
    for index, name in enumerate(names):
        labels = drawn_labels(real, index, num_images, kind, rng)
        drawn = context.export.call("sample", seed=seeds[index], label=labels)[IMAGE]
        hit = label_hits(domain_classifier(drawn), labels, kind)[:, index]
        cosine, parts = cosine_pairs(drawn)
        rows.append({"label": name, "accuracy": float(hit.mean()), "cosine similarity": cosine})
        hits.append(hit)
        cosines.append(cosine)
        # Centred per label, so that differences between labels don't widen the interval.
        terms.append(parts - parts.mean())
        sheet.append(drawn[:shown])
    accuracy = np.concatenate(hits).astype(np.float64)
    cosine = float(np.mean(cosines))
    values = {"accuracy": float(accuracy.mean()), "cosine_similarity": cosine}
    intervals = {
        "accuracy": mean_interval(accuracy, context.seed),
        "cosine_similarity": mean_interval(cosine + np.concatenate(terms), context.seed),
    }
    for name, images in _test_images(context.export, real).items():
        known = known_labels(images, domain_classifier(images), real, kind, context.seed)
        values |= {f"{name}_{part}": value for part, (value, _) in known.scores.items()}
        intervals |= {f"{name}_{part}": interval for part, (_, interval) in known.scores.items()}
        for row, accuracy_, cosine_ in zip(rows, known.accuracy, known.cosine, strict=True):
            if cosine_ is not None:
                row |= {f"{name} accuracy": accuracy_, f"{name} cosine similarity": cosine_}
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


def _test_images(export, real) -> dict[str, np.ndarray]:
    """The test images, and as the export reconstructs them where it isn't told their labels."""
    images = {"real": real[IMAGE]}
    if "reconstruct" in export.signatures and "label" not in export.inputs("reconstruct"):
        images["reconstruction"] = export.call("reconstruct", image=real[IMAGE])[IMAGE]
    return images


@dataclasses.dataclass(frozen=True)
class Known:
    """What images of known labels score: per label (None where fewer than two have it), and over
    all as name -> (value, interval)."""

    accuracy: list[float | None]
    cosine: list[float | None]
    scores: dict[str, tuple[float, tuple[float, float]]]


def known_labels(images, probability, real, kind: str | None, seed: int) -> Known:
    """How `images` [N, H, W, C] of the labels in `real` score, a classifier's `probability` [N, L]
    given; intervals over images."""
    right = label_hits(probability, real[LABEL], kind)
    found = Known([], [], {})
    # How many of its labels count, and how many of those the classifier sees, of each image.
    counted, hits = np.zeros(len(images)), np.zeros(len(images))
    # What each image adds to the mean over labels, times their number.
    terms = np.zeros(len(images))
    for index in range(real[LABEL].shape[1]):
        members = (real[LABEL][:, index] > 0.5) & (real[OBSERVED][:, index] > 0)
        if members.sum() < 2:
            found.accuracy.append(None)
            found.cosine.append(None)
            continue
        cosine, parts = cosine_pairs(images[members])
        terms[members] += (parts - cosine) * len(members) / members.sum()
        counted[members] += 1
        hits[members] += right[members, index]
        found.accuracy.append(float(right[members, index].mean()))
        found.cosine.append(cosine)
    if counted.any():
        rate = hits / np.maximum(counted, 1)
        cosines = [value for value in found.cosine if value is not None]
        cosine = float(np.mean(cosines))
        found.scores["accuracy"] = hits.sum() / counted.sum(), mean_interval(rate, seed, counted)
        interval = mean_interval(cosine + terms / len(cosines), seed)
        found.scores["cosine_similarity"] = cosine, interval
    return found


def drawn_labels(real, index: int, count: int, label_kind: str | None, rng) -> np.ndarray:
    """Labels to draw images for, [count, L]: the one-hot label, or the attribute on among those of
    random test images (an unknown entry is taken as 0)."""
    if label_kind == CATEGORICAL:
        labels = np.zeros((count, real[LABEL].shape[1]), np.float32)
    else:
        rows = rng.integers(len(real[LABEL]), size=count)
        labels = (real[LABEL][rows] * real[OBSERVED][rows]).astype(np.float32)
    labels[:, index] = 1
    return labels
