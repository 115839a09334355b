"""Scenes: the attributes and nuisance variables of faces, from which pictures are drawn."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from tfvae.avatars.attributes import ATTRIBUTES, CONFLICTS, EXCLUSIVE, NAMES

COUNT = 20_000

# Variables without a label, each uniform in 0..1; see `Canvas` and the styles for their meaning.
NUISANCES = (
    "skin background_hue background_tone background_angle x y size light eyes shirt_hue shirt_tone "
    "accent frame phase"
).split()

# Columns of the set of which every face has one attribute, and the hair colours among them.
_HEADS = sorted(NAMES.index(name) for name in EXCLUSIVE[0])
_COLOURS = [column for column in _HEADS if NAMES[column] != "bald"]

_HIDDEN = ("feminine", "old", "merry")
_ATTRIBUTE_STREAM, _HIDDEN_STREAM, _NUISANCE_STREAM = 0, 1000, 2000


@dataclasses.dataclass(frozen=True)
class Scenes:
    """N faces.

    Args:
        label: uint8 [N, 40], in the order of `NAMES`.
        nuisance: float32 [N, K] in 0..1, in the order of `NUISANCES`.

    >>> faces = draw_scenes(seed=0, indices=range(4))
    >>> len(faces), faces.take([0, 2]).label.shape, faces.value("size").shape
    (4, (2, 40), (4,))
    >>> faces.with_attribute("hat").on("hat").tolist()
    [True, True, True, True]
    """

    label: np.ndarray
    nuisance: np.ndarray

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: np.ndarray | slice | Sequence[int]) -> "Scenes":
        """The faces at `rows`."""
        return Scenes(self.label[rows], self.nuisance[rows])

    def on(self, name: str) -> np.ndarray:
        """Whether each face has an attribute, bool [N]."""
        return self.label[:, NAMES.index(name)] > 0

    def value(self, name: str) -> np.ndarray:
        """A nuisance variable, float32 [N]."""
        return self.nuisance[:, NUISANCES.index(name)]

    def with_attribute(self, name: str) -> "Scenes":
        """The same faces with one attribute on, and the attributes that it excludes off.

        A bald face that gets hair gets a hair colour too.
        """
        column = NAMES.index(name)
        changed = self.label[:, column] == 0
        label = self.label.copy()
        label[np.ix_(changed, CONFLICTS[column])] = 0
        label[changed, column] = 1
        # A face without a hair colour was bald and has got hair.
        colourless = ~label[:, _HEADS].any(axis=1)
        label[colourless, self._natural_colour()[colourless]] = 1
        return Scenes(label, self.nuisance)

    def _natural_colour(self) -> np.ndarray:
        """The column of a hair colour for each face, in the frequencies of the table."""
        shares = np.cumsum([ATTRIBUTES[column].frequency for column in _COLOURS])
        chosen = np.searchsorted(shares / shares[-1], self.value("phase"), side="right")
        return np.array(_COLOURS)[np.minimum(chosen, len(_COLOURS) - 1)]


def draw_scenes(seed: int, indices: npt.ArrayLike) -> Scenes:
    """The scenes of these indices; each depends on (seed, index) alone.

    Args:
        seed: integer.
        indices: [N] integers.
    Returns:
        `Scenes`, N of them.

    >>> ten, one = draw_scenes(0, range(10)), draw_scenes(0, [7])
    >>> bool((ten.label[7] == one.label[0]).all())
    True
    """
    indices = np.asarray(indices)
    scores = _scores(seed, indices)
    label = np.zeros(scores.shape, np.uint8)
    for column, threshold in enumerate(_thresholds(seed)):
        free = ~label[:, CONFLICTS[column]].any(axis=1)
        label[:, column] = free & (scores[:, column] <= threshold)
    nuisance = _uniform(seed, indices, _NUISANCE_STREAM, len(NUISANCES)).astype(np.float32)
    return Scenes(label, nuisance)


@functools.lru_cache(maxsize=4)
def _thresholds(seed: int) -> tuple[float, ...]:
    """Scores up to which an attribute is on, so that the first 20,000 scenes have its frequency.

    Attributes are decided in the order of the table, each among the faces without an earlier
    attribute that excludes it.
    """
    scores = _scores(seed, np.arange(COUNT))
    label = np.zeros(scores.shape, bool)
    thresholds = []
    for column, attribute in enumerate(ATTRIBUTES):
        free = np.flatnonzero(~label[:, CONFLICTS[column]].any(axis=1))
        count = round(attribute.frequency * COUNT)
        threshold = np.partition(scores[free, column], count - 1)[count - 1]
        label[free, column] = scores[free, column] <= threshold
        thresholds.append(threshold)
    return tuple(thresholds)


def _scores(seed: int, indices: np.ndarray) -> np.ndarray:
    """Standard normal [N, 40]; an attribute is on where its score is low."""
    hidden = ndtri(_uniform(seed, indices, _HIDDEN_STREAM, len(_HIDDEN)))
    own = ndtri(_uniform(seed, indices, _ATTRIBUTE_STREAM, len(ATTRIBUTES)))
    loadings = np.array([[getattr(row, name) for name in _HIDDEN] for row in ATTRIBUTES])
    # Column by column, in place of a matrix product: its sums may depend on the number of rows.
    common = sum(hidden[:, [i]] * loadings[:, i] for i in range(len(_HIDDEN)))
    return own * np.sqrt(1 - (loadings**2).sum(axis=1)) - common


def _uniform(seed: int, indices: np.ndarray, stream: int, count: int) -> np.ndarray:
    """[N, count] in (0, 1) by SplitMix64 (Steele et al. 2014) of (seed, index, column).

    With a counter-based generator any scene can be drawn without the scenes before it; as it is
    written here, no version of NumPy changes its numbers.
    """
    with np.errstate(over="ignore"):
        state = np.array(int(seed) % 2**64, np.uint64)
        index = np.asarray(indices).astype(np.uint64)[:, np.newaxis]
        column = np.arange(stream, stream + count, dtype=np.uint64)
        for word in (index, column):
            state = _mixed(state * np.uint64(0x9E3779B97F4A7C15) + word + np.uint64(1))
    return ((state >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def _mixed(word: np.ndarray) -> np.ndarray:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
