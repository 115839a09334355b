"""Codes with exact zeros: each dimension is 0, the spike, or drawn from a Gaussian, the slab.

Tonolini, Jensen, Murray-Smith. Variational Sparse Coding. UAI 2019 (2020).
"""

import math

import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.probability import divergences

tfd = tfp.distributions

# Keeps log q finite where a dimension is sure to be 0, or sure not to be.
SMALLEST_RATE = 1e-6
# Steepness of the sigmoid that stands for the step in the gradient (Tonolini et al., eq. 12).
STEEPNESS = 50.0


class SpikeSlab(tfp.distributions.Distribution):
    """Independent dimensions, each with the probability `rate` from N(location, scale^2), else 0.

    Densities are with respect to Lebesgue measure plus a unit of mass at 0, so that those of two
    such distributions can be compared. Batch shape [...], event shape [D].

    Args:
        rate, location, scale: [..., D] each; rates lie in (0, 1).

    >>> one = SpikeSlab(tf.constant([0.25]), tf.constant([2.0]), tf.constant([1.0]))
    >>> one.mean().numpy().tolist(), round(float(one.log_prob([0.0])), 4)  # log 3/4
    ([0.5], -0.2877)
    """

    def __init__(self, rate: tf.Tensor, location: tf.Tensor, scale: tf.Tensor):
        parameters = {"rate": rate, "location": location, "scale": scale}
        self.rate, self.location, self.scale = rate, location, scale
        super().__init__(
            dtype=tf.float32,
            reparameterization_type=tfd.FULLY_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name="SpikeSlab",
        )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        properties = tfp.util.ParameterProperties(event_ndims=1)
        return {"rate": properties, "location": properties, "scale": properties}

    def _event_shape(self):
        return self.location.shape[-1:]

    def _event_shape_tensor(self, **parameters):
        return tf.shape(self.location)[-1:]

    def _mean(self):
        return self.rate * self.location

    def _stddev(self):
        spread = tf.square(self.scale) + (1.0 - self.rate) * tf.square(self.location)
        return tf.sqrt(self.rate * spread)

    def _log_prob(self, z):
        standard = (z - self.location) / self.scale
        slab = -0.5 * (tf.square(standard) + math.log(2 * math.pi)) - tf.math.log(self.scale)
        log_density = tf.where(
            tf.not_equal(z, 0.0), slab + tf.math.log(self.rate), tf.math.log1p(-self.rate)
        )
        return tf.reduce_sum(log_density, axis=-1)

    def _sample_n(self, n, seed=None):
        shape = tf.concat([[n], tf.shape(self.location)], axis=0)
        seeds = tfp.random.split_seed(tfp.random.sanitize_seed(seed), 2)
        return self.draw(*(tf.random.stateless_normal(shape, each) for each in seeds))

    def draw(self, slab: tf.Tensor, spike: tf.Tensor) -> tf.Tensor:
        """A code from standard normal noise, [..., D] each; differentiable in all parameters.

        The dimension is 0 unless Phi(spike) < rate. The gradient is that of a steep sigmoid in
        place of this step.

        >>> rate = tf.constant([0.25, 0.25])
        >>> z = SpikeSlab(rate, rate, rate).draw(tf.zeros([2]), tf.constant([-2.0, 1.0]))
        >>> z.numpy().tolist()
        [0.25, 0.0]
        """
        uniform = 0.5 * tf.math.erfc(-spike / math.sqrt(2))
        soft = tf.sigmoid(STEEPNESS * (self.rate - uniform))
        step = tf.cast(uniform < self.rate, soft.dtype)
        # First the soft one, so that the zeros are exact.
        return (step + (soft - tf.stop_gradient(soft))) * (self.location + self.scale * slab)


def bounded_rate(logit: tf.Tensor) -> tf.Tensor:
    """A rate in (0, 1) whose logarithm, and that of 1 - rate, are finite.

    >>> bounded_rate(tf.constant([-100.0, 0.0])).numpy().round(6).tolist()
    [9.999999974752427e-07, 0.5]
    """
    return SMALLEST_RATE + (1.0 - 2.0 * SMALLEST_RATE) * tf.sigmoid(logit)


def kl(posterior: SpikeSlab, prior_rate: float) -> tf.Tensor:
    """KL divergence from the spike and slab of rate `prior_rate` and slab N(0, 1), [...], nats.

    Tonolini et al., eq. 6: rate KL(slab || N(0, 1)) + KL(Bernoulli(rate) || Bernoulli(prior_rate)),
    summed over dimensions.

    >>> half = tf.constant([0.5])
    >>> float(kl(SpikeSlab(half, tf.zeros([1]), tf.ones([1])), prior_rate=0.5))
    0.0
    """
    normal = tfd.Normal(posterior.location, posterior.scale)
    slabs = tfd.kl_divergence(normal, tfd.Normal(0.0, 1.0))
    of_slabs = tf.reduce_sum(posterior.rate * slabs, axis=-1)
    return of_slabs + kl_of_spikes(posterior, prior_rate)


def kl_of_spikes(posterior: SpikeSlab, prior_rate: float) -> tf.Tensor:
    """KL(Bernoulli(rate) || Bernoulli(prior_rate)), summed over dimensions: [...], nats.

    >>> sure = SpikeSlab(tf.constant([1.0 - 1e-6]), tf.zeros([1]), tf.ones([1]))
    >>> round(float(kl_of_spikes(sure, prior_rate=0.5)), 3)  # log 2
    0.693
    """
    return tf.reduce_sum(divergences.kl_bernoulli(posterior.rate, prior_rate), axis=-1)
