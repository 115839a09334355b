"""Registers the classes in this package's `.keras` files with Keras; imports no Keras itself.

A `.keras` file has the name of its class, `tfvae>CCVAE`. Keras looks it up in a table of registered
classes, and a class registers itself when its module is imported. So that a file loads after
`import tfvae` alone, a stand-in is registered for each class as soon as Keras is imported; it
imports the class when a file needs it. Importing Keras takes seconds, so if it isn't imported yet,
this module waits until another module imports it.

>>> import keras
>>> import tfvae
>>> keras.saving.get_registered_object("tfvae>CCVAE").__name__
'CCVAE'
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
# Class -> "module:attribute", for every class that a `.keras` file of this package may contain.
CLASSES = {
    **MODEL_CLASSES,
    "GaussianMixtures": "tfvae.generators.samplers:GaussianMixtures",
    "CodeNetwork": "tfvae.generators.samplers:CodeNetwork",
    "SharedScale": "tfvae.networks.heads:SharedScale",
    "LabelMap": "tfvae.networks.label_map:LabelMap",
    "FusedAdam": "tfvae.training.adam:FusedAdam",
}


def announce() -> None:
    """Registers the stand-ins now, or when Keras is imported; a second call changes nothing.

    >>> import keras
    >>> announce()
    >>> all(keras.saving.get_registered_object(f"{PACKAGE}>{name}") for name in CLASSES)
    True
    """
    if "keras" in sys.modules:
        _register()
    elif not any(isinstance(finder, _WaitForKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WaitForKeras(_register))


def _register() -> None:
    # Waits for a thread that is importing it at this moment.
    import keras  # noqa: F401
    from keras.saving import get_registered_object, register_keras_serializable

    for name, path in CLASSES.items():
        # A class that has been imported is registered already.
        if get_registered_object(f"{PACKAGE}>{name}") is None:
            register_keras_serializable(PACKAGE, name)(_stand_in(name, path))


def _stand_in(name: str, path: str) -> type:
    """A class whose `from_config` imports the class `name` and calls its `from_config`."""

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
        self._asks_others = False

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras" or self._asks_others:
            return None
        self._asks_others = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._asks_others = False
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_call(module):
            execute(module)
            # Not before: many only ask whether Keras is there.
            if self in sys.meta_path:
                sys.meta_path.remove(self)
                self.function()

        # Changes this loader only, which imports no other module.
        spec.loader.exec_module = execute_and_call
        return spec
