"""DIP-VAE I and II (Kumar et al. 2018): a penalty on the covariance of the codes."""

from typing import Annotated, Literal

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE
from tfvae.probability import replicas


@keras.saving.register_keras_serializable("tfvae")
class DIPVAE(VAE):
    """An image is drawn from a code, and the code from N(0, I), as in the VAE; the loss differs.

    Minimises distortion + rate + lambda_od sum_{i != j} C_ij^2 + lambda_d sum_i (C_ii - 1)^2,
    Kumar et al. (2018), eq. 6 and 7. C is the covariance over images of the posterior's means
    (variant i), or of codes drawn from the posteriors: that plus the mean of their variances
    (variant ii). Both should be the identity, as the prior's is.

    `off_diagonal` and `diagonal` are one number each for the whole batch, over all replicas,
    repeated for each image: [B].

    Args:
        variant: Whose covariance; i: of means; ii: of codes.
        off_diagonal_weight: lambda_od.
        diagonal_weight: lambda_d; none: 10 lambda_od for variant i, lambda_od for ii.

    >>> from tfvae.schema import DataSpec
    >>> DIPVAE(DataSpec("tiny", (8, 8, 1)), off_diagonal_weight=2.0).term_weights()
    {'distortion': 1.0, 'rate': 1.0, 'off_diagonal': 2.0, 'diagonal': 20.0}
    """

    def __init__(
        self,
        spec,
        *,
        variant: Literal["i", "ii"] = "i",
        off_diagonal_weight: Annotated[float, Field(ge=0)] = 10.0,
        diagonal_weight: Annotated[float, Field(ge=0)] | None = None,
        **kwargs,
    ):
        super().__init__(spec, **kwargs)
        self.variant = variant
        self.off_diagonal_weight = off_diagonal_weight
        if diagonal_weight is None:
            diagonal_weight = (10.0 if variant == "i" else 1.0) * off_diagonal_weight
        self.diagonal_weight = diagonal_weight

    def measure(self, batch, seed):
        posterior, z = self.drawn(batch, seed)
        terms = self.bound_terms(batch, posterior, z)
        covariance = self.covariance(posterior)
        variances = tf.linalg.diag_part(covariance)
        others = tf.linalg.set_diag(covariance, tf.zeros_like(variances))
        penalties = {
            "off_diagonal": tf.reduce_sum(tf.square(others)),
            "diagonal": tf.reduce_sum(tf.square(variances - 1.0)),
        }
        zeros = tf.zeros_like(terms["rate"])
        return {**terms, **{name: zeros + value for name, value in penalties.items()}}, {}

    def covariance(self, posterior):
        """C of a batch, over all replicas, [D, D]."""
        mean = replicas.over_replicas(posterior.mean())
        centred = mean - tf.reduce_mean(mean, axis=0)
        count = tf.cast(tf.shape(mean)[0], tf.float32)
        covariance = tf.matmul(centred, centred, transpose_a=True) / count
        if self.variant == "i":
            return covariance
        variance = replicas.over_replicas(posterior.variance())
        return covariance + tf.linalg.diag(tf.reduce_mean(variance, axis=0))

    def term_weights(self):
        return {
            "distortion": 1.0,
            "rate": 1.0,
            "off_diagonal": self.off_diagonal_weight,
            "diagonal": self.diagonal_weight,
        }
