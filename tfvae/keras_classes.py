"""Tells Keras where the classes in this package's `.keras` files are; imports no Keras.

Keras builds what a `.keras` file names, `tfvae>CCVAE`, from a table of classes that have been
registered, and a class registers itself when its module is imported. So that a file loads after
`import tfvae` alone, a stand-in for each class is registered as soon as Keras is there: it imports
the class when a file asks for it. Keras itself takes seconds to import, so if nobody has imported
it yet, this waits until somebody does.
"""

import importlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable
from typing import Any

from tfvae.models import MODELS

PACKAGE = "tfvae"
MODEL_CLASSES = {path.partition(":")[2]: path for path in MODELS.values()}
# Class -> "module:attribute", of everything that a file of ours may name.
CLASSES = {
    **MODEL_CLASSES,
    "GaussianMixtures": "tfvae.generators.samplers:GaussianMixtures",
    "CodeNetwork": "tfvae.generators.samplers:CodeNetwork",
    "SharedScale": "tfvae.networks.heads:SharedScale",
    "LabelMap": "tfvae.networks.label_map:LabelMap",
}


def announce() -> None:
    """Registers the stand-ins now, or when Keras is imported."""
    if "keras" in sys.modules:
        _register()
    elif not any(isinstance(finder, _WaitForKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WaitForKeras(_register))


def _register() -> None:
    from keras.saving import get_registered_object, register_keras_serializable

    for name, path in CLASSES.items():
        # A class that has been imported is registered already.
        if get_registered_object(f"{PACKAGE}>{name}") is None:
            register_keras_serializable(PACKAGE, name)(_stand_in(name, path))


def _stand_in(name: str, path: str) -> type:
    """A class that Keras may build an object of class `name` by."""

    def from_config(cls: type, config: dict[str, Any]) -> Any:
        module, _, attribute = path.partition(":")
        return getattr(importlib.import_module(module), attribute).from_config(config)

    # Keras registers no class without `get_config`.
    methods = {"from_config": classmethod(from_config), "get_config": lambda self: {}}
    return type(name, (), methods)


class _WaitForKeras(importlib.abc.MetaPathFinder):
    """Calls a function once, after Keras has been imported."""

    def __init__(self, function: Callable[[], None]):
        self.function = function

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_call(module):
            execute(module)
            self.function()

        # On this loader alone, which imports this one module.
        spec.loader.exec_module = execute_and_call
        return spec
