"""Every public class and function shows by an example what it does; pytest runs the examples."""

import importlib
import inspect
import pkgutil

import pytest

import tfvae

MODULES = [
    info.name
    for info in pkgutil.walk_packages(tfvae.__path__, "tfvae.")
    if not info.name.rpartition(".")[2].startswith("_")
]


def public(module):
    """Classes and functions that the module itself defines, by name."""
    for name, value in vars(module).items():
        own = getattr(value, "__module__", None) == module.__name__
        if own and not name.startswith("_") and (inspect.isclass(value) or callable(value)):
            yield name, inspect.unwrap(value)


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_has_an_example(name):
    module = importlib.import_module(name)
    lacking = [
        f"{name}.{each}" for each, value in public(module) if ">>>" not in (value.__doc__ or "")
    ]
    assert not lacking
