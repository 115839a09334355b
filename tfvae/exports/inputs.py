"""What the inputs of an export may hold; imports no TensorFlow."""

from collections.abc import Mapping

import numpy as np

from tfvae.schema import TOLERANCE, UserError

LARGEST = float(np.finfo(np.float32).max)

# Name of an input -> (lowest value, highest value, the sentence for any other one).
RANGES = {
    "image": (-TOLERANCE, 1 + TOLERANCE, "image must be pixels in [0, 1]; divide bytes by 255"),
    "label": (0.0, 1.0, "label must be in [0, 1], 1 for a label that holds"),
    "target": (0.0, 1.0, "target must be in [0, 1], 1 for a label to be reached"),
    "strength": (-LARGEST, LARGEST, "strength must be a finite number"),
    "latent": (-LARGEST, LARGEST, "latent must be finite numbers"),
}


def check_arrays(inputs: Mapping[str, np.ndarray]) -> None:
    """Raises UserError at values that no signature takes, as the graph of an export does.

    >>> check_arrays({"image": np.full([1, 8, 8, 1], 255, np.uint8), "seed": np.array([7])})
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: image must be pixels in [0, 1]; divide bytes by 255 (given: 255 to 255)
    """
    for name, values in inputs.items():
        if name not in RANGES:
            continue
        low, high, sentence = RANGES[name]
        if values.dtype.kind not in "fiub":
            raise UserError(f"{sentence} (given: {values.dtype})")
        if values.size and not ((values >= low) & (values <= high)).all():
            raise UserError(f"{sentence} (given: {np.min(values):g} to {np.max(values):g})")
