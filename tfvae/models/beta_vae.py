"""beta-VAE (Higgins et al. 2017), with the capacity schedule of Burgess et al. (2018)."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE


@keras.saving.register_keras_serializable("tfvae")
class BetaVAE(VAE):
    """An image is drawn from a code, and the code from N(0, I), as in the VAE; the loss differs.

    Minimises distortion + beta rate, Higgins et al. (2017), eq. 4. With a capacity C > 0 the rate
    is kept near C instead: distortion + beta |rate - C|, where C grows linearly from 0 (Burgess et
    al. 2018, eq. 8). The logged `elbo` has weight 1 for both terms in either case.

    Args:
        beta: Weight of the rate; 1 is the VAE.
        capacity: Final C, nats; 0 turns the schedule off.
        capacity_steps: Training steps over which C grows; 0: C is constant.

    With beta = 1 the loss is that of a VAE with the same weights; a schedule moves the rate whose
    penalty is 0 from 0 nats to `capacity`:

    >>> from tfvae.schema import DataSpec
    >>> spec, batch = DataSpec("tiny", (8, 8, 1)), {"image": tf.zeros([3, 8, 8, 1])}
    >>> model, vae = BetaVAE(spec, beta=1.0), VAE(spec)
    >>> vae.set_weights(model.get_weights())
    >>> losses = [each.objective(each.loss_terms(batch, seed=[0, 1])) for each in (model, vae)]
    >>> float(tf.reduce_max(tf.abs(losses[0] - losses[1]))) < 1e-4
    True
    >>> model = BetaVAE(spec, beta=10.0, capacity=5.0, capacity_steps=100)
    >>> model.compile()
    >>> terms = {"distortion": tf.constant([7.0]), "rate": tf.constant([5.0])}
    >>> for step in (0, 50, 100):
    ...     _ = model.optimizer.iterations.assign(step)
    ...     print(step, model.objective(terms).numpy())
    0 [57.]
    50 [32.]
    100 [7.]
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
