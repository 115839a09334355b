"""MMD-VAE (Zhao et al. 2017): a VAE with a maximum mean discrepancy in place of the rate."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE
from tfvae.networks import NetworkName
from tfvae.probability import mmd, noise, replicas

# Number of the stream of noise for the prior's codes; the posterior's use the seed of the step.
PRIOR_STREAM = 0


@keras.saving.register_keras_serializable("tfvae")
class MMDVAE(VAE):
    """An image is drawn from a code, and the code from N(0, I), as in the VAE; the loss differs.

    Minimises distortion + lambda MMD^2(q(z), p(z)): Zhao et al. (2017) with alpha = 1; the MMD is
    eq. 2 of Vargas Aguilar & Gu. It compares the codes of all images together with the prior, where
    the rate compares the codes of each image. q(z) is the mean of q(z|x) over the images, sampled
    by one code of each image in the batch. `rate` and `elbo` are logged, but not trained.

    `mmd` is one number for the whole batch, over all replicas, repeated for each image: [B].

    Args:
        mmd_weight: Weight lambda of MMD^2, nats per image; 0 is an autoencoder with noise.
        kernel: Kernel of the MMD; gaussian; mixture: gaussians of five bandwidths; imq: inverse
            multiquadratic.
        bandwidth: Bandwidth of the kernel, in units of the code; none: sqrt(latent_dim).
        network: Encoder and decoder; dense: those of Vargas Aguilar & Gu; conv: convolutions;
            auto: conv for images of 16 pixels a side or more, dense for smaller ones.

    >>> from tfvae.schema import DataSpec
    >>> model = MMDVAE(DataSpec("tiny", (8, 8, 1)), latent_dim=4)
    >>> terms = model.loss_terms({"image": tf.zeros([3, 8, 8, 1])}, seed=[0, 1])
    >>> {name: value.shape.as_list() for name, value in terms.items()}
    {'distortion': [3], 'rate': [3], 'mmd': [3]}
    >>> bool(tf.reduce_all(terms["mmd"] == terms["mmd"][0])), model.bandwidth
    (True, 2.0)
    """

    # Not the bound: it falls as the rate grows, and this loss doesn't penalise the rate.
    tuning_objective = "val_loss"

    @classmethod
    def search_space(cls, hyperparameters):
        """Empty: losses with different kernels, weights or sizes of the code can't be compared."""
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
        """MMD^2 of the codes [B, D] of all replicas and as many draws from the prior: scalar."""
        z = replicas.over_replicas(z)
        # The same on every replica, as `z` now is.
        shape = tf.stack([tf.shape(z)[0], self.noise_dim])
        drawn = self.prior_code(tf.random.stateless_normal(shape, seed, alg=noise.ALGORITHM))
        return mmd.squared_mmd(z, drawn, mmd.KERNELS[self.kernel], self.bandwidth)

    def term_weights(self):
        return {"distortion": 1.0, "rate": 0.0, "mmd": self.mmd_weight}
