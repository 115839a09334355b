"""Properties of strokes before and after a transfer."""

import numpy as np

from tfvae.evaluation.context import Intervals, Values
from tfvae.evaluation.metrics.style.transfers import Transfers
from tfvae.evaluation.statistics import linear_interval
from tfvae.evaluation.style_scores import STROKES, correlation_within, stroke_properties


def strokes(transfers: Transfers) -> tuple[Values, Intervals]:
    """Correlations of the properties of strokes before and after.

    >>> images = np.random.default_rng(0).random([20, 8, 8, 1])
    >>> transfers = Transfers(images, np.zeros(20, int), images, rows=np.arange(20),
    ...                       targets=np.zeros(20, int), made=images[:, :, ::-1])
    >>> values, _ = strokes(transfers)  # of mirrored images
    >>> {name: round(values[name], 3) for name in ("slant_kept", "height_kept")}
    {'slant_kept': -1.0, 'height_kept': 1.0}
    """
    values, intervals, all_terms = {}, {}, []
    before, after, rebuilt = (
        stroke_properties(images)
        for images in (transfers.images, transfers.made, transfers.reconstructions)
    )
    own = transfers.groups[transfers.rows]
    groups = own * (transfers.targets.max() + 1) + transfers.targets
    kept = []
    for name in STROKES:
        value, terms = correlation_within(before[name][transfers.rows], after[name], groups)
        terms = transfers.clustered(terms)
        values[f"{name}_kept"] = value
        intervals[f"{name}_kept"] = linear_interval(value, terms)
        all_terms.append(terms)
        whole = transfers.groups >= 0
        kept.append(
            correlation_within(before[name][whole], rebuilt[name][whole], transfers.groups[whole])
        )
    for name, found in (
        ("strokes_kept", (np.mean([values[f"{each}_kept"] for each in STROKES]), all_terms)),
        (
            "reconstruction_strokes_kept",
            (np.mean([value for value, _ in kept]), [terms for _, terms in kept]),
        ),
    ):
        values[name] = float(found[0])
        intervals[name] = linear_interval(values[name], np.mean(found[1], axis=0))
    return values, intervals
