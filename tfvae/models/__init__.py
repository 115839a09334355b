"""The models. `MODELS` can be read, and names checked, before TensorFlow is imported."""

from collections.abc import Mapping
from typing import Any

from tfvae.registry import Table

MODELS = Table(
    "model",
    {
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
    },
    # It belongs to the run, which has an option of its own for it.
    not_options=("seed",),
)


def build_model(name: str, spec, settings: Mapping[str, Any] = {}, seed: int = 0):
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
    return MODELS.load(name)(spec, seed=seed, **MODELS.check_options(name, settings))
