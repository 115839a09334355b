"""The table of data sets; names are checked here before TensorFlow is imported."""

import importlib
import pathlib

from tfvae.data.label_choice import chosen_columns
from tfvae.data.options import LoadOptions
from tfvae.options import closest_name
from tfvae.schema import UsageError

# Name -> "module:function". The function takes (name, LoadOptions) and returns a Dataset.
DATASETS = {
    "digits": "tfvae.data.digits:load",
    "mnist": "tfvae.data.tfds_source:load_classes",
    "fashion_mnist": "tfvae.data.tfds_source:load_classes",
    "kmnist": "tfvae.data.tfds_source:load_classes",
    "cifar10": "tfvae.data.tfds_source:load_classes",
    "dsprites": "tfvae.data.tfds_factors:load",
    "celeb_a": "tfvae.data.celeb_a:load",
    "avatars": "tfvae.data.avatars.source:load",
    "avatars_cartoon": "tfvae.data.avatars.source:load",
}

# What stands before the colon in `tfds:NAME` and `folder:PATH`.
PREFIXES = {
    "tfds": "tfvae.data.tfds_source:load_any",
    "folder": "tfvae.data.folder:load",
}


def dataset_choices():
    """What `--dataset` accepts, for help and messages."""
    return (*DATASETS, "tfds:NAME", "folder:PATH")


def _source(name):
    """The "module:function" that loads `name`; raises UsageError as `check_dataset_name` does."""
    if name in DATASETS:
        return DATASETS[name]
    prefix, colon, rest = name.partition(":")
    if colon and prefix in PREFIXES:
        if not rest.strip():
            what = "a folder" if prefix == "folder" else "a TensorFlow Datasets name"
            raise UsageError(f"data set {name!r} lacks {what} after the colon")
        if prefix == "folder" and not pathlib.Path(rest).expanduser().is_dir():
            here = "" if pathlib.Path(rest).is_absolute() else f" in {pathlib.Path.cwd()}"
            raise UsageError(f"data set {name!r}: there is no folder {rest}{here}")
        return PREFIXES[prefix]
    near = closest_name(name, DATASETS)
    hint = f" (did you mean {near}?)" if near else ""
    raise UsageError(f"unknown data set {name!r}{hint}; choose from {', '.join(dataset_choices())}")


def check_dataset_name(name):
    """Passes if `name` can be loaded, as far as that is known without TensorFlow.

    Raises:
        UsageError: the name is unknown, or `folder:PATH` names no folder; says what was given and
            the valid choices.
    """
    _source(name)


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
    module, function = _source(name).split(":")
    options = LoadOptions(seed, data_dir, manual_dir, image_size, skip_bad_images, labels)
    dataset = getattr(importlib.import_module(module), function)(name, options)
    return dataset if labels is None else dataset.with_labels(chosen_columns(dataset.spec, labels))
