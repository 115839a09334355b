"""`avatars` and `avatars_cartoon`: 20,000 faces in two styles; face i is the same in both."""

from collections.abc import Mapping

import numpy as np

from tfvae.avatars.attributes import NAMES
from tfvae.avatars.canvas import Style
from tfvae.avatars.cartoon import Cartoon
from tfvae.avatars.realistic import Realistic
from tfvae.avatars.render import render_all
from tfvae.avatars.scene import NUISANCES, Scenes, draw_scenes
from tfvae.data import cache
from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.schema import BINARY, TEST, TRAIN, VALIDATION, DataSpec, UsageError

# The version of the drawing, in the names of cached files and in the fingerprint of the data; to be
# increased whenever a scene looks different.
DRAWING = 1

_STYLES: dict[str, type[Style]] = {"avatars": Realistic, "avatars_cartoon": Cartoon}
_SIZES = (32, 64)
# The data set is fixed, so that scores of different runs can be compared.
_SEED = 0
# First scene and number of scenes.
_SPLITS = {TRAIN: (0, 16_000), VALIDATION: (16_000, 2_000), TEST: (18_000, 2_000)}


def load(name: str, options: LoadOptions) -> Dataset:
    """All 20,000 faces; drawn on first use, which takes seconds, and kept in the data folder.

    Raises:
        UsageError: an image size other than 32 and 64.

    >>> load("avatars", LoadOptions(image_size=28))  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: data set avatars is drawn with 32 or 64 pixels a side;
        image size 28 is neither
    """
    return draw_dataset(name, options, _SPLITS)


def draw_dataset(name: str, options: LoadOptions, ranges: Mapping[str, tuple[int, int]]) -> Dataset:
    """The faces of some ranges of scenes.

    Args:
        name: "avatars" or "avatars_cartoon".
        options: `LoadOptions`; the seed has no effect.
        ranges: Split -> (first scene, number of scenes).
    Returns:
        A `Dataset` with `can_edit` true.
    Raises:
        UsageError: as `load`.

    >>> import tempfile
    >>> ranges = {TRAIN: (0, 4), VALIDATION: (4, 2), TEST: (6, 2)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     faces = draw_dataset("avatars_cartoon", LoadOptions(data_dir=folder), ranges)
    >>> faces.arrays(TRAIN)["image"].shape, faces.edited(TEST, rows=[1], label=2).shape
    ((4, 32, 32, 3), (1, 32, 32, 3))
    """
    size = options.image_size or _SIZES[0]
    if size not in _SIZES:
        raise UsageError(
            f"data set {name} is drawn with 32 or 64 pixels a side; image size {size} is neither"
        )
    style = _STYLES[name]()
    scenes = {
        split: draw_scenes(_SEED, np.arange(first, first + count))
        for split, (first, count) in ranges.items()
    }

    def pictures(split: str, part: Scenes) -> np.ndarray:
        first, count = ranges[split]
        file = f"{name}-v{DRAWING}-{size}px-{first}-{first + count}.npy"
        return cache.load_or_draw(
            cache.folder(options.data_dir) / file,
            (count, size, size, 3),
            lambda: render_all(part, size, style, f"{name}: {split}"),
        )

    splits = {
        split: Examples(
            pictures(split, part),
            part.label,
            nuisances={variable: part.value(variable) for variable in NUISANCES},
        )
        for split, part in scenes.items()
    }

    def edit(split: str, rows: np.ndarray, label: int) -> np.ndarray:
        changed = scenes[split].take(rows).with_attribute(NAMES[label])
        return render_all(changed, size, style, f"{name}: {NAMES[label]}")

    spec = DataSpec(
        name=name,
        image_shape=(size, size, 3),
        label_names=NAMES,
        label_kind=BINARY,
        num_examples={split: len(part) for split, part in splits.items()},
    )
    return Dataset(spec, splits, options.to_dict(), f"drawing {DRAWING}", edit, f"avatars {ranges}")
