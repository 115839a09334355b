"""The models. `MODELS` can be read, and names checked, before TensorFlow is imported."""

import importlib
from collections.abc import Mapping
from typing import Any

from tfvae.options import Option, check_options, closest_name, options_of
from tfvae.schema import UsageError

MODELS = {
    "vae": "tfvae.models.vae:VAE",
    "beta_vae": "tfvae.models.beta_vae:BetaVAE",
    "info_vae": "tfvae.models.info_vae:InfoVAE",
    "mmd_vae": "tfvae.models.mmd_vae:MMDVAE",
    "ccvae": "tfvae.models.ccvae:CCVAE",
    "cvae": "tfvae.models.cvae:CVAE",
    "m2": "tfvae.models.m2:M2",
    "dualvae": "tfvae.models.dualvae:DualVAE",
    "fader": "tfvae.models.fader:Fader",
    "stargan": "tfvae.models.stargan:StarGAN",
}

# Constructor arguments that belong to the run and have options of their own.
RUN_ARGUMENTS = ("seed",)


def check_model_name(name: str) -> None:
    """Raises UsageError for a name that isn't in `MODELS`; imports no TensorFlow."""
    if name not in MODELS:
        closest = closest_name(name, MODELS)
        hint = f"did you mean {closest!r}? " if closest else ""
        raise UsageError(f"unknown model {name!r}; {hint}(valid: {', '.join(MODELS)})")


def model_class(name: str) -> Any:
    """The class called `name`, a `BaseModel`; imports TensorFlow.

    Raises:
        UsageError: unknown name.
    """
    check_model_name(name)
    module, attribute = MODELS[name].split(":")
    return getattr(importlib.import_module(module), attribute)


def hyperparameters(name: str) -> tuple[Option, ...]:
    """What `--set` may change in the model called `name`, read off its constructor."""
    return options_of(model_class(name), skip=RUN_ARGUMENTS)


def check_settings(name: str, settings: Mapping) -> dict:
    """`settings` in the types that the model declares.

    Raises:
        UsageError: an unknown key or a wrong value; the message shows it and the valid ones.
    """
    return check_options(model_class(name), settings, what=f"model {name}", skip=RUN_ARGUMENTS)


def build_model(name: str, spec, settings: Mapping = {}, seed: int = 0):
    """A model for the data that `spec` describes, built and ready to compile.

    Args:
        name: Key of `MODELS`.
        spec: DataSpec.
        settings: Hyper-parameters that differ from their defaults.
        seed: Of the noise in its training step.
    Raises:
        UsageError: the settings, or what they mean on these data, are wrong.
        UserError: the data lack the labels that the model needs.
    """
    return model_class(name)(spec, seed=seed, **check_settings(name, settings))
