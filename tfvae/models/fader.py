"""Fader Networks (Lample et al. 2017)."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.adversarial import AdversarialModel
from tfvae.networks import fader
from tfvae.probability import replicas
from tfvae.schema import IMAGE, LABEL, OBSERVED

# By default lambda_t grows during this share of a run.
RAMP_SHARE = 0.4


@keras.saving.register_keras_serializable("tfvae")
class Fader(AdversarialModel):
    """An image is a function of its label and a code that holds no information about the label.

    A critic P(y|E(x)) is trained to predict the label y from the code E(x), and the encoder E is
    trained to prevent it; the decoder D receives y at every layer (Lample et al. 2017, eq. 2 to 4):

        critic:       -log P(y|E(x))
        autoencoder:  mean over pixels of (x - D(E(x), y))^2 - lambda_t log P(1 - y|E(x))

    The weight lambda_t grows linearly from 0, so that the code describes the image before the label
    is removed from it. For binary attributes the logarithms are summed over the known ones. A class
    has no single wrong label: P(1 - y) is then the probability of all other classes together,
    1 - P(y), which is the same for two classes. Where a label is unknown, the decoder receives the
    auxiliary classifier's probability, and both logarithms leave the label out.

    Args:
        adversary_weight: Final lambda_t, per attribute or class; the squared error that it is
            weighed against is a mean over pixels.
        ramp_images: Training images, over all epochs, until lambda_t is final; none: 40 % of those
            of the run.
        encoder: Keras model [B, H, W, C] -> code [B, h, w, F] that replaces the default.
        decoder: Keras model [[B, h, w, F], [B, L]] -> image in [0, 1]; it replaces the default.
        critic: Keras model [B, h, w, F] -> logits [B, L]; it replaces the default.
    Raises:
        UserError: data without labels.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1), ("smile", "hat"), "binary")
    >>> model = Fader(spec, adversary_weight=0.5, ramp_images=1000)
    >>> for count in (0, 500, 2000):
    ...     _ = model.images_shown.assign(count)
    ...     print(count, float(model.lambda_t()))
    0 0.0
    500 0.25
    2000 0.5
    """

    network_arguments = ("encoder", "decoder", "critic", "auxiliary_classifier")
    generator_networks = ("encoder", "decoder")
    critic_networks = ("critic",)
    learning_rate = 1e-3

    def __init__(
        self,
        spec,
        *,
        adversary_weight: Annotated[float, Field(ge=0)] = 0.1,
        ramp_images: Annotated[int, Field(ge=1)] | None = None,
        encoder=None,
        decoder=None,
        critic=None,
        **kwargs,
    ):
        super().__init__(spec, **kwargs)
        self.adversary_weight = adversary_weight
        self.ramp_images = ramp_images
        shape, num_labels = self.spec.image_shape, self.spec.num_labels
        self.encoder = encoder or fader.encoder(shape)
        code_shape = self.encoder.output_shape[1:]
        self.decoder = decoder or fader.decoder(code_shape, num_labels, shape)
        self.critic = critic or fader.critic(code_shape, num_labels)
        self.images_shown = self.add_weight(
            shape=(),
            initializer="zeros",
            dtype="float32",
            trainable=False,
            aggregation="only_first_replica",
            name="images_shown",
        )

    # Loss.

    def lambda_t(self):
        """Weight of the term `adversary`, given the number of images trained on so far: scalar."""
        ramp = self.ramp_images or RAMP_SHARE * self.run_images
        return self.adversary_weight * tf.minimum(1.0, self.images_shown / ramp)

    def measure_generator(self, batch, seed):
        del seed
        image, label, observed = batch[IMAGE], batch[LABEL], batch[OBSERVED]
        code = self.encoder(image)
        errors = tf.square(image - self.decoder([code, label]))
        terms = {
            "mse": tf.reduce_mean(errors, axis=[1, 2, 3]),
            "adversary": -self.labels.log_error(self.critic(code), label, observed),
        }
        return terms, {}

    def measure_critic(self, batch, seed):
        del seed
        logits = self.critic(tf.stop_gradient(self.encoder(batch[IMAGE])))
        log_likelihood = self.labels.log_likelihood(logits, batch[LABEL], batch[OBSERVED])
        return {"critic": -log_likelihood}, {}

    def generator_weights(self):
        return {"mse": 1.0, "adversary": self.lambda_t()}

    def critic_weights(self):
        return {"critic": 1.0}

    def train_step(self, batch):
        logs = super().train_step(batch)
        self.images_shown.assign_add(replicas.global_count(batch[IMAGE]))
        return logs

    # What it can do.

    def transfer_to(self, image, label, goal):
        del label
        return self.decoder([self.encoder(image), goal])

    @classmethod
    def search_space(cls, hyperparameters):
        return {
            "adversary_weight": hyperparameters.Float(
                "adversary_weight", 1e-4, 1.0, sampling="log"
            ),
        }
