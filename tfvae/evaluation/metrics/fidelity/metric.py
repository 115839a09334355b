"""Sets of images that a model makes, beside real images: FID, KID, precision, recall, IS."""

from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeFloat, PositiveInt

from tfvae import plots
from tfvae.evaluation.context import POOL, Context, Intervals, Result, Values
from tfvae.evaluation.features import Features, check_features, load_features
from tfvae.evaluation.image_sets import (
    extrapolated_frechet_distance,
    frechet_distance,
    inception_score,
    kernel_distance,
    least_rows,
    precision_and_recall,
)
from tfvae.evaluation.labels import label_inputs
from tfvae.evaluation.metrics.fidelity.per_label import LEAST, per_label_scores
from tfvae.evaluation.statistics import (
    linear_interval,
    proportion_interval,
    row_seeds,
    samples_interval,
)
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE, TEST, TRAIN, UsageError, UserError

NEEDS = Needs(signatures=(), any_of=("sample", "reconstruct", "transfer"))


def fidelity(
    context: Context,
    *,
    num_images: PositiveInt = 1000,
    per_label: Annotated[int, Field(ge=0)] = 100,
    strength: NonNegativeFloat = 1.0,
    features: str = "classifier",
    weights: str = "imagenet",
    neighbours: PositiveInt = 3,
    shown: PositiveInt = 8,
) -> Result:
    """How close are the images that a model makes to real images, as sets?

    Images are compared by the features that a network makes of them. The network F is part of the
    name of each value, since two networks give different numbers. Three sets of images are compared
    with `num_images` training images: those drawn from the prior (`draws_...`), reconstructions of
    test images (`reconstructions_...`) and, as what is best to expect, test images (`real_...`):

    * `fid_F`: squared distance of two Gaussians fitted to the features; 0 is perfect. It is too
      large for few images; `fid_corrected_F` is without nearly all of that.
    * `kid_F`: squared kernel distance of the features, without bias for any number of images.
    * `precision_F`: share of the images that lie among the training images.
    * `recall_F`: share of the training images that lie among the images.
    * `is_F`: inception score; high if images are of clear and of many classes, where the network
      tells classes.

    For each label, `per_label` images made for that label are compared with training images that
    have it, by the kernel distance, mean over labels: `label_draws_kid_F`, of images drawn for the
    label; `label_reconstructions_kid_F`, of reconstructions of test images with it; and
    `transfers_kid_F`, of test images without it that were transferred to it. `transfers_ratio_F` is
    the last of them over the second. Images without a label differ from those with it in other
    labels too (the bald are men), so even a perfect transfer, which keeps these, stays at a
    distance: where the data set can draw it, that is `label_edits_kid_F`.

    Args:
        num_images: Number of images of each set.
        per_label: Number of images per label, at most; 0 for no such scores.
        strength: Strength of the transfer, as the export's `transfer` takes it.
        features: Network that compares images: classifier, the domain classifier of the data set
            (or its architecture, such as cnn_bn_deep); inception_v3, with ImageNet's weights; or
            the path of a .keras file with a model from images in [0, 1] to vectors.
        weights: Weights of inception_v3; imagenet or the path of a file.
        neighbours: Precision and recall cover the balls around images that reach to their
            neighbour of this number.
        shown: Number of images of each set in the figure.

    A model that copies its images, compared by their mean brightness:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> data = load_dataset("digits")
    >>> copy = lambda signature, image, label: {"image": image}
    >>> export = SimpleNamespace(run="copy", signatures={"reconstruct": {"inputs": []}}, call=copy)
    >>> brightness = lambda images: np.repeat(images.mean(axis=(1, 2)), 10, axis=1)
    >>> context = Context([Subject(export, data)], classifiers={"cnn": brightness})
    >>> values = fidelity(context, num_images=100, per_label=0).values
    >>> values["reconstructions_kid_cnn"] == values["real_kid_cnn"]
    True
    """
    check_features(features, weights)
    if 0 < per_label < LEAST:
        raise UsageError(f"per_label={per_label}: fewer than {LEAST} images say nothing of a label")
    size = min(num_images, *(context.spec.num_examples[split] for split in (TRAIN, TEST)))
    if size <= neighbours:
        raise UserError(
            f"metric fidelity: {size} images are too few for neighbours={neighbours}, which takes "
            "more of them in the training split and in the test split"
        )
    network = load_features(context, features, weights)
    labelled = per_label > 0 and context.spec.num_labels > 0
    train, test = (context.draw(split, POOL if labelled else num_images) for split in (TRAIN, TEST))
    first = {name: values[:num_images] for name, values in test.items()}
    sets = {"real": first[IMAGE], **_made(context, first)}
    reference = network.extract(train[IMAGE][:num_images])
    values: Values = {}
    intervals: Intervals = {}
    for kind, images in sets.items():
        for name, (value, interval) in _scores(reference, images, network, neighbours).items():
            values[f"{kind}_{name}_{network.name}"] = value
            intervals[f"{kind}_{name}_{network.name}"] = interval
    tables, notes = {}, []
    if size < least_rows(reference.shape[1]):
        notes.append(
            f"A corrected FID takes more than twice as many images as there are features "
            f"({reference.shape[1]}). That of {size} images is too large by an unknown amount; the "
            "KID isn't."
        )
    if labelled:
        found = per_label_scores(context, network, train, test, per_label, strength)
        values |= {f"{name}_{network.name}": value for name, value in found.values.items()}
        intervals |= {f"{name}_{network.name}": value for name, value in found.intervals.items()}
        tables["Per label"] = found.rows
        notes += found.notes
    figure = plots.image_grid(
        np.stack([images[:shown] for images in sets.values()]),
        f"{context.export.run}: images that are compared with training images of "
        f"{context.data_name}",
        row_labels=list(sets),
    )
    return Result(values, intervals, size, tables=tables, figures={"images": figure},
                  notes=tuple(notes))  # fmt: skip


def _made(context: Context, test: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Images drawn and reconstructed by the export, with the labels of test images if it takes
    them."""
    export, found = context.export, {}
    if "reconstruct" in export.signatures:
        label = label_inputs(export, test, "reconstruct")
        found["reconstructions"] = export.call("reconstruct", image=test[IMAGE], label=label)[IMAGE]
    if "sample" in export.signatures:
        label = label_inputs(export, test, "sample")
        seeds = row_seeds(context.seed, len(test[IMAGE]))
        found["draws"] = export.call("sample", seed=seeds, label=label)[IMAGE]
    return found


def _scores(
    reference: np.ndarray, images: np.ndarray, network: Features, neighbours: int
) -> dict[str, tuple[float, tuple[float, float]]]:
    """Name -> value and interval, of one set of images beside the features of training images."""
    made = network.extract(images)
    distance = frechet_distance(made, reference)
    kernel = kernel_distance(made, reference)
    precision, recall = precision_and_recall(reference, made, neighbours)
    found = {
        "fid": (distance[0], samples_interval(*distance)),
        "kid": (kernel[0], samples_interval(*kernel)),
        "precision": (float(precision.mean()), proportion_interval(precision)),
        "recall": (float(recall.mean()), proportion_interval(recall)),
    }
    if min(len(made), len(reference)) >= least_rows(made.shape[1]):
        corrected = extrapolated_frechet_distance(made, reference)
        found["fid_corrected"] = corrected[0], samples_interval(*corrected)
    if network.probabilities is not None:
        log_score, terms = inception_score(network.probabilities(images))
        low, high = linear_interval(log_score, terms)
        found["is"] = float(np.exp(log_score)), (float(np.exp(low)), float(np.exp(high)))
    return found
