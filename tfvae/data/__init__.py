"""The data sets. Names are checked here before TensorFlow is imported."""

import importlib
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tfvae.data.label_choice import chosen_columns
from tfvae.data.options import LoadOptions
from tfvae.registry import Table
from tfvae.schema import UsageError, check_printable

if TYPE_CHECKING:
    from tfvae.data.dataset import Dataset

# The function takes (name, LoadOptions) and returns a Dataset.
DATASETS = Table(
    "data set",
    {
        "digits": "tfvae.data.sources.digits:load",
        "mnist": "tfvae.data.sources.tfds_classes:load_classes",
        "fashion_mnist": "tfvae.data.sources.tfds_classes:load_classes",
        "kmnist": "tfvae.data.sources.tfds_classes:load_classes",
        "cifar10": "tfvae.data.sources.tfds_classes:load_classes",
        "sprites": "tfvae.data.sources.sprites:load",
        "dsprites": "tfvae.data.sources.dsprites:load",
        "chairs": "tfvae.data.sources.chairs:load",
        "celeb_a": "tfvae.data.sources.celeb_a:load",
        "avatars": "tfvae.data.sources.avatars:load",
        "avatars_cartoon": "tfvae.data.sources.avatars:load",
    },
    others=("tfds:NAME", "folder:PATH"),
)

# Keys are the parts before the colon in `tfds:NAME` and `folder:PATH`.
PREFIXES = {
    "tfds": "tfvae.data.sources.tfds_classes:load_any",
    "folder": "tfvae.data.sources.folder:load",
}


def check_dataset_name(name: str) -> None:
    """Checks that a data set of this name can be loaded, as far as possible without TensorFlow.

    Raises:
        UsageError: the name is unknown, or `folder:PATH` names no folder; the message shows the
            value received and the valid choices.

    >>> check_dataset_name("mnist")
    >>> check_dataset_name("tfds:")
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: data set 'tfds:' lacks a TensorFlow Datasets name after the colon
    """
    check_printable("data set", name)
    prefix, colon, rest = name.partition(":")
    if not (colon and prefix in PREFIXES):
        DATASETS.check(name)
    elif not rest.strip():
        what = "a folder" if prefix == "folder" else "a TensorFlow Datasets name"
        raise UsageError(f"data set {name!r} lacks {what} after the colon")
    elif prefix == "folder" and not pathlib.Path(rest).expanduser().is_dir():
        here = "" if pathlib.Path(rest).is_absolute() else f" in {pathlib.Path.cwd()}"
        raise UsageError(f"data set {name!r}: there is no folder {rest}{here}")


def check_outside(dataset: str, places: Mapping[str, pathlib.Path]) -> None:
    """Checks that nothing is written among the images of a `folder:`, where it would become data.

    Args:
        dataset: Name of a data set; only `folder:PATH` is looked at.
        places: Option -> folder that will be written.
    Raises:
        UsageError: one of them lies in PATH.

    >>> check_outside("folder:faces", {"--runs-dir": pathlib.Path("faces/runs")})
    ... # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --runs-dir faces/runs lies among the images of folder:faces:
        give a folder outside
    """
    if not dataset.startswith("folder:"):
        return
    root = pathlib.Path(dataset.removeprefix("folder:")).expanduser().resolve()
    for option, place in places.items():
        resolved = pathlib.Path(place).expanduser().resolve()
        if not resolved.is_relative_to(root):
            continue
        # Hidden folders aren't read.
        if not any(name.startswith(".") for name in resolved.parts[len(root.parts) :]):
            raise UsageError(
                f"{option} {place} lies among the images of {dataset}: give a folder outside"
            )


def load_dataset(
    name: str,
    *,
    seed: int = 0,
    data_dir: str | None = None,
    manual_dir: str | None = None,
    image_size: int | None = None,
    skip_bad_images: bool = False,
    labels: str | None = None,
) -> "Dataset":
    """Loads a data set by its name.

    `load_dataset(dataset.spec.name, data_dir=..., manual_dir=..., **dataset.options)` loads the
    same examples in the same splits and order again.

    Args:
        name: A key of `DATASETS`, `tfds:NAME` or `folder:PATH`.
        seed: Of the division into train, validation and test, where neither the source nor the
            project fixes the splits.
        data_dir: Folder where TensorFlow Datasets keeps its files; its own default if None.
        manual_dir: Folder with archives that were downloaded by hand, used in place of the network.
        image_size: Resize images to this many pixels square; None keeps the source's size.
        skip_bad_images: Leave out images that can't be read, rather than stop (`folder:`).
        labels: Keep only these labels of a data set with binary labels: "20" means the first 20,
            "smiling,hat" these two in this order; None keeps all.
    Returns:
        A `tfvae.data.dataset.Dataset`.
    Raises:
        UsageError: a wrong name or option.
        UserError: the data can't be downloaded or read.

    >>> digits = load_dataset("digits")
    >>> digits.spec.image_shape, digits.spec.num_examples
    ((28, 28, 1), {'train': 1258, 'validation': 180, 'test': 359})
    """
    check_dataset_name(name)
    source = DATASETS.get(name) or PREFIXES[name.partition(":")[0]]
    module, _, function = source.partition(":")
    options = LoadOptions(seed, data_dir, manual_dir, image_size, skip_bad_images, labels)
    dataset = getattr(importlib.import_module(module), function)(name, options)
    dataset.check(image_size)
    return dataset if labels is None else dataset.with_labels(chosen_columns(dataset.spec, labels))
