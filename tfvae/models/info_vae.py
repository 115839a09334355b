"""InfoVAE (Zhao et al. 2017), with the maximum mean discrepancy as its divergence."""

from typing import Annotated

import keras
from pydantic import Field

from tfvae.models.mmd_vae import MMDVAE
from tfvae.schema import UsageError


@keras.saving.register_keras_serializable("tfvae")
class InfoVAE(MMDVAE):
    """A VAE that keeps more of its image in the code, which all together still look like the prior.

    Minimises distortion + (1 - alpha) rate + (alpha + lambda - 1) MMD^2(q(z), p(z)), Zhao et al.
    (2017), the objective L_InfoVAE. alpha = 0 and lambda = 1 is the VAE, alpha = 1 is `mmd_vae`.

    `mmd` is one number for the whole batch, over all replicas, which each image gets: [B].

    Args:
        alpha: Weight of the mutual information of image and code, at most 1.
        mmd_weight: lambda; MMD^2 weighs alpha + lambda - 1, nats per image.
    Raises:
        UsageError: alpha + lambda < 1, which would drive codes away from the prior.
    """

    def __init__(
        self,
        spec,
        *,
        alpha: Annotated[float, Field(le=1)] = 0.5,
        mmd_weight: Annotated[float, Field(ge=0)] = 100.0,
        **kwargs,
    ):
        super().__init__(spec, mmd_weight=mmd_weight, **kwargs)
        if alpha + mmd_weight < 1:
            raise UsageError(
                f"alpha={alpha} and mmd_weight={mmd_weight} add up to less than 1: the MMD would "
                "have a negative weight"
            )
        self.alpha = alpha

    def term_weights(self):
        return {
            "distortion": 1.0,
            "rate": 1.0 - self.alpha,
            "mmd": self.alpha + self.mmd_weight - 1.0,
        }
