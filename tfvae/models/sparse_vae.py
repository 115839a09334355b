"""Sparse VAE (Cristovao et al.): few units in use, in the encoder, in the code, or in both."""

from typing import Annotated, Literal

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE
from tfvae.networks import build_encoder
from tfvae.probability import divergences, posteriors, priors, sparsity, spike_slab
from tfvae.schema import IMAGE, UsageError

PENALTY, SPIKE = "encoder_sparsity", "spike"
# Logit of using a dimension at the start of training: a rate of 0.95, nearly a VAE.
FIRST_LOGIT = 3.0
# Of a Laplace distribution with variance 1, that of N(0, 1).
LAPLACE_SCALE = 0.5**0.5


@keras.saving.register_keras_serializable("tfvae")
class SparseVAE(VAE):
    """An image is drawn from a code, and the code from a sparse prior: most of its dimensions are
    near 0 (Laplace), or exactly 0 (spike and slab), for most images.

    Minimises distortion + rate + lambda `encoder_sparsity`. The rate is that of the prior, in
    closed form. For the spike and slab of Tonolini et al. (2020) the posterior has three parameters
    for each dimension: the probability that it is in use, and mean and standard deviation if it is.
    The penalty concerns the hidden activations of the encoder, after their nonlinearity. Prior and
    penalty can be had alone or together.

    `encoder_sparsity` under `kl` is one number for the whole batch, over all replicas, repeated for
    each image; there is no such term without a penalty. `spike` is the part of the spike and slab's
    rate that says which dimensions are in use; its weight -1 + t, with t from 0 to 1 during the
    warm-up, takes it out of the rate at first.

    Args:
        code_prior: p(z); normal: N(0, I), as in the VAE; laplace: with variance 1; spike_slab: 0
            with the probability 1 - `use_rate`, else from N(0, 1).
        use_rate: Share of the dimensions that an image uses, under the spike and slab prior.
        warmup_steps: Training steps until `spike` counts in full.
        encoder_penalty: l1: mean absolute activation of each hidden layer; kl: divergence of each
            unit's rate from `target_rate`; none: no penalty.
        encoder_weight: lambda.
        target_rate: Share of the images that switch a hidden unit on, under `kl`.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1))
    >>> model = SparseVAE(spec, latent_dim=4, network="dense")
    >>> terms = model.loss_terms({"image": tf.zeros([3, 8, 8, 1])}, seed=[0, 1])
    >>> {name: value.shape.as_list() for name, value in terms.items()}
    {'distortion': [3], 'rate': [3], 'spike': [3], 'encoder_sparsity': [3]}
    >>> SparseVAE(spec, code_prior="laplace", encoder_penalty="none").term_weights()
    {'distortion': 1.0, 'rate': 1.0}
    """

    # Not the loss: it grows during the warm-up.
    monitor = ("val_elbo", "max")

    def __init__(
        self,
        spec,
        *,
        code_prior: Literal["normal", "laplace", "spike_slab"] = "spike_slab",
        use_rate: Annotated[float, Field(gt=0, lt=1)] = 0.5,
        warmup_steps: Annotated[int, Field(ge=0)] = 1000,
        encoder_penalty: Literal["none", "l1", "kl"] = "l1",
        encoder_weight: Annotated[float, Field(ge=0)] = 10.0,
        target_rate: Annotated[float, Field(gt=0, lt=1)] = 0.1,
        **kwargs,
    ):
        # The default encoder asks for it.
        self.code_prior = code_prior
        super().__init__(spec, **kwargs)
        self.use_rate = use_rate
        self.warmup_steps = warmup_steps
        self.encoder_penalty = encoder_penalty
        self.encoder_weight = encoder_weight
        self.target_rate = target_rate
        hidden = _hidden(self.encoder)
        if encoder_penalty != "none" and not hidden:
            raise UsageError(
                "encoder_penalty: the encoder has no layer with a nonlinearity before its last"
            )
        # In a function, so that Keras doesn't save the encoder twice.
        with_hidden = keras.Model(self.encoder.inputs[0], [hidden, *self.encoder.outputs])
        self._encode_with_hidden = lambda image: with_hidden(image)

    @property
    def is_spike_slab(self):
        return self.code_prior == "spike_slab"

    def default_encoder(self):
        per_dimension = 3 if self.is_spike_slab else 2
        outputs = per_dimension * self.latent_dim
        return build_encoder(self.network, self.spec.image_shape, outputs)

    # Distributions.

    def prior(self):
        if self.is_spike_slab:
            zeros = tf.zeros([self.latent_dim])
            return spike_slab.SpikeSlab(zeros + self.use_rate, zeros, zeros + 1.0)
        if self.code_prior == "laplace":
            return priors.laplace(self.latent_dim, LAPLACE_SCALE)
        return super().prior()

    def posterior(self, batch):
        return self.posterior_of(self.encoder(batch[IMAGE]))

    def posterior_of(self, parameters):
        """q(z|x) from the encoder's output, [B, 2 D] or, for spike and slab, [B, 3 D]."""
        if not self.is_spike_slab:
            return posteriors.diagonal_gaussian(parameters)
        slab, logit = tf.split(parameters, [2 * self.latent_dim, self.latent_dim], axis=-1)
        gaussian = posteriors.diagonal_gaussian(slab)
        rate = spike_slab.bounded_rate(logit + FIRST_LOGIT)
        return spike_slab.SpikeSlab(rate, gaussian.mean(), gaussian.stddev())

    @property
    def noise_dim(self):
        return (2 if self.is_spike_slab else 1) * self.latent_dim

    def code(self, posterior, epsilon):
        if self.is_spike_slab:
            return posterior.draw(*tf.split(epsilon, 2, axis=-1))
        return super().code(posterior, epsilon)

    def prior_code(self, epsilon):
        if self.is_spike_slab:
            return self.prior().draw(*tf.split(epsilon, 2, axis=-1))
        if self.code_prior == "laplace":
            return priors.laplace_code(epsilon, LAPLACE_SCALE)
        return epsilon

    def rate(self, posterior, z):
        if self.is_spike_slab:
            return spike_slab.kl(posterior, self.use_rate)
        if self.code_prior == "laplace":
            per_dimension = divergences.kl_normal_laplace(
                posterior.mean(), posterior.stddev(), LAPLACE_SCALE
            )
            return tf.reduce_sum(per_dimension, axis=-1)
        return super().rate(posterior, z)

    # Loss.

    def measure(self, batch, seed):
        hidden, parameters = self._encode_with_hidden(batch[IMAGE])
        posterior = self.posterior_of(parameters)
        terms = self.bound_terms(batch, posterior, self.drawn_from(posterior, seed))
        if self.is_spike_slab:
            terms[SPIKE] = spike_slab.kl_of_spikes(posterior, self.use_rate)
        if self.encoder_penalty == "l1":
            terms[PENALTY] = sparsity.mean_absolute(hidden)
        if self.encoder_penalty == "kl":
            divergence = sparsity.rate_divergence(hidden, self.target_rate)
            terms[PENALTY] = tf.zeros_like(terms["rate"]) + divergence
        return terms, {}

    def warmup(self):
        """Share of `spike` that counts: from 0 to 1 over the first training steps."""
        optimizer = getattr(self, "optimizer", None)
        if optimizer is None or not self.warmup_steps:
            return 1.0
        return tf.minimum(1.0, tf.cast(optimizer.iterations, tf.float32) / self.warmup_steps)

    def term_weights(self):
        weights = {"distortion": 1.0, "rate": 1.0}
        if self.is_spike_slab:
            weights[SPIKE] = self.warmup() - 1.0
        if self.encoder_penalty != "none":
            weights[PENALTY] = self.encoder_weight
        return weights


def _hidden(encoder):
    """Outputs of the layers with a nonlinearity, before the last layer."""
    return [layer.output for layer in encoder.layers[:-1] if _is_nonlinear(layer)]


def _is_nonlinear(layer):
    if isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)):
        return True
    return getattr(layer, "activation", keras.activations.linear) is not keras.activations.linear
