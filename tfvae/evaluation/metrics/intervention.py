"""One label set at a time: what changes in the image, where, and how much."""

from typing import Literal

import numpy as np
from pydantic import NonNegativeFloat, PositiveInt

from tfvae import plots
from tfvae.evaluation.context import Context, Result
from tfvae.evaluation.image_scores import changed_area
from tfvae.evaluation.statistics import summary
from tfvae.evaluation.transfer import contact_sheet, transfer
from tfvae.evaluation.transfer_scores import domain_scores, image_scores
from tfvae.exports.needs import Needs
from tfvae.schema import IMAGE

NEEDS = Needs(signatures=("transfer",), labels=True)


def intervention(
    context: Context,
    *,
    num_images: PositiveInt = 64,
    strength: NonNegativeFloat = 1.0,
    classifier: Literal["auto", "cnn", "cnn_bn", "cnn_bn_deep"] = "auto",
) -> Result:
    """Which labels change, and which pixels, when a transfer sets one label of a test image?

    Each test image is transferred to every label in turn. Values, averaged over images and labels:

    * `target_change`, the increase of the probability that a domain classifier gives to the label
      that is set; the higher, the better. The original image is the reference.
    * `other_change`, the mean absolute change of the other labels' probabilities, with the same
      reference; 0 if nothing else changes.
    * `pixel_change`, the mean absolute change of a pixel, pixels in [0, 1]. Here the reference is
      the image at strength 0, so that the error of a plain reconstruction isn't counted.
    * `changed_area`, the share of the image that the change covers: (sum d)^2 / (P sum d^2) for the
      changes d of the P pixels; 1 if all pixels change equally, 1 / P if a single one changes.

    Args:
        num_images: Number of test images.
        strength: Strength of the transfer, as the export's `transfer` takes it.
        classifier: Architecture of the domain classifier; auto as in `cis`.

    A transfer that ignores the label and the strength changes nothing:

    >>> from types import SimpleNamespace
    >>> from tfvae.data import load_dataset
    >>> from tfvae.evaluation.context import Subject
    >>> data = load_dataset("digits")
    >>> same = lambda signature, image, target, strength: {"image": image}
    >>> export = SimpleNamespace(run="same", spec=data.spec, call=same)
    >>> brightness = lambda images: np.repeat(images.mean(axis=(1, 2)), 10, axis=1)
    >>> context = Context([Subject(export, data)], classifiers={"cnn": brightness})
    >>> intervention(context, num_images=4).values["pixel_change"]
    0.0
    """
    domain_classifier = context.classifier(context.architecture(classifier))
    images = context.draw(count=num_images)[IMAGE]
    names = context.spec.label_names
    probabilities, maps, amounts, areas = [], [], [], []
    original = domain_classifier(images)
    # At strength 0 the target makes no difference.
    kept = transfer(context.export, images, 0, 0.0)
    for domain in range(len(names)):
        transferred = transfer(context.export, images, domain, strength)
        change = np.abs(transferred - kept).mean(axis=3)
        probabilities.append(domain_classifier(transferred))
        maps.append(change.mean(axis=0))
        amounts.append(change.mean(axis=(1, 2)))
        areas.append(changed_area(change))
    transfer_probability = np.stack(probabilities, axis=1)
    scores = image_scores(transfer_probability, original)
    values, intervals = summary(
        {
            "target_change": scores["ts"],
            "other_change": -scores["rs"],
            "pixel_change": np.stack(amounts).mean(axis=0, dtype=np.float64),
            "changed_area": np.stack(areas).mean(axis=0, dtype=np.float64),
        }
    )
    target, others = domain_scores(transfer_probability, original)
    rows = [
        {
            "label set": name,
            "target change": float(target[index]),
            "other change": float(-others[index]),
            "pixel change": float(amounts[index].mean()),
            "changed area": float(areas[index].mean()),
        }
        for index, name in enumerate(names)
    ]
    title = f"{context.export.run} on {context.data_name}"
    figures = {
        "images": contact_sheet(context, images, strength),
        "locality": plots.heat_maps(
            np.stack(maps),
            names,
            f"{title}: where an image changes if it is transferred to a label",
            "mean absolute change of a pixel",
        ),
    }
    return Result(values, intervals, len(images), tables={"Per label": rows}, figures=figures)
