"""FactorVAE (Kim & Mnih 2018): a discriminator estimates the total correlation of the code."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.base import weighted_sum
from tfvae.models.vae import VAE
from tfvae.networks.dense import discriminator as build_discriminator
from tfvae.probability import noise

# Number of the stream of noise for the shuffling.
SHUFFLE_STREAM = 0


@keras.saving.register_keras_serializable("tfvae")
class FactorVAE(VAE):
    """An image is drawn from a code, and the code from N(0, I), as in the VAE; the loss differs.

    Minimises distortion + rate + gamma TC, Kim & Mnih (2018), eq. 2, where TC is the total
    correlation KL(q(z) || prod_d q(z_d)) as in `beta_tcvae`. A discriminator D tells codes of the
    batch from codes whose dimensions were shuffled over the batch, each on its own, and
    log D(z) / (1 - D(z)), the discriminator's logit, estimates the logarithm of the ratio of both
    densities (eq. 3). It has an optimizer of its own.

    Terms: `total_correlation`, the logit of each code, and `discriminator`, the cross-entropy of D,
    mean over a code and a shuffled one; log 2 if it tells nothing. `loss` leaves the latter out.

    Args:
        gamma: Weight of the total correlation; 0 is the VAE.
        discriminator_units: Units of each of the six hidden layers of the discriminator.
        discriminator: Keras model [B, D] -> logits [B, 1] that replaces the default.

    >>> from tfvae.schema import DataSpec
    >>> model = FactorVAE(DataSpec("tiny", (8, 8, 1)), gamma=2.0, discriminator_units=10)
    >>> terms = model.loss_terms({"image": tf.zeros([3, 8, 8, 1])}, seed=[0, 1])
    >>> {name: value.shape.as_list() for name, value in terms.items()}
    {'distortion': [3], 'rate': [3], 'total_correlation': [3], 'discriminator': [3]}
    """

    network_arguments = ("encoder", "decoder", "discriminator")
    learning_rate = 1e-4
    # Not the loss: it grows as the discriminator gets better.
    monitor = ("val_elbo", "max")

    def __init__(
        self,
        spec,
        *,
        gamma: Annotated[float, Field(ge=0)] = 35.0,
        discriminator_units: Annotated[int, Field(ge=1)] = 1000,
        discriminator=None,
        **kwargs,
    ):
        super().__init__(spec, **kwargs)
        self.gamma = gamma
        self.discriminator_units = discriminator_units
        self.discriminator = discriminator or build_discriminator(
            self.latent_dim, discriminator_units
        )

    def measure(self, batch, seed):
        posterior, z = self.drawn(batch, seed)
        terms = self.bound_terms(batch, posterior, z)
        logit = self.discriminator(z)[:, 0]
        shuffled = noise.shuffled_columns(tf.stop_gradient(z), noise.stream(seed, SHUFFLE_STREAM))
        false_alarm = tf.nn.softplus(self.discriminator(shuffled)[:, 0])
        return {
            **terms,
            "total_correlation": logit,
            "discriminator": 0.5 * (tf.nn.softplus(-logit) + false_alarm),
        }, {}

    def term_weights(self):
        return {
            "distortion": 1.0,
            "rate": 1.0,
            "total_correlation": self.gamma,
            "discriminator": 1.0,
        }

    def objective(self, terms):
        weights = self.term_weights()
        del weights["discriminator"]
        return weighted_sum(terms, weights)

    def objectives(self, terms):
        return [self.objective(terms), terms["discriminator"]]

    def variable_groups(self):
        of_discriminator = self.discriminator.trainable_variables
        known = {id(variable) for variable in of_discriminator}
        others = [each for each in self.trainable_variables if id(each) not in known]
        return [others, of_discriminator]
