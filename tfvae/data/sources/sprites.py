"""`sprites`: the factors of dSprites (Matthey et al. 2017), drawn by the project."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.data.splits import split_rows
from tfvae.schema import DataSpec, UsageError

# The version of the drawing; to be increased whenever an image looks different.
DRAWING = 1
SIZE = 64
_SIZES = (32, SIZE)
# As in dSprites, in the order of its archive: image n has the factors of n written in these bases.
FACTOR_SIZES = {"shape": 3, "scale": 6, "orientation": 40, "x_position": 32, "y_position": 32}
SHAPES = ("square", "ellipse", "heart")
SCALES = np.linspace(0.5, 1, FACTOR_SIZES["scale"])
# The last is a full turn: it looks like the first.
ORIENTATIONS = np.linspace(0, 2 * np.pi, FACTOR_SIZES["orientation"])
# Positions are a pixel apart: an image is a window of a larger one with the sprite in its centre.
STEPS = FACTOR_SIZES["x_position"]
_CANVAS = SIZE + STEPS - 1
# Of the circle that holds a sprite of scale 1, in pixels.
_RADIUS = 15


def load(name: str, options: LoadOptions) -> Dataset:
    """737,280 white shapes on black, 64x64 without labels, split 80/10/10 by the seed.

    Factors and sizes of splits are those of `dsprites`. Images are drawn when they are read.

    Raises:
        UsageError: an image size other than 32 and 64.

    >>> sprites = load("sprites", LoadOptions())
    >>> sprites.arrays("test", limit=2)["image"].shape, sprites.factors("test").shape
    ((2, 64, 64, 1), (73728, 5))
    """
    size = options.image_size or SIZE
    if size not in _SIZES:
        raise UsageError(
            f"data set {name} is drawn with 32 or 64 pixels a side; image size {size} is neither"
        )
    images = Sprites(size)
    whole = Examples(images, factors=factors_of(np.arange(len(images))))
    rows = split_rows(np.zeros(len(images)), options.seed)
    splits = {split: whole.take(part) for split, part in rows.items()}
    spec = DataSpec(
        name=name,
        image_shape=(size, size, 1),
        num_examples={split: len(part) for split, part in splits.items()},
        factor_sizes=FACTOR_SIZES,
    )
    return Dataset(spec, splits, options.to_dict(), f"drawing {DRAWING}")


class Sprites:
    """All images, as an array uint8 [737280, size, size, 1] whose rows are drawn when taken.

    Args:
        size: 64, or 32 for means over blocks of 2x2 pixels.

    >>> sprites = Sprites(64)
    >>> sprites.shape, sprites[[0, 5]].shape
    ((737280, 64, 64, 1), (2, 64, 64, 1))
    """

    dtype, ndim = np.dtype(np.uint8), 4

    def __init__(self, size: int = SIZE):
        self.shape = (int(np.prod(list(FACTOR_SIZES.values()))), size, size, 1)
        # Shape, scale and orientation -> [y, x, SIZE, SIZE], without a copy.
        self._windows = sliding_window_view(_centred(), (SIZE, SIZE), axis=(1, 2))

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """What the whole array would take."""
        return int(np.prod(self.shape))

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        if isinstance(rows, slice):
            rows = np.arange(len(self))[rows]
        sprite, x, y = np.unravel_index(np.asarray(rows), (len(self._windows), STEPS, STEPS))
        # Moving the window up moves the sprite down.
        images = self._windows[sprite, STEPS - 1 - y, STEPS - 1 - x]
        size = self.shape[1]
        if size != SIZE:
            block = SIZE // size
            blocks = images.reshape(*images.shape[:-2], size, block, size, block)
            images = (blocks.mean(axis=(-3, -1)) + 0.5).astype(np.uint8)
        return images[..., np.newaxis]


def factors_of(rows: np.ndarray) -> np.ndarray:
    """Factors of images by their numbers: int64 [N, 5], in the order of `FACTOR_SIZES`.

    >>> factors_of(np.array([0, 33, 737279])).tolist()
    [[0, 0, 0, 0, 0], [0, 0, 0, 1, 1], [2, 5, 39, 31, 31]]
    """
    return np.stack(np.unravel_index(rows, list(FACTOR_SIZES.values())), axis=1).astype(np.int64)


def _centred() -> np.ndarray:
    """Each shape in each scale and orientation, uint8 0 or 255, [720, canvas, canvas]."""
    axis = np.arange(_CANVAS) + 0.5 - _CANVAS / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    sprites = [
        inside(
            shape,
            (np.cos(angle) * x + np.sin(angle) * y) / (_RADIUS * scale),
            (np.cos(angle) * y - np.sin(angle) * x) / (_RADIUS * scale),
        )
        for shape in SHAPES
        for scale in SCALES
        for angle in ORIENTATIONS
    ]
    return np.stack(sprites).astype(np.uint8) * np.uint8(255)


def inside(shape: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Whether points are in a shape within the unit circle; v points down.

    >>> inside("square", np.array([0.6, 0.8]), np.zeros(2)).tolist()
    [True, False]
    """
    if shape == "square":
        return np.maximum(np.abs(u), np.abs(v)) <= np.sqrt(0.5)
    if shape == "ellipse":
        return u**2 + (v / 0.6) ** 2 <= 1
    # (a^2 + b^2 - 1)^3 = a^2 b^3, shrunk and moved into the circle.
    a, b = 1.3 * u, 0.2 - 1.3 * v
    return (a**2 + b**2 - 1) ** 3 <= a**2 * b**3
