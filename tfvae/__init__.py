"""Five studies of the latent space of variational autoencoders, as one system.

    import tfvae

    data = tfvae.load_dataset("digits")
    model = tfvae.build_model("ccvae", data.spec)     # a Keras model
    tfvae.train(tfvae.RunConfig(model="ccvae"))       # what train.py does
    tfvae.evaluate("cis")                             # what evaluate.py does
    tfvae.load("saved_models/ccvae_digits")           # an export, opened

These names stay; the files behind them may move. Nothing heavy is imported before it is used, and
Keras finds the models in `.keras` files by their class as soon as this package is imported.
"""

import importlib
from typing import TYPE_CHECKING, Any

from tfvae import keras_classes

if TYPE_CHECKING:
    from tfvae.data import load_dataset as load_dataset
    from tfvae.evaluation.evaluate import evaluate as evaluate
    from tfvae.exports.reader import load as load
    from tfvae.generators.config import GeneratorConfig as GeneratorConfig
    from tfvae.generators.run import fit_generator as fit_generator
    from tfvae.models import build_model as build_model
    from tfvae.training.config import RunConfig as RunConfig
    from tfvae.training.run import train as train

__version__ = "0.1.0"

# Public name -> "module:attribute".
_PUBLIC = {
    "load": "tfvae.exports.reader:load",
    "load_dataset": "tfvae.data:load_dataset",
    "build_model": "tfvae.models:build_model",
    "train": "tfvae.training.run:train",
    "RunConfig": "tfvae.training.config:RunConfig",
    "fit_generator": "tfvae.generators.run:fit_generator",
    "GeneratorConfig": "tfvae.generators.config:GeneratorConfig",
    "evaluate": "tfvae.evaluation.evaluate:evaluate",
    "DataSpec": "tfvae.schema:DataSpec",
    "UserError": "tfvae.schema:UserError",
    "UsageError": "tfvae.schema:UsageError",
    **keras_classes.MODEL_CLASSES,
}
__all__ = sorted(_PUBLIC)

keras_classes.announce()


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PUBLIC[name].partition(":")
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
