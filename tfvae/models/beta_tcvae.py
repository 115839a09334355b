"""beta-TCVAE (Chen et al. 2018): a penalty on the total correlation of the code."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.vae import VAE
from tfvae.probability import replicas
from tfvae.probability.total_correlation import stratified_log_weights, total_correlation
from tfvae.schema import TRAIN


@keras.saving.register_keras_serializable("tfvae")
class BetaTCVAE(VAE):
    """An image is drawn from a code, and the code from N(0, I), as in the VAE; the loss differs.

    Minimises distortion + rate + (beta - 1) TC, Chen et al. (2018), eq. 4 with alpha = gamma = 1.
    The rate, averaged over images, is the sum of the information between image and code, the total
    correlation TC = KL(q(z) || prod_d q(z_d)), and the divergence of each dimension from the prior.
    beta weighs TC alone, so the dimensions are made independent without a loss of information.

    `total_correlation` is estimated from the batch, over all replicas, by stratified weights.

    Args:
        beta: Weight of the total correlation; 1 is the VAE.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1), num_examples={"train": 100})
    >>> model = BetaTCVAE(spec, beta=6.0, latent_dim=4)
    >>> model.term_weights()
    {'distortion': 1.0, 'rate': 1.0, 'total_correlation': 5.0}
    >>> model.loss_terms({"image": tf.zeros([3, 8, 8, 1])}, seed=[0, 1])["total_correlation"].shape
    TensorShape([3])
    """

    def __init__(self, spec, *, beta: Annotated[float, Field(ge=0)] = 6.0, **kwargs):
        super().__init__(spec, **kwargs)
        self.beta = beta

    def measure(self, batch, seed):
        posterior, z = self.drawn(batch, seed)
        terms = self.bound_terms(batch, posterior, z)
        mean = replicas.over_replicas(posterior.mean())
        rows = replicas.first_row(z) + tf.range(tf.shape(z)[0])
        log_weights = stratified_log_weights(rows, tf.shape(mean)[0], self.dataset_size)
        stddev = replicas.over_replicas(posterior.stddev())
        correlation = total_correlation(z, mean, stddev, log_weights)
        return {**terms, "total_correlation": correlation}, {}

    @property
    def dataset_size(self):
        """Number N of training images; 1, which counts as that of the batch, if it isn't known."""
        return self.spec.num_examples.get(TRAIN, 1)

    def term_weights(self):
        return {"distortion": 1.0, "rate": 1.0, "total_correlation": self.beta - 1.0}
