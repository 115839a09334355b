"""What features and pixels keep, for images with attributes."""

import numpy as np

from tfvae.evaluation.context import Context, Intervals, Rows, Values
from tfvae.evaluation.features import Features
from tfvae.evaluation.metrics.style.transfers import Transfers
from tfvae.evaluation.statistics import summary
from tfvae.evaluation.style_scores import cosines, finds_its_own, label_regions
from tfvae.evaluation.transfer import transfer
from tfvae.schema import IMAGE, LABEL, OBSERVED, TRAIN

# Training images that say where in an image a label shows.
REGION_IMAGES = 2000


def attributes(
    context: Context, transfers: Transfers, network: Features
) -> tuple[tuple[Values, Intervals], Rows]:
    """What features and pixels keep, over all transfers, and for each label.

    Args:
        context: Its export is asked for transfers of strength 0.
        transfers: Of test images with attributes.
        network: Whose features are compared.
    Returns:
        (values, intervals), and a row per label.

    >>> from types import SimpleNamespace
    >>> images = np.random.default_rng(0).random([4, 8, 8, 1]).astype(np.float32)
    >>> transfers = Transfers(images, np.zeros(4, int), images, rows=np.arange(4),
    ...                       targets=np.zeros(4, int), made=1 - images)
    >>> train = {"image": images, "label": np.eye(4)[:, :1], "observed": np.ones([4, 1])}
    >>> export = SimpleNamespace(call=lambda signature, image, **_: {"image": image},
    ...                          spec=SimpleNamespace(num_labels=1))
    >>> context = SimpleNamespace(draw=lambda split, count: train, export=export,
    ...                           spec=SimpleNamespace(label_names=("smiling",)))
    >>> pixels = SimpleNamespace(name="pixels", extract=lambda images: images.reshape(4, -1))
    >>> (values, _), _ = attributes(context, transfers, pixels)
    >>> round(values["reconstruction_cosine_kept_pixels"], 6), values["outside_change"] > 0.1
    (1.0, True)
    """
    originals, rows = network.extract(transfers.images), transfers.rows
    made, rebuilt = network.extract(transfers.made), network.extract(transfers.reconstructions)
    centre, everyone = originals.mean(axis=0, dtype=np.float64), np.arange(len(originals))
    per_transfer = {
        f"cosine_kept_{network.name}": cosines(made, originals[rows], centre),
        f"own_nearest_{network.name}": finds_its_own(made, originals, rows),
        "outside_change": _outside(context, transfers),
    }
    if not np.isfinite(per_transfer["outside_change"]).any():
        del per_transfer["outside_change"]
    per_image = {name: transfers.per_image(each) for name, each in per_transfer.items()}
    per_image[f"reconstruction_cosine_kept_{network.name}"] = cosines(rebuilt, originals, centre)
    own = finds_its_own(rebuilt, originals, everyone)
    per_image[f"reconstruction_own_nearest_{network.name}"] = own
    table = [
        {"label": name}
        | {
            score.replace("_", " "): float(each[transfers.targets == index].mean())
            for score, each in per_transfer.items()
            if np.isfinite(each[transfers.targets == index]).all()
        }
        for index, name in enumerate(context.spec.label_names)
        if (transfers.targets == index).any()
    ]
    return summary(per_image), table


def _outside(context: Context, transfers: Transfers) -> np.ndarray:
    """Mean absolute change away from where each label shows, [T]; NaN where that isn't known,
    because hardly any training image has the label."""
    train = context.draw(TRAIN, REGION_IMAGES)
    regions = label_regions(train[IMAGE], train[LABEL], train[OBSERVED])
    away = np.where(regions.any(axis=(1, 2), keepdims=True), ~regions, False)
    # At strength 0 the target makes no difference.
    unchanged = transfer(context.export, transfers.images, 0, 0.0)[transfers.rows]
    change = np.abs(transfers.made - unchanged).mean(axis=3)
    outside = away[transfers.targets]
    sizes = outside.sum(axis=(1, 2)).astype(np.float64)
    sums = (change * outside).sum(axis=(1, 2))
    return np.divide(sums, sizes, out=np.full(len(sums), np.nan), where=sizes > 0)
