"""One label changed at a time: what changes in the image, where and how much."""

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
    classifier: Literal["auto", "cnn", "cnn_bn"] = "auto",
) -> Result:
    """Sets each label in turn and measures what changes.

    Values: `target_change` and `other_change`, against the original image (mean gain of the
    classifier's probability for the label set, mean absolute change for the others); against the
    image at strength 0 `pixel_change` (mean absolute, pixels in [0, 1]) and `changed_area`, the
    share of the image that the change occupies: (sum d)^2 / (P sum d^2) for the changes d of P
    pixels, 1 when all change alike, 1/P when one does.

    Args:
        num_images: Test images.
        strength: How far to transfer, as the export's `transfer` takes it.
        classifier: Architecture of the classifier.
    """
    domain_classifier = context.classifier(context.architecture(classifier))
    images = context.draw(count=num_images)[IMAGE]
    names = context.spec.label_names
    probabilities, maps, amounts, areas = [], [], [], []
    original = domain_classifier(images)
    # At strength 0 the target has no say.
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
        },
        context.seed,
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
            f"{title}: where the image changes when a label is set",
            "mean absolute change of a pixel",
        ),
    }
    return Result(values, intervals, len(images), tables={"Per label": rows}, figures=figures)
