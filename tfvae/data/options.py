"""The options that every source of data takes."""

import dataclasses
import numbers
import pathlib
from typing import Any

from tfvae.schema import UsageError

_LARGEST_SIZE = 4096


@dataclasses.dataclass(frozen=True)
class LoadOptions:
    """The keyword arguments of `load_dataset`, checked once for all sources.

    Raises:
        UsageError: a seed that is no integer, an image size outside 1..4096, or labels that are no
            text.

    >>> LoadOptions(image_size=64, data_dir="/data").to_dict()
    {'seed': 0, 'image_size': 64, 'skip_bad_images': False, 'labels': None}
    >>> LoadOptions(image_size=0)
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: the image size must be 1 to 4096 pixels, got 0
    """

    seed: int = 0
    data_dir: str | None = None
    manual_dir: str | None = None
    image_size: int | None = None
    skip_bad_images: bool = False
    labels: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.seed, numbers.Integral):
            raise UsageError(f"the seed must be an integer, got {self.seed!r}")
        size = self.image_size
        if size is not None and not (
            isinstance(size, numbers.Integral) and 1 <= size <= _LARGEST_SIZE
        ):
            raise UsageError(f"the image size must be 1 to {_LARGEST_SIZE} pixels, got {size!r}")
        if not isinstance(self.labels, str | None):
            raise UsageError(f"labels must be a number or names in one text, got {self.labels!r}")

    def manual_folder(self) -> pathlib.Path | None:
        """`manual_dir` as a path; None where it isn't given.

        Raises:
            UsageError: there is no such folder.

        >>> LoadOptions(manual_dir="archives").manual_folder()
        Traceback (most recent call last):
            ...
        tfvae.schema.UsageError: --manual-dir: there is no folder archives
        """
        if self.manual_dir is None:
            return None
        folder = pathlib.Path(self.manual_dir).expanduser()
        if not folder.is_dir():
            raise UsageError(f"--manual-dir: there is no folder {self.manual_dir}")
        return folder

    def to_dict(self) -> dict[str, Any]:
        """The options that decide which examples are loaded; JSON-ready, without folders."""
        return {
            "seed": int(self.seed),
            "image_size": None if self.image_size is None else int(self.image_size),
            "skip_bad_images": bool(self.skip_bad_images),
            "labels": self.labels,
        }
