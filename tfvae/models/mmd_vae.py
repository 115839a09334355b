"""VAE regularised by a maximum mean discrepancy (Zhao et al. 2017), as in study C."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE
from tfvae.networks import NetworkName
from tfvae.probability import mmd, noise, replicas

# Beside the first draw of a step, which is the posterior's.
PRIOR_STREAM = 0


@keras.saving.register_keras_serializable("tfvae")
class MMDVAE(VAE):
    """A VAE whose codes must look like the prior all together, not one by one.

    Minimises distortion + weight MMD^2(q(z), p(z)), study C, eq. 2 in place of the rate; that is
    Zhao et al. (2017) with alpha = 1. q(z) is the mean of q(z|x) over the images, and its sample
    one code of each image in the batch. `rate` and `elbo` are logged, and nothing holds them.

    `mmd` is one number for the whole batch, over all replicas, which each image gets: [B].

    Args:
        mmd_weight: Weight lambda of MMD^2, nats per image; 0 is an autoencoder with noise.
        kernel: Of the MMD; gaussian; mixture: of five bandwidths; imq: inverse multiquadratic.
        bandwidth: Of the kernel, in units of the code; none: sqrt(latent_dim).
        network: Encoder and decoder; dense: study C's; auto: conv from 16 pixels on.
    """

    # The bound falls where the rate, which costs nothing here, grows.
    tuning_objective = "val_loss"

    @classmethod
    def search_space(cls, hyperparameters):
        """Nothing: the loss compares no kernels nor weights, and the kernel goes with the code."""
        return {}

    def __init__(
        self,
        spec,
        *,
        mmd_weight: Annotated[float, Field(ge=0)] = 100.0,
        kernel: mmd.KernelName = "gaussian",
        bandwidth: Annotated[float, Field(gt=0)] | None = None,
        network: NetworkName = "dense",
        **kwargs,
    ):
        super().__init__(spec, network=network, **kwargs)
        self.mmd_weight = mmd_weight
        self.kernel = kernel
        self.bandwidth = bandwidth or mmd.default_bandwidth(self.latent_dim)

    def measure(self, batch, seed):
        posterior, z = self.drawn(batch, seed)
        terms = self.bound_terms(batch, posterior, z)
        discrepancy = self.discrepancy(z, noise.stream(seed, PRIOR_STREAM))
        return {**terms, "mmd": tf.zeros_like(terms["rate"]) + discrepancy}, {}

    def discrepancy(self, z, seed):
        """MMD^2 of the codes [B, D] of all replicas against as many draws of the prior: scalar."""
        z = replicas.over_replicas(z)
        # The same on every replica, as `z` is by now.
        shape = tf.stack([tf.shape(z)[0], self.noise_dim])
        drawn = self.prior_code(tf.random.stateless_normal(shape, seed, alg=noise.ALGORITHM))
        return mmd.squared_mmd(z, drawn, mmd.KERNELS[self.kernel], self.bandwidth)

    def term_weights(self):
        return {"distortion": 1.0, "rate": 0.0, "mmd": self.mmd_weight}
