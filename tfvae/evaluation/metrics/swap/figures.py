"""The figures of `swap`: contact sheets, and codes of two data sets in one plane."""

from collections.abc import Sequence

import numpy as np

from tfvae import plots
from tfvae.evaluation.image_scores import resized
from tfvae.evaluation.metrics.swap.pair import Pair
from tfvae.evaluation.swap.alignment import padded

# Codes of each side in the plane.
DRAWN = 200


def sheet(pair: Pair, shown: int):
    """Source images, own reconstructions, a column per alignment, and the true counterparts.

    Args:
        pair: With its alignments.
        shown: Number of images.

    >>> from tfvae.evaluation.metrics.swap.pair import copying_pair
    >>> pair = copying_pair()
    >>> [tick.get_text() for tick in sheet(pair, 4).axes[0].get_xticklabels()][1:4]
    ['own decoder', 'none', 'moments']
    """
    shape = pair.target.spec.image_shape
    first = slice(0, shown)
    columns = {
        "image": pair.source.test.images[first],
        "own decoder": pair.source.reconstructions[first],
    }
    codes = pair.source.test.codes[first]
    for name, alignment in pair.alignments.items():
        columns[name] = pair.target.decode(alignment(codes))
    if pair.paired:
        columns["true counterpart"] = pair.target.test.images[first]
        columns["its reconstruction"] = pair.target.reconstructions[first]
    images = np.stack([resized(each, shape) for each in columns.values()], axis=1)
    return plots.image_grid(
        images,
        f"Images encoded by {pair.source.name} and decoded by {pair.target.name}, by alignment",
        column_labels=list(columns),
    )


def planes(pair: Pair, alignments: Sequence[str]):
    """Codes of both sides by PCA and by t-SNE, under each alignment.

    Args:
        pair: With its alignments.
        alignments: Names of those to show.

    >>> from tfvae.evaluation.metrics.swap.pair import copying_pair
    >>> pair = copying_pair()
    >>> [axes.get_title() for axes in planes(pair, ["none"]).axes]
    ['none, PCA', 'none, t-SNE']
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    target = pair.target.test.codes[:DRAWN]
    clouds = {}
    for name in alignments:
        mapped = pair.alignments[name](pair.source.test.codes[:DRAWN])
        # Two columns at least, for codes of one dimension.
        both = padded(np.concatenate([mapped, target]), max(2, target.shape[1]))
        for method, reduction in (
            ("PCA", PCA(2, random_state=0)),
            ("t-SNE", TSNE(2, perplexity=min(30, len(both) / 4), method="exact", random_state=0)),
        ):
            plane = reduction.fit_transform(both)
            clouds[f"{name}, {method}"] = {
                f"images of {pair.source.name}": plane[: len(mapped)],
                f"images of {pair.target.name}": plane[len(mapped) :],
            }
    return plots.scatter_panels(
        clouds, f"Codes in the space of {pair.target.name}, by alignment", columns=2
    )
