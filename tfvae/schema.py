"""The names and shapes that every layer agrees on; imports no TensorFlow.

A batch is `{"image": float32 [B, H, W, C] in [0, 1], "label": float32 [B, L],
"observed": float32 [B, L]}`. `label` is one-hot (categorical) or 0/1 per attribute
(binary); `observed` is 1 where the label is known. A data set without labels has
neither `label` nor `observed`.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

IMAGE = "image"
LABEL = "label"
OBSERVED = "observed"

TRAIN = "train"
VALIDATION = "validation"
TEST = "test"
SPLITS = (TRAIN, VALIDATION, TEST)

CATEGORICAL = "categorical"
BINARY = "binary"


class UserError(Exception):
    """Something the user can mend. Its message is one clear line; the process exits with 1."""

    exit_status = 1


class UsageError(UserError):
    """A wrong name, key or value on the command line; the process exits with 2."""

    exit_status = 2


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """What a model or metric may know of a data set before it sees an image.

    Args:
        name: As given to `--dataset`.
        image_shape: (H, W, C).
        label_names: L names, in the order of the label axis; empty without labels.
        label_kind: "categorical", "binary", or None without labels.
        num_examples: Examples per split, for the keys of `SPLITS`.
        factor_sizes: Name -> number of values, where the ground-truth factors are known.
    Raises:
        ValueError: the shape isn't (H, W, C), or kind and names contradict each other.
    """

    name: str
    image_shape: tuple[int, int, int]
    label_names: tuple[str, ...] = ()
    label_kind: str | None = None
    num_examples: Mapping[str, int] = dataclasses.field(default_factory=dict)
    factor_sizes: Mapping[str, int] | None = None

    def __post_init__(self):
        if len(self.image_shape) != 3 or min(self.image_shape) < 1:
            raise ValueError(
                f"image_shape must be (height, width, channels), got {self.image_shape}"
            )
        if self.label_kind not in (None, CATEGORICAL, BINARY):
            raise ValueError(
                f"label_kind must be categorical, binary or None, got {self.label_kind!r}"
            )
        if (self.label_kind is None) != (not self.label_names):
            raise ValueError(
                f"label_kind {self.label_kind!r} does not go with "
                f"{len(self.label_names)} label names"
            )
        object.__setattr__(self, "image_shape", tuple(int(size) for size in self.image_shape))
        object.__setattr__(self, "label_names", tuple(self.label_names))

    @property
    def num_labels(self) -> int:
        return len(self.label_names)

    @property
    def num_pixels(self) -> int:
        """Values per image, channels included."""
        height, width, channels = self.image_shape
        return height * width * channels

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; `from_dict` is its inverse."""
        fields = dataclasses.asdict(self)
        return {
            **fields,
            "image_shape": list(self.image_shape),
            "label_names": list(self.label_names),
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "DataSpec":
        return cls(**{**fields, "image_shape": tuple(fields["image_shape"])})
