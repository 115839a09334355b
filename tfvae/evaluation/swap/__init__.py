"""Alignments of the codes of two autoencoders, on plain arrays (Zeng et al., study A).

An alignment is fitted to samples of codes of both sides and then maps source codes to codes of the
target. It needs nothing of the models, so codes can come from anywhere:

>>> import numpy as np
>>> source = np.random.default_rng(0).normal(size=[100, 4])
>>> target = 2 * source[:, ::-1] + 1
>>> mapped = make_alignment("affine").fit(source, target)(source)
>>> bool(np.abs(mapped - target).max() < 1e-3)
True
"""

from typing import Literal, get_args

from tfvae.evaluation.swap.alignment import Alignment
from tfvae.registry import Table

# For annotations, so that a wrong name is refused before any data are loaded.
AlignmentName = Literal[
    "none", "moments", "optimal_transport", "gromov_wasserstein", "cumulants", "class_means",
    "class_transport", "affine", "linear", "l_ortho", "ortho",
]  # fmt: skip
ALIGNMENTS = Table(
    "alignment",
    {
        "none": "tfvae.evaluation.swap.unpaired:Identity",
        "moments": "tfvae.evaluation.swap.unpaired:Moments",
        "optimal_transport": "tfvae.evaluation.swap.unpaired:OptimalTransport",
        "gromov_wasserstein": "tfvae.evaluation.swap.unpaired:GromovWasserstein",
        "cumulants": "tfvae.evaluation.swap.unpaired:Cumulants",
        "class_means": "tfvae.evaluation.swap.labelled:ClassMeans",
        "class_transport": "tfvae.evaluation.swap.labelled:ClassTransport",
        "affine": "tfvae.evaluation.swap.paired:Affine",
        "linear": "tfvae.evaluation.swap.paired:Linear",
        "l_ortho": "tfvae.evaluation.swap.paired:LinearOrtho",
        "ortho": "tfvae.evaluation.swap.paired:Ortho",
    },
)
assert tuple(ALIGNMENTS) == get_args(AlignmentName)


def make_alignment(name: str, **options) -> Alignment:
    """The alignment of this name, not yet fitted.

    Args:
        name: A name of `ALIGNMENTS`.
        **options: Of its class.
    Raises:
        UsageError: an unknown name or option.

    >>> make_alignment("ortho").anchors
    'pairs'
    """
    checked = ALIGNMENTS.check_options(name, options)
    return ALIGNMENTS.load(name)(**checked)
