"""The models. `MODELS` can be read, and names can be checked, before TensorFlow is imported.

>>> MODELS["beta_vae"]
'tfvae.models.beta_vae:BetaVAE'
>>> MODELS.defaults("beta_vae")["beta"]
4.0
"""

from collections.abc import Mapping
from typing import Any

from tfvae.registry import Table

MODELS = Table(
    "model",
    {
        "vae": "tfvae.models.vae:VAE",
        "beta_vae": "tfvae.models.beta_vae:BetaVAE",
        "beta_tcvae": "tfvae.models.beta_tcvae:BetaTCVAE",
        "factor_vae": "tfvae.models.factor_vae:FactorVAE",
        "dip_vae": "tfvae.models.dip_vae:DIPVAE",
        "sparse_vae": "tfvae.models.sparse_vae:SparseVAE",
        "info_vae": "tfvae.models.info_vae:InfoVAE",
        "mmd_vae": "tfvae.models.mmd_vae:MMDVAE",
        "ccvae": "tfvae.models.ccvae:CCVAE",
        "cvae": "tfvae.models.cvae:CVAE",
        "m2": "tfvae.models.m2:M2",
        "dualvae": "tfvae.models.dualvae:DualVAE",
        "fader": "tfvae.models.fader:Fader",
        "stargan": "tfvae.models.stargan:StarGAN",
    },
    # The seed is an option of the run.
    not_options=("seed",),
)


def current_settings(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an earlier version under the names of today; imports TensorFlow.

    >>> current_settings("dualvae", {"label_weight": 2.0})
    {'label_rate': 2.0}
    """
    renamed = MODELS.load(name).renamed_arguments
    return {renamed.get(key, key): value for key, value in settings.items()}


def build_model(name: str, spec, settings: Mapping[str, Any] = {}, seed: int = 0):
    """A model for the data that `spec` describes, built and ready to compile.

    Args:
        name: Key of `MODELS`.
        spec: DataSpec of the images.
        settings: Hyper-parameters that differ from their defaults.
        seed: Seed of the noise in the training step.
    Raises:
        UsageError: the settings are wrong, in themselves or for these data.
        UserError: the data lack the labels that the model needs.

    >>> from tfvae.schema import DataSpec
    >>> model = build_model("beta_vae", DataSpec("tiny", (8, 8, 1)), {"beta": "2"})
    >>> type(model).__name__, model.beta, model.latent_dim
    ('BetaVAE', 2.0, 20)
    """
    return MODELS.load(name)(spec, seed=seed, **MODELS.check_options(name, settings))
