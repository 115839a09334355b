"""Whether the labels of the training images can be learnt."""

import logging

from tfvae.schema import CATEGORICAL, UserError
from tfvae.training.config import RunConfig

_NAMES_SHOWN = 10

logger = logging.getLogger("tfvae")


def check_labels(dataset, config: RunConfig) -> None:
    """Logs which labels the training images of a run can't teach.

    Raises:
        UserError: that is all of them.

    >>> from tfvae.data import load_dataset
    >>> config = RunConfig(model="ccvae", missing_labels=1.0)
    >>> check_labels(load_dataset("digits"), config)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: ccvae learns from labels: no training image is known to be of any of ...
    """
    names = dataset.untaught_labels(seed=config.seed, missing_labels=config.missing_labels)
    count = dataset.spec.num_labels
    why = (
        "no training image is known to be of"
        if dataset.spec.label_kind == CATEGORICAL
        else "the training images are all the same, where it is known, in"
    )
    if names and len(names) == count:
        raise UserError(f"{config.model} learns from labels: {why} any of the {count} labels")
    if names:
        shown = ", ".join(names[:_NAMES_SHOWN]) + (", ..." if len(names) > _NAMES_SHOWN else "")
        logger.warning("%s %d of the %d labels: %s", why, len(names), count, shown)
