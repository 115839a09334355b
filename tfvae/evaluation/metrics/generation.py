"""Images generated for a label: do they show the label, and do they differ from each other?"""

import dataclasses
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, PositiveInt

from tfvae import plots
from tfvae.classifiers.scores import label_hits
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.image_sets import cosine_pairs
from tfvae.evaluation.labels import drawn_labels
from tfvae.evaluation.statistics import (
    linear_interval,
    make_rng,
    proportion_interval,
    row_seeds,
)
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, LABEL, OBSERVED

# Purpose of a stream of random numbers; those of `SPLITS` order test images.
LABELS = 4
NEEDS = Needs(signatures=("sample",), labels=True, inputs=(("sample", "label"),))


def generation(
    context: Context,
    *,
    num_images: Annotated[int, Field(ge=2)] = 100,
    classifier: Literal["cnn", "cnn_bn", "cnn_bn_deep"] = "cnn_bn",
    shown: PositiveInt = 10,
) -> Result:
    """Do images generated for a label show that label, and do they differ from each other?

    The export's `sample` generates `num_images` images for each class. An independent classifier,
    trained on real images, predicts their classes. For binary labels each attribute is switched on
    in turn, the others are those of random test images, and only that attribute is scored. The two
    scores are those of Vargas Aguilar & Gu. Values:

    * `accuracy`, the share of generated images that are classified as the label they were generated
      for; the higher, the better.
    * `cosine_similarity`, the mean cosine of pairs of images generated for the same label (their
      eq. 5), averaged over labels; the lower, the more varied the images, and 1 if all are equal.
    * `real_accuracy` and `real_cosine_similarity`, the same scores of real test images: a good
      generator comes close to both.
    * `reconstruction_accuracy` and `reconstruction_cosine_similarity`, those of the reconstructions
      of test images, if the export reconstructs without being given the label.

    Args:
        num_images: Number of images generated per label.
        classifier: Architecture of the classifier that predicts the labels of the images.
        shown: Number of images per label in the figure.

    A generator whose images of a class are all equal, seen by a classifier that reads the class
    off the first row:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> sample = lambda signature, seed, label: {"image": label[:, None, :, None]}
    >>> export = SimpleNamespace(run="rows", signatures={}, call=sample)
    >>> classifiers = {"cnn_bn": lambda images: images[:, 0, :10, 0]}
    >>> context = Context([Subject(export, load_dataset("digits"))], classifiers=classifiers)
    >>> values = generation(context, num_images=2).values
    >>> values["accuracy"], round(values["cosine_similarity"], 6)
    (1.0, 1.0)
    """
    domain_classifier = context.classifier(classifier)
    names, kind = context.spec.label_names, context.spec.label_kind
    said_of_real = context.test_probabilities(classifier)
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
    cosine = float(np.mean(cosines))
    values = {"accuracy": float(np.mean(hits)), "cosine_similarity": cosine}
    # The images of a label are a group of their own: as many are drawn for each.
    drawn_for = np.repeat(np.eye(len(names)), num_images, axis=0)
    intervals = {
        "accuracy": proportion_interval(drawn_for * np.concatenate(hits)[:, None], drawn_for),
        "cosine_similarity": linear_interval(cosine, np.concatenate(terms)),
    }
    for name, images in _test_images(context.export, real).items():
        said = said_of_real if name == "real" else domain_classifier(images)
        known = known_labels(images, said, real, kind)
        values |= {f"{name}_{part}": value for part, (value, _) in known.scores.items()}
        intervals |= {f"{name}_{part}": interval for part, (_, interval) in known.scores.items()}
        for row, accuracy_, cosine_ in zip(rows, known.accuracy, known.cosine, strict=True):
            if cosine_ is not None:
                row |= {f"{name} accuracy": accuracy_, f"{name} cosine similarity": cosine_}
    figure = plots.image_grid(
        np.stack(sheet),
        f"{context.export.run}: images generated for each label of {context.data_name}",
        row_labels=[plots.shortened(name) for name in names],
        x_label=f"accuracy {values['accuracy']:.3f}, cosine similarity {cosine:.3f}",
        y_label="label",
    )
    return Result(
        values, intervals, seeds.size, tables={"Per label": rows}, figures={"samples": figure}
    )


def _test_images(export, real) -> dict[str, np.ndarray]:
    """The test images, and their reconstructions if the export makes them without the labels."""
    images = {"real": real[IMAGE]}
    if "reconstruct" in export.signatures and "label" not in export.inputs("reconstruct"):
        images["reconstruction"] = export.call("reconstruct", image=real[IMAGE])[IMAGE]
    return images


@dataclasses.dataclass(frozen=True)
class Known:
    """Accuracy and cosine similarity of images whose labels are known.

    Args:
        accuracy: Of each label; None if fewer than two images have it.
        cosine: Mean cosine of the pairs of images of each label; None as above.
        scores: "accuracy" and "cosine_similarity" over all labels -> (value, 95 % interval); empty
            if no label has two images.

    >>> Known(accuracy=[1.0, None], cosine=[0.5, None], scores={}).accuracy
    [1.0, None]
    """

    accuracy: list[float | None]
    cosine: list[float | None]
    scores: dict[str, tuple[float, tuple[float, float]]]


def known_labels(images, probability, real, kind: str | None) -> Known:
    """Accuracy and cosine similarity of images whose labels are known.

    Args:
        images: [N, H, W, C].
        probability: Of each label by a classifier, [N, L].
        real: "label" and "observed" of the images, [N, L] each.
        kind: "categorical" or "binary".

    Two equal images of the first class, and none of the second:

    >>> real = {"label": np.array([[1, 0], [1, 0]]), "observed": np.ones([2, 2])}
    >>> probability = np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> known = known_labels(np.ones([2, 4, 4, 1]), probability, real, "categorical")
    >>> known.accuracy, [cosine and round(cosine, 6) for cosine in known.cosine]
    ([0.5, None], [1.0, None])
    """
    right = label_hits(probability, real[LABEL], kind)
    found = Known([], [], {})
    # Of each image: the number of its labels that are scored, and of those predicted correctly.
    counted, hits = np.zeros(len(images)), np.zeros(len(images))
    # The linear term of each image in the mean over labels, times the number of labels.
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
        found.scores["accuracy"] = hits.sum() / counted.sum(), proportion_interval(rate, counted)
        interval = linear_interval(cosine, terms / len(cosines))
        found.scores["cosine_similarity"] = cosine, interval
    return found
