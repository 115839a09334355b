"""Variational autoencoder (Kingma & Welling 2013)."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.base import BaseModel
from tfvae.networks import NetworkName, build_decoder, build_encoder
from tfvae.networks.heads import hidden_outputs
from tfvae.probability import (
    divergences,
    importance,
    likelihoods,
    noise,
    posteriors,
    priors,
    sparsity,
)
from tfvae.schema import IMAGE

# Draws behind the served importance-weighted bound.
LOG_LIKELIHOOD_SAMPLES = 100


def default_latent_dim(spec):
    """20 for images of up to 32 pixels a side, as in Vargas Aguilar & Gu; 64 for larger images.

    >>> from tfvae.schema import DataSpec
    >>> default_latent_dim(DataSpec("small", (28, 28, 1)))
    20
    >>> default_latent_dim(DataSpec("large", (64, 64, 3)))
    64
    """
    return 20 if max(spec.image_shape[:2]) <= 32 else 64


@keras.saving.register_keras_serializable("tfvae")
class VAE(BaseModel):
    """An image is drawn from a code, and the code from N(0, I).

    Maximises E_q(z|x)[log p(x|z)] - KL(q(z|x) || p(z)), Kingma & Welling (2013), eq. 3. The term
    `distortion` is an estimate of the first part by one draw, with the sign turned; `rate` is the
    divergence.

    Args:
        spec: DataSpec of the images.
        latent_dim: D, size of the code; none: 20 up to 32 pixels a side, 64 above.
        pixel_likelihood: Distribution p(x|z) of one pixel.
        pixel_scale: Standard deviation of `gaussian` or scale of `laplace`, pixels in [0, 1].
        network: Encoder and decoder; dense: those of Vargas Aguilar & Gu; conv: convolutions;
            auto: conv for images of 16 pixels a side or more, dense for smaller ones.
        encoder: Keras model [B, H, W, C] -> [B, 2 D] that replaces the default.
        decoder: Keras model [B, D] -> parameters of the likelihood; it replaces the default.
    Raises:
        UserError: the model needs labels and `spec` has none.

    >>> from tfvae.schema import DataSpec
    >>> model = VAE(DataSpec("tiny", (8, 8, 1)), latent_dim=2, network="dense")
    >>> images = tf.zeros([3, 8, 8, 1])
    >>> terms = model.loss_terms({"image": images}, seed=[0, 1])
    >>> {name: value.shape.as_list() for name, value in terms.items()}
    {'distortion': [3], 'rate': [3]}
    >>> model.decode(model.encode(images)["mean"]).shape.as_list()
    [3, 8, 8, 1]
    >>> made = model.sample(tf.constant([7, 7], tf.int64))  # a row depends on its own seed alone
    >>> float(tf.reduce_max(tf.abs(made[0] - made[1]))) < 1e-5
    True
    """

    network_arguments: tuple[str, ...] = ("encoder", "decoder")
    summary_names: tuple[str, ...] = ("elbo",)

    def __init__(
        self,
        spec,
        *,
        latent_dim: Annotated[int, Field(ge=1)] | None = None,
        pixel_likelihood: likelihoods.LikelihoodName = "bernoulli",
        pixel_scale: Annotated[float, Field(gt=0)] = 0.1,
        network: NetworkName = "auto",
        encoder=None,
        decoder=None,
        **kwargs,
    ):
        super().__init__(spec, **kwargs)
        self.latent_dim = latent_dim or default_latent_dim(self.spec)
        self.pixel_likelihood = pixel_likelihood
        self.pixel_scale = pixel_scale
        self.network = network
        self.encoder = encoder or self.default_encoder()
        self.decoder = decoder or self.default_decoder()

    def default_encoder(self):
        return build_encoder(self.network, self.spec.image_shape, 2 * self.latent_dim)

    def default_decoder(self):
        return build_decoder(
            self.network, self.latent_dim, self.spec.image_shape, self.learns_scale
        )

    @property
    def learns_scale(self):
        """Whether the decoder also has the scale of the pixels as an output."""
        return self.pixel_likelihood in likelihoods.LEARNED_SCALE

    # Distributions.

    def prior(self):
        """p(z): event shape [D]."""
        return priors.standard_normal(self.latent_dim)

    def posterior(self, batch):
        """q(z|x): batch shape [B], event shape [D]."""
        return posteriors.diagonal_gaussian(self.encoder(batch[IMAGE]))

    def likelihood(self, z, batch=None):
        """p(x|z) for codes [..., D]: batch shape [...], event shape [H, W, C]."""
        del batch
        return self.pixels(self.decoder(tf.reshape(z, [-1, self.latent_dim])), z)

    def pixels(self, parameters, z):
        """Distribution of images with the batch shape of the codes z, [..., D].

        Args:
            parameters: The decoder's output for the same codes, flattened to one batch axis.
        """
        leading = tf.shape(z)[:-1]
        parameters = tf.reshape(parameters, tf.concat([leading, tf.shape(parameters)[1:]], 0))
        return likelihoods.LIKELIHOODS[self.pixel_likelihood](parameters, self.pixel_scale)

    # Codes from noise. A model with another family of codes overrides these four and the
    # distributions above.

    @property
    def noise_dim(self):
        """Number of standard normal numbers that make one code: D here."""
        return self.latent_dim

    def code(self, posterior, epsilon):
        """A code from q(z|x), differentiable with respect to its parameters: [..., B, D].

        Args:
            posterior: q(z|x), batch shape [B].
            epsilon: Standard normal noise, [..., B, noise_dim].
        """
        return posterior.mean() + posterior.stddev() * epsilon

    def prior_code(self, epsilon):
        """A code from p(z), [..., D], from standard normal noise [..., noise_dim]."""
        return epsilon

    def rate(self, posterior, z):
        """KL(q(z|x) || p(z)), [B], nats; without a closed form, an estimate at the code z."""
        return divergences.kl(posterior, self.prior(), z)

    # Loss.

    def measure(self, batch, seed):
        return self.bound_terms(batch, *self.drawn(batch, seed)), {}

    def drawn(self, batch, seed):
        """q(z|x) and a code from it, [B, D]."""
        posterior = self.posterior(batch)
        return posterior, self.drawn_from(posterior, seed)

    def drawn_from(self, posterior, seed):
        """A code from a posterior, [B, D], by the noise of a training step."""
        num_images = tf.shape(posterior.mean())[0]
        return self.code(posterior, noise.batch_normal(1, num_images, self.noise_dim, seed)[0])

    def bound_terms(self, batch, posterior, z):
        """Distortion and rate, [B] each, given a code from the posterior."""
        return {
            "distortion": -self.likelihood(z, batch).log_prob(batch[IMAGE]),
            "rate": self.rate(posterior, z),
        }

    def term_weights(self):
        return {"distortion": 1.0, "rate": 1.0}

    def elbo(self, terms):
        """Bound on the log-likelihood per image, [B], nats; both terms have weight 1 here."""
        return -(terms["distortion"] + terms["rate"])

    def summaries(self, terms):
        return {"elbo": self.elbo(terms)}

    def log_prior(self, z):
        """log p(z) of codes [..., D]: [...], nats."""
        return self.prior().log_prob(z)

    def log_weights(self, batch, epsilon):
        """Importance weights of the bound of Burda et al. (2016), eq. 8.

        Args:
            batch: As for `loss_terms`.
            epsilon: Standard normal noise, [S, B, noise_dim].
        Returns:
            log p(x, z) - log q(z|x), [S, B], nats.
        """
        posterior = self.posterior(batch)

        def log_weight(row):
            z = self.code(posterior, row)
            log_joint = self.likelihood(z, batch).log_prob(batch[IMAGE]) + self.log_prior(z)
            return log_joint - posterior.log_prob(z)

        # One draw at a time: S decoded batches of large images would not fit in memory.
        return tf.map_fn(log_weight, epsilon)

    # What the model can do. All arguments are tensors, so that an export can serve the functions.

    def encode(self, image):
        """Mean and standard deviation of q(z|x): {"mean": [B, D], "stddev": [B, D]}."""
        posterior = self.posterior({IMAGE: image})
        return {"mean": posterior.mean(), "stddev": posterior.stddev()}

    def decode(self, latent):
        """Mean image of p(x|z) for codes [B, D]: [B, H, W, C] in [0, 1]."""
        return self.likelihood(latent).mean()

    def reconstruct(self, image):
        """Decodes the mean of q(z|x): [B, H, W, C] -> the same."""
        return self.decode(self.encode(image)["mean"])

    def sample(self, seed):
        """Images decoded from the prior, [B, H, W, C]; row i depends on `seed[i]`, int64 [B]."""
        return self.decode(self.prior_code(noise.row_normal(seed, 1, self.noise_dim)[0]))

    def hidden_sparsity(self, image):
        """Sparsity of the encoder's hidden layers: {"hoyer": [B, layers], "zeros": [B, layers]}."""
        encoder = self.encoder
        return sparsity.measured(
            keras.Model(encoder.inputs[0], hidden_outputs(encoder))(image, training=False)
        )

    def log_likelihood(self, image, seed):
        """Importance-weighted bound on log p(x), [B], nats; `LOG_LIKELIHOOD_SAMPLES` draws."""
        return self.bounds({IMAGE: image}, seed)["log_likelihood"]

    def elbo_estimate(self, image, seed):
        """ELBO, [B], nats, from the same draws as `log_likelihood`, and never above it."""
        return self.bounds({IMAGE: image}, seed)["elbo"]

    def bounds(self, batch, seed):
        """Bounds on the log-likelihood of a batch from the same draws, [B] each, nats.

        Args:
            seed: int64 [B]; row i depends on `seed[i]` and on image i alone.
        Returns:
            {"log_likelihood": the importance-weighted bound, "elbo": never above it}.
        """
        epsilon = noise.row_normal(seed, LOG_LIKELIHOOD_SAMPLES, self.noise_dim)
        log_weights = self.log_weights(batch, epsilon)
        return {
            "log_likelihood": importance.importance_weighted_bound(log_weights),
            "elbo": tf.reduce_mean(log_weights, axis=0),
        }

    def manifest_fields(self):
        return {
            **super().manifest_fields(),
            "likelihood": self.pixel_likelihood,
            "log_likelihood_samples": LOG_LIKELIHOOD_SAMPLES,
        }

    def serving_signatures(self):
        image = self.image_spec()
        latent = tf.TensorSpec([None, self.latent_dim], tf.float32, "latent")
        seed = tf.TensorSpec([None], tf.int64, "seed")
        signatures = {
            **super().serving_signatures(),
            "encode": (self.encode, [image]),
            "decode": (self.decode, [latent]),
            "sample": (self.sample, [seed]),
            "log_likelihood": (self.log_likelihood, [image, seed]),
            "elbo": (self.elbo_estimate, [image, seed]),
        }
        # Not for an encoder without hidden layers, or one that takes a label too.
        inputs = getattr(self.encoder, "inputs", None) or ()
        if len(inputs) == 1 and hidden_outputs(self.encoder):
            signatures["hidden_sparsity"] = (self.hidden_sparsity, [image])
        return signatures

    @classmethod
    def search_space(cls, hyperparameters):
        """Settings for one trial of a search, drawn from a `keras_tuner.HyperParameters`."""
        return {"latent_dim": hyperparameters.Int("latent_dim", 4, 64, sampling="log")}
