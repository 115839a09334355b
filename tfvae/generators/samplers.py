"""Fitted generators: Keras models from a class and noise to a code."""

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("tfvae")
class GaussianMixtures(keras.Model):
    """A mixture of Gaussians for each class, its spread scaled by theta.

    z = mu_yk + theta_y * (S_yk epsilon), with k drawn by the weights of class y and epsilon from
    N(0, I). With one component and a diagonal S it is eq. 3 of Vargas Aguilar & Gu: the mean of n
    draws from N(mu_y, theta sigma_y) is distributed as N(mu_y, theta sigma_y / sqrt(n)).

    Args:
        num_labels, num_components, latent_dim: L, K, D.
        theta_shape: Shape of theta, broadcast to [L, D].

    >>> sampler = GaussianMixtures(num_labels=10, num_components=3, latent_dim=2)
    >>> label = tf.one_hot([4, 4, 7], depth=10)
    >>> noise = tf.random.stateless_normal([3, sampler.noise_dim], seed=[0, 1])
    >>> sampler({"label": label, "noise": noise}).shape
    TensorShape([3, 2])
    """

    def __init__(self, num_labels, num_components, latent_dim, theta_shape=(1, 1), **kwargs):
        super().__init__(**kwargs)
        self.config = {
            "num_labels": num_labels,
            "num_components": num_components,
            "latent_dim": latent_dim,
            "theta_shape": tuple(theta_shape),
        }
        self.latent_dim = latent_dim
        shape = [num_labels, num_components]
        self.component_weights = self._weight("component_weights", shape, 1 / num_components)
        self.means = self._weight("means", [*shape, latent_dim], 0.0)
        self.factors = self._weight("factors", [*shape, latent_dim, latent_dim], 0.0)
        self.theta = self._weight("theta", theta_shape, 1.0, trainable=True)
        self.built = True

    @classmethod
    def of(cls, weights, means, factors, theta_shape=(1, 1)):
        """The sampler with weights [L, K], means [L, K, D] and factors S [L, K, D, D].

        >>> means = np.array([[[3.0, 4.0]]])
        >>> sampler = GaussianMixtures.of(np.ones([1, 1]), means, np.zeros([1, 1, 2, 2]))
        >>> sampler({"label": tf.ones([1, 1]), "noise": tf.zeros([1, 3])}).numpy()
        array([[3., 4.]], dtype=float32)
        """
        sampler = cls(*means.shape, theta_shape=theta_shape)
        sampler.component_weights.assign(weights)
        sampler.means.assign(means)
        sampler.factors.assign(factors)
        return sampler

    def _weight(self, name, shape, value, trainable=False):
        start = keras.initializers.Constant(value)
        return self.add_weight(name=name, shape=shape, initializer=start, trainable=trainable)

    @property
    def noise_dim(self):
        """Standard normal numbers per code: D for epsilon and one that chooses the component."""
        return self.latent_dim + 1

    def call(self, inputs):
        """Codes [B, D] for `label` [B, L], one-hot, and `noise` [B, noise_dim]."""
        label, noise = inputs["label"], inputs["noise"]
        row = tf.argmax(label, axis=-1, output_type=tf.int32)
        return self.codes(row, self.components(row, noise[:, -1]), noise[:, :-1])

    def components(self, row, normal):
        """Components that standard normal numbers [B] choose for classes `row` [B], int32 [B]."""
        share = 0.5 * (1 + tf.math.erf(normal / np.sqrt(2.0)))
        bounds = tf.cumsum(tf.gather(tf.convert_to_tensor(self.component_weights), row), axis=-1)
        # By rounding the last bound may be below 1; a component of weight 0 is never chosen.
        share = tf.minimum(share, bounds[:, -1] * (1 - 1e-6))
        return tf.reduce_sum(tf.cast(share[:, tf.newaxis] >= bounds, tf.int32), axis=-1)

    def codes(self, row, component, epsilon):
        """Codes [B, D] of the given components: classes [B], components [B], epsilon [B, D]."""
        where = tf.stack([row, component], axis=-1)
        shape = [self.means.shape[0], self.latent_dim]
        theta = tf.broadcast_to(tf.convert_to_tensor(self.theta), shape)
        factor = tf.gather_nd(tf.convert_to_tensor(self.factors), where)
        step = tf.linalg.matvec(factor, epsilon)
        return tf.gather_nd(tf.convert_to_tensor(self.means), where) + tf.gather(theta, row) * step

    def get_config(self):
        return {"name": self.name, **self.config}


@keras.saving.register_keras_serializable("tfvae")
class CodeNetwork(keras.Model):
    """z = mu_y + sigma_y * g(epsilon, y), g a dense network.

    The generator network of Vargas Aguilar & Gu (section 3.2), here with a standardised output.

    Args:
        num_labels, latent_dim: L, D.
        units: Size of the two hidden layers.
        network: Keras model [B, D + L] -> [B, D] in place of g.

    >>> sampler = CodeNetwork(num_labels=2, latent_dim=3, units=8)
    >>> _ = sampler.means.assign([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])  # sigma_y starts as 0
    >>> sampler({"label": tf.one_hot([1], 2), "noise": tf.ones([1, 3])}).numpy()
    array([[4., 5., 6.]], dtype=float32)
    """

    def __init__(self, num_labels, latent_dim, units=256, network=None, **kwargs):
        super().__init__(**kwargs)
        self.config = {"num_labels": num_labels, "latent_dim": latent_dim, "units": units}
        self.latent_dim = self.noise_dim = latent_dim
        shape, start = [num_labels, latent_dim], keras.initializers.Zeros()
        self.means = self.add_weight(name="means", shape=shape, initializer=start, trainable=False)
        self.scales = self.add_weight(
            name="scales", shape=shape, initializer=start, trainable=False
        )
        self.network = network or keras.Sequential(
            [
                keras.Input([latent_dim + num_labels]),
                keras.layers.Dense(units, "relu"),
                keras.layers.Dense(units, "relu"),
                keras.layers.Dense(latent_dim, dtype="float32"),
            ]
        )
        self.built = True

    def call(self, inputs):
        """Codes [B, D] for `label` [B, L], one-hot, and `noise` [B, D]."""
        label = inputs["label"]
        mean, scale = (tf.matmul(label, tf.convert_to_tensor(w)) for w in (self.means, self.scales))
        return mean + scale * self.steps(inputs)

    def steps(self, inputs):
        """g(epsilon, y) = (z - mu_y) / sigma_y, [B, D]."""
        return self.network(tf.concat([inputs["noise"], inputs["label"]], axis=-1))

    def get_config(self):
        network = keras.saving.serialize_keras_object(self.network)
        return {"name": self.name, **self.config, "network": network}

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config.pop("network"))
        return cls(**config, network=network)
