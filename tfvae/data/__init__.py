"""The data sets. Names are checked here before TensorFlow is imported."""

import importlib
import pathlib

from tfvae.data.label_choice import chosen_columns
from tfvae.data.options import LoadOptions
from tfvae.registry import Table
from tfvae.schema import UsageError

# The function takes (name, LoadOptions) and returns a Dataset.
DATASETS = Table(
    "data set",
    {
        "digits": "tfvae.data.sources.digits:load",
        "mnist": "tfvae.data.sources.tfds_classes:load_classes",
        "fashion_mnist": "tfvae.data.sources.tfds_classes:load_classes",
        "kmnist": "tfvae.data.sources.tfds_classes:load_classes",
        "cifar10": "tfvae.data.sources.tfds_classes:load_classes",
        "dsprites": "tfvae.data.sources.dsprites:load",
        "celeb_a": "tfvae.data.sources.celeb_a:load",
        "avatars": "tfvae.data.sources.avatars:load",
        "avatars_cartoon": "tfvae.data.sources.avatars:load",
    },
    others=("tfds:NAME", "folder:PATH"),
)

# What stands before the colon in `tfds:NAME` and `folder:PATH`.
PREFIXES = {
    "tfds": "tfvae.data.sources.tfds_classes:load_any",
    "folder": "tfvae.data.sources.folder:load",
}


def check_dataset_name(name):
    """Passes if `name` can be loaded, as far as that is known without TensorFlow.

    Raises:
        UsageError: the name is unknown, or `folder:PATH` names no folder; says what was given and
            the valid choices.
    """
    prefix, colon, rest = name.partition(":")
    if not (colon and prefix in PREFIXES):
        DATASETS.check(name)
    elif not rest.strip():
        what = "a folder" if prefix == "folder" else "a TensorFlow Datasets name"
        raise UsageError(f"data set {name!r} lacks {what} after the colon")
    elif prefix == "folder" and not pathlib.Path(rest).expanduser().is_dir():
        here = "" if pathlib.Path(rest).is_absolute() else f" in {pathlib.Path.cwd()}"
        raise UsageError(f"data set {name!r}: there is no folder {rest}{here}")


def load_dataset(
    name,
    *,
    seed=0,
    data_dir=None,
    manual_dir=None,
    image_size=None,
    skip_bad_images=False,
    labels=None,
):
    """Loads a data set by its name.

    `load_dataset(dataset.spec.name, data_dir=..., manual_dir=..., **dataset.options)` loads the
    same examples in the same splits and order again.

    Args:
        name: A key of `DATASETS`, `tfds:NAME` or `folder:PATH`.
        seed: Of the split into train, validation and test, where the source brings no split of
            its own and the project fixes none.
        data_dir: Where TensorFlow Datasets keeps its files; its own default if None.
        manual_dir: Folder with archives fetched by hand, used in place of the network.
        image_size: Resize to this many pixels square; None keeps the source's size.
        skip_bad_images: Leave out images that can't be read, rather than stop (`folder:`).
        labels: Keep only these labels of a data set with binary ones: "20" the first 20,
            "smiling,hat" these two in this order; None keeps all.
    Returns:
        A `tfvae.data.dataset.Dataset`.
    Raises:
        UsageError: a wrong name or option.
        UserError: the data can't be had or read.
    """
    check_dataset_name(name)
    source = DATASETS.get(name) or PREFIXES[name.partition(":")[0]]
    module, _, function = source.partition(":")
    options = LoadOptions(seed, data_dir, manual_dir, image_size, skip_bad_images, labels)
    dataset = getattr(importlib.import_module(module), function)(name, options)
    return dataset if labels is None else dataset.with_labels(chosen_columns(dataset.spec, labels))
