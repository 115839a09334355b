"""InfoVAE (Zhao et al. 2017), with the maximum mean discrepancy as its divergence."""

from typing import Annotated

import keras
from pydantic import Field

from tfvae.models.mmd_vae import MMDVAE
from tfvae.schema import UsageError


@keras.saving.register_keras_serializable("tfvae")
class InfoVAE(MMDVAE):
    """An image is drawn from a code, and the code from N(0, I), as in the VAE; the loss differs.

    Minimises distortion + (1 - alpha) rate + (alpha + lambda - 1) MMD^2(q(z), p(z)), the objective
    L_InfoVAE of Zhao et al. (2017). It lets each code hold more information about its image, and
    requires that the codes of all images together be distributed like the prior. alpha = 0 with
    lambda = 1 is the VAE, alpha = 1 is `mmd_vae`.

    `mmd` is one number for the whole batch, over all replicas, repeated for each image: [B].

    Args:
        alpha: Weight of the mutual information of image and code, at most 1.
        mmd_weight: lambda; the weight of MMD^2 is alpha + lambda - 1, nats per image.
    Raises:
        UsageError: alpha + lambda < 1, which would drive codes away from the prior.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1))
    >>> InfoVAE(spec, alpha=0.0, mmd_weight=1.0).term_weights()  # the VAE
    {'distortion': 1.0, 'rate': 1.0, 'mmd': 0.0}
    >>> InfoVAE(spec, alpha=1.0, mmd_weight=100.0).term_weights()  # mmd_vae
    {'distortion': 1.0, 'rate': 0.0, 'mmd': 100.0}
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
