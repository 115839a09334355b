"""Families of codes: a prior, the posterior that goes with it, and draws from both by noise."""

import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.probability import divergences, posteriors, priors, spike_slab

# Of a Laplace distribution with variance 1, that of N(0, 1).
LAPLACE_SCALE = 0.5**0.5


class NormalCodes:
    """Codes from N(0, I) with Gaussian posteriors, as in the VAE.

    Args:
        dimension: D.
        use_rate: Share of the dimensions in use, for families that know one.

    >>> NormalCodes(2, use_rate=0.5).prior_code(tf.constant([[1.0, 2.0]])).numpy().tolist()
    [[1.0, 2.0]]
    """

    # Numbers per dimension: outputs of the encoder, and standard normal noise for a code.
    outputs, noise = 2, 1
    # Whether dimensions can be exactly 0.
    has_spikes = False

    def __init__(self, dimension: int, use_rate: float):
        self.dimension = dimension
        self.use_rate = use_rate

    def prior(self) -> tfp.distributions.Distribution:
        """p(z): event shape [D]."""
        return priors.standard_normal(self.dimension)

    def posterior(self, parameters: tf.Tensor) -> tfp.distributions.Distribution:
        """q(z|x) from the encoder's output [B, `outputs` D]: event shape [D]."""
        return posteriors.diagonal_gaussian(parameters)

    def code(self, posterior: tfp.distributions.Distribution, epsilon: tf.Tensor) -> tf.Tensor:
        """A code from q(z|x) by noise [..., B, `noise` D]: [..., B, D]."""
        return posterior.mean() + posterior.stddev() * epsilon

    def prior_code(self, epsilon: tf.Tensor) -> tf.Tensor:
        """A code from p(z) by noise [..., `noise` D]: [..., D]."""
        return epsilon

    def rate(self, posterior: tfp.distributions.Distribution) -> tf.Tensor:
        """KL(q(z|x) || p(z)), [B], nats, in closed form."""
        return divergences.kl(posterior, self.prior(), code=None)


class LaplaceCodes(NormalCodes):
    """Codes from Laplace distributions of variance 1 with Gaussian posteriors.

    >>> codes = LaplaceCodes(2, use_rate=0.5)
    >>> codes.prior_code(tf.zeros([1, 2])).shape.as_list()
    [1, 2]
    """

    def prior(self):
        return priors.laplace(self.dimension, LAPLACE_SCALE)

    def prior_code(self, epsilon):
        return priors.laplace_code(epsilon, LAPLACE_SCALE)

    def rate(self, posterior):
        mean, stddev = posterior.mean(), posterior.stddev()
        per_dimension = divergences.kl_normal_laplace(mean, stddev, LAPLACE_SCALE)
        return tf.reduce_sum(per_dimension, axis=-1)


class SpikeSlabCodes(NormalCodes):
    """Codes of which each dimension is 0 or drawn from a Gaussian; see `spike_slab`.

    >>> codes = SpikeSlabCodes(1, use_rate=0.5)
    >>> codes.prior_code(tf.constant([[3.0, 2.0], [3.0, -2.0]])).numpy().tolist()
    [[0.0], [3.0]]
    """

    outputs, noise = 3, 2
    has_spikes = True
    # Logit of using a dimension at the start of training: a rate of 0.95, nearly a VAE.
    FIRST_LOGIT = 3.0

    def prior(self):
        zeros = tf.zeros([self.dimension])
        return spike_slab.SpikeSlab(zeros + self.use_rate, zeros, zeros + 1.0)

    def posterior(self, parameters):
        slab, logit = tf.split(parameters, [2 * self.dimension, self.dimension], axis=-1)
        gaussian = posteriors.diagonal_gaussian(slab)
        rate = spike_slab.bounded_rate(logit + self.FIRST_LOGIT)
        return spike_slab.SpikeSlab(rate, gaussian.mean(), gaussian.stddev())

    def code(self, posterior, epsilon):
        return posterior.draw(*tf.split(epsilon, 2, axis=-1))

    def prior_code(self, epsilon):
        return self.code(self.prior(), epsilon)

    def rate(self, posterior):
        return spike_slab.kl(posterior, self.use_rate)


FAMILIES = {"normal": NormalCodes, "laplace": LaplaceCodes, "spike_slab": SpikeSlabCodes}
