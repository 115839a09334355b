"""StarGAN (Choi et al. 2018)."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.adversarial import AdversarialModel
from tfvae.networks import stargan
from tfvae.probability import noise
from tfvae.probability.penalties import gradient_penalty
from tfvae.schema import IMAGE, LABEL, OBSERVED


@keras.saving.register_keras_serializable("tfvae")
class StarGAN(AdversarialModel):
    """One generator G(x, c) translates an image x to any label c.

    A critic scores whether an image looks real and predicts its label. With its score D(x) and its
    prediction P(y|x), an image x of label y and a target label c (Choi et al. 2018, eq. 1 to 6; the
    loss of the critic as in Gulrajani et al. 2017, eq. 3):

        critic:     D(G(x, c)) - D(x) + penalty_weight (|grad D(u)|_2 - 1)^2
                    - label_weight log P(y|x)
        generator:  -D(G(x, c)) - label_weight log P(c|G(x, c))
                    + cycle_weight |x - G(G(x, c), y)|_1

    The target labels are those of the batch, shuffled. For binary attributes the logarithms are
    summed over the known ones. Where a label is unknown, the generator receives the auxiliary
    classifier's probability, and the logarithm leaves the label out; the paper uses a mask where
    its data sets have different attributes.

    Args:
        filters: Number of filters in the first layer of generator and critic; later layers double
            it.
        residual_blocks: Number of residual blocks in the middle of the generator.
        critic_steps: Updates of the critic for each update of the generator.
        label_weight: Weight of -log P.
        cycle_weight: Weight of the mean absolute error per pixel value. Pixels are in [0, 1], so 20
            is the paper's 10 on [-1, 1].
        penalty_weight: Weight of the gradient penalty.
        generator: Keras model [[B, H, W, C], [B, L]] -> image in [0, 1] that replaces the default.
        critic: Keras model [B, H, W, C] -> (score [B, 1], logits [B, L]); it replaces the default.
    Raises:
        UserError: data without labels.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1), ("cat", "dog"), "categorical")
    >>> model, dogs = StarGAN(spec, filters=4, residual_blocks=1), tf.one_hot([1, 1, 1], 2)
    >>> made = model.transfer(tf.zeros([3, 8, 8, 1]), dogs, strength=tf.ones([3]))
    >>> made.shape.as_list(), float(tf.reduce_min(made)) >= 0 and float(tf.reduce_max(made)) <= 1
    ([3, 8, 8, 1], True)
    >>> sorted(model.generator_weights()), sorted(model.critic_weights())
    (['adversary', 'cycle', 'target_label'], ['critic', 'critic_label', 'penalty'])
    """

    network_arguments = ("generator", "critic", "auxiliary_classifier")
    generator_networks = ("generator",)
    critic_networks = ("critic",)
    learning_rate = 5e-4

    def __init__(
        self,
        spec,
        *,
        filters: Annotated[int, Field(ge=1)] = 16,
        residual_blocks: Annotated[int, Field(ge=0)] = 3,
        critic_steps: Annotated[int, Field(ge=1)] = 5,
        label_weight: Annotated[float, Field(ge=0)] = 1.0,
        cycle_weight: Annotated[float, Field(ge=0)] = 20.0,
        penalty_weight: Annotated[float, Field(ge=0)] = 10.0,
        generator=None,
        critic=None,
        **kwargs,
    ):
        super().__init__(spec, **kwargs)
        self.filters = filters
        self.residual_blocks = residual_blocks
        self.critic_steps = critic_steps
        self.label_weight = label_weight
        self.cycle_weight = cycle_weight
        self.penalty_weight = penalty_weight
        shape, num_labels = self.spec.image_shape, self.spec.num_labels
        self.generator = generator or stargan.generator(shape, num_labels, filters, residual_blocks)
        self.critic = critic or stargan.critic(shape, num_labels, filters)

    # Loss.

    def score(self, image):
        """D(x), [B]: high for images that look real to the critic."""
        return self.critic(image)[0][:, 0]

    def measure_generator(self, batch, seed):
        image, label = batch[IMAGE], batch[LABEL]
        target, known = noise.batch_permutation([label, batch[OBSERVED]], seed)
        made = self.generator([image, target])
        score, logits = self.critic(made)
        cycled = self.generator([made, label])
        terms = {
            "adversary": -score[:, 0],
            "target_label": -self.labels.log_likelihood(logits, target, known),
            "cycle": tf.reduce_mean(tf.abs(image - cycled), axis=[1, 2, 3]),
        }
        return terms, {}

    def measure_critic(self, batch, seed):
        image, label, observed = batch[IMAGE], batch[LABEL], batch[OBSERVED]
        (target,) = noise.batch_permutation([label], seed)
        made = tf.stop_gradient(self.generator([image, target]))
        score, logits = self.critic(image)
        terms = {
            "critic": self.score(made) - score[:, 0],
            "penalty": gradient_penalty(self.score, image, made, noise.stream(seed, 0)),
            "critic_label": -self.labels.log_likelihood(logits, label, observed),
        }
        return terms, {}

    def generator_weights(self):
        return {
            "adversary": 1.0,
            "target_label": self.label_weight,
            "cycle": self.cycle_weight,
        }

    def critic_weights(self):
        return {
            "critic": 1.0,
            "penalty": self.penalty_weight,
            "critic_label": self.label_weight,
        }

    # What it can do.

    def transfer_to(self, image, label, goal):
        del label
        return self.generator([image, goal])

    @classmethod
    def search_space(cls, hyperparameters):
        return {
            "label_weight": hyperparameters.Float("label_weight", 0.1, 10.0, sampling="log"),
            "cycle_weight": hyperparameters.Float("cycle_weight", 1.0, 100.0, sampling="log"),
        }
