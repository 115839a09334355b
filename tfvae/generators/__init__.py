"""Generators of study C: codes of a wanted class for a VAE that never saw a label.

`GENERATORS` can be read, and names checked, before TensorFlow is imported.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from tfvae.options import Option, check_options, closest_name, options_of
from tfvae.schema import UsageError

GENERATORS = {
    "simple": "tfvae.generators.simple:simple",
    "medium1": "tfvae.generators.medium:medium1",
    "medium2": "tfvae.generators.medium:medium2",
    "full_covariance": "tfvae.generators.mixture:full_covariance",
    "mixture": "tfvae.generators.mixture:mixture",
    "network": "tfvae.generators.network:network",
}


def check_generator_name(name: str) -> None:
    """Raises UsageError for a name that isn't in `GENERATORS`; imports no TensorFlow."""
    if name not in GENERATORS:
        closest = closest_name(name, GENERATORS)
        hint = f"did you mean {closest!r}? " if closest else ""
        raise UsageError(f"unknown generator {name!r}; {hint}(valid: {', '.join(GENERATORS)})")


def generator_function(name: str) -> Callable[..., Any]:
    """The function behind a name: (task, *, option=default, ...) -> Search; imports TensorFlow."""
    check_generator_name(name)
    module, attribute = GENERATORS[name].split(":")
    return getattr(importlib.import_module(module), attribute)


def generator_options(name: str) -> tuple[Option, ...]:
    """What `--set` may change in the generator called `name`."""
    return options_of(generator_function(name))


def check_settings(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """`settings` in the types that the generator declares.

    Raises:
        UsageError: an unknown key or a wrong value; the message shows it and the valid ones.
    """
    return check_options(generator_function(name), settings, what=f"generator {name}")
