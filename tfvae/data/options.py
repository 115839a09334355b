"""What a caller may ask of any source of data."""

import dataclasses
import numbers
from typing import Any

from tfvae.schema import UsageError

_LARGEST_SIZE = 4096


@dataclasses.dataclass(frozen=True)
class LoadOptions:
    """The keyword arguments of `load_dataset`, checked once for all sources.

    Raises:
        UsageError: a seed that is no integer, an image size outside 1..4096, or labels that are no
            text.
    """

    seed: int = 0
    data_dir: str | None = None
    manual_dir: str | None = None
    image_size: int | None = None
    skip_bad_images: bool = False
    labels: str | None = None

    def __post_init__(self):
        if not isinstance(self.seed, numbers.Integral):
            raise UsageError(f"the seed must be an integer, got {self.seed!r}")
        size = self.image_size
        if size is not None and not (
            isinstance(size, numbers.Integral) and 1 <= size <= _LARGEST_SIZE
        ):
            raise UsageError(f"the image size must be 1 to {_LARGEST_SIZE} pixels, got {size!r}")
        if not isinstance(self.labels, str | None):
            raise UsageError(f"labels must be a number or names in one text, got {self.labels!r}")

    def to_dict(self) -> dict[str, Any]:
        """The part that decides which examples come out; JSON-ready, free of machine paths."""
        return {
            "seed": int(self.seed),
            "image_size": None if self.image_size is None else int(self.image_size),
            "skip_bad_images": bool(self.skip_bad_images),
            "labels": self.labels,
        }
