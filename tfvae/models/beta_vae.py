"""beta-VAE (Higgins et al. 2017), with the capacity schedule of Burgess et al. (2018)."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE


@keras.saving.register_keras_serializable("tfvae")
class BetaVAE(VAE):
    """A VAE whose rate weighs `beta`: distortion + beta rate, Higgins et al. (2017), eq. 4.

    With a capacity C > 0 the rate is held at C instead: distortion + beta |rate - C|, C growing
    linearly from 0 (Burgess et al. 2018, eq. 8). `elbo` is logged with weight 1 all the same.

    Args:
        beta: Weight of the rate; 1 is the VAE.
        capacity: Final C, nats; 0 turns the schedule off.
        capacity_steps: Training steps over which C grows; 0: C is constant.
    """

    def __init__(
        self,
        spec,
        *,
        beta: Annotated[float, Field(ge=0)] = 4.0,
        capacity: Annotated[float, Field(ge=0)] = 0.0,
        capacity_steps: Annotated[int, Field(ge=0)] = 0,
        **kwargs,
    ):
        super().__init__(spec, **kwargs)
        self.beta = beta
        self.capacity = capacity
        self.capacity_steps = capacity_steps

    def term_weights(self):
        return {"distortion": 1.0, "rate": self.beta}

    def objective(self, terms):
        if not self.capacity:
            return super().objective(terms)
        step = tf.cast(self.optimizer.iterations, tf.float32)
        capacity = self.capacity * tf.minimum(1.0, step / max(self.capacity_steps, 1))
        if not self.capacity_steps:
            capacity = self.capacity
        return super().objective({**terms, "rate": tf.abs(terms["rate"] - capacity)})

    @classmethod
    def search_space(cls, hyperparameters):
        return {
            **super().search_space(hyperparameters),
            "beta": hyperparameters.Float("beta", 0.5, 16.0, sampling="log"),
        }
