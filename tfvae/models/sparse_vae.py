"""Sparse VAE (Cristovao et al.): few units in use, in the encoder, in the code, or in both."""

from typing import Annotated, Literal

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE
from tfvae.networks import build_encoder
from tfvae.networks.heads import hidden_outputs
from tfvae.probability import sparsity, spike_slab
from tfvae.probability.code_families import FAMILIES
from tfvae.schema import IMAGE, UsageError

PENALTY, SPIKE = "encoder_sparsity", "spike"
# Value of `encoder_penalty` -> function of the hidden activations and the target rate.
PENALTIES = {
    "l1": lambda hidden, target: sparsity.mean_absolute(hidden),
    "kl": sparsity.rate_divergence,
    "hoyer": lambda hidden, target: sparsity.lack_of_hoyer(hidden),
}


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
            unit's rate from `target_rate`; hoyer: 1 less Hoyer's sparsity of each hidden layer;
            none: no penalty.
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
        encoder_penalty: Literal["none", "l1", "kl", "hoyer"] = "l1",
        encoder_weight: Annotated[float, Field(ge=0)] = 10.0,
        target_rate: Annotated[float, Field(gt=0, lt=1)] = 0.1,
        **kwargs,
    ):
        # The default encoder asks for both.
        self.code_prior = code_prior
        self.use_rate = use_rate
        super().__init__(spec, **kwargs)
        self.warmup_steps = warmup_steps
        self.encoder_penalty = encoder_penalty
        self.encoder_weight = encoder_weight
        self.target_rate = target_rate
        hidden = hidden_outputs(self.encoder)
        if encoder_penalty != "none" and not hidden:
            raise UsageError(
                "encoder_penalty: the encoder has no layer with a nonlinearity before its last"
            )
        # In a function, so that Keras doesn't save the encoder twice.
        with_hidden = keras.Model(self.encoder.inputs[0], [hidden, *self.encoder.outputs])
        self._encode_with_hidden = lambda image: with_hidden(image)

    @property
    def codes(self):
        """The family of codes: prior, posterior and draws."""
        return FAMILIES[self.code_prior](self.latent_dim, self.use_rate)

    def default_encoder(self):
        outputs = self.codes.outputs * self.latent_dim
        return build_encoder(self.network, self.spec.image_shape, outputs)

    # Distributions.

    def prior(self):
        return self.codes.prior()

    def posterior(self, batch):
        """q(z|x): batch shape [B], event shape [D]; the encoder gives [B, 2 D] or, for spike and
        slab, [B, 3 D]."""
        return self.codes.posterior(self.encoder(batch[IMAGE]))

    @property
    def noise_dim(self):
        return self.codes.noise * self.latent_dim

    def code(self, posterior, epsilon):
        return self.codes.code(posterior, epsilon)

    def prior_code(self, epsilon):
        return self.codes.prior_code(epsilon)

    def rate(self, posterior, z):
        return self.codes.rate(posterior)

    def in_use(self, image):
        """Probability that each dimension of an image's code isn't exactly 0: [B, D]."""
        return self.posterior({IMAGE: image}).rate

    def serving_signatures(self):
        signatures = super().serving_signatures()
        if self.codes.has_spikes:
            signatures["in_use"] = (self.in_use, [self.image_spec()])
        return signatures

    # Loss.

    def measure(self, batch, seed):
        hidden, parameters = self._encode_with_hidden(batch[IMAGE])
        posterior = self.codes.posterior(parameters)
        terms = self.bound_terms(batch, posterior, self.drawn_from(posterior, seed))
        if self.codes.has_spikes:
            terms[SPIKE] = spike_slab.kl_of_spikes(posterior, self.use_rate)
        if self.encoder_penalty != "none":
            penalty = PENALTIES[self.encoder_penalty](hidden, self.target_rate)
            # That of the rates is one number for the batch.
            terms[PENALTY] = tf.zeros_like(terms["rate"]) + penalty
        return terms, {}

    def warmup(self):
        """Share of `spike` that counts: from 0 to 1 over the first training steps."""
        optimizer = getattr(self, "optimizer", None)
        if optimizer is None or not self.warmup_steps:
            return 1.0
        return tf.minimum(1.0, tf.cast(optimizer.iterations, tf.float32) / self.warmup_steps)

    def term_weights(self):
        weights = {"distortion": 1.0, "rate": 1.0}
        if self.codes.has_spikes:
            weights[SPIKE] = self.warmup() - 1.0
        if self.encoder_penalty != "none":
            weights[PENALTY] = self.encoder_weight
        return weights
