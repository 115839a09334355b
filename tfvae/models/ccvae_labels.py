"""The distributions that tie labels y to the characteristic code z_c of the CCVAE: q(y | z_c),
p(z_c | y) and p(y).

Labels are divided into G groups of V exclusive values: binary attributes are L groups of 2, a
categorical label is one group of L. Each group owns a part of z_c, and q and p factorise over the
groups. So an expectation over z_c alone is a weighted sum over nodes: Gauss-Hermite quadrature
where a part has one dimension, Monte Carlo where it has more. Arrays [..., G, V] hold a number for
each group and each value of its label.
"""

import math

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from tfvae.models.ccvae_nodes import GivenEach, Nodes, sums
from tfvae.probability import noise, quadrature
from tfvae.probability.divergences import mean_log_ratio
from tfvae.probability.strength import step_towards
from tfvae.schema import BINARY

tfd = tfp.distributions

QUADRATURE_NODES = 24
MONTE_CARLO_DRAWS = 16
# Initial means of p(z_c|y): -START and START, or vectors of this length. From equal means the model
# never learns to separate the labels.
START = 2.0


class Characteristics(keras.layers.Layer):
    """Common part: p(y), learnt, and the expectations that need only nodes and log-probabilities.

    Args:
        num_groups, num_values: G, V.
        dimension: Size of z_c.

    >>> labels = Characteristics(num_groups=1, num_values=4, dimension=2)
    >>> tf.exp(labels.log_p_y()).numpy().tolist()  # p(y) is uniform before training
    [[0.25, 0.25, 0.25, 0.25]]
    """

    def __init__(self, num_groups, num_values, dimension, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.num_groups = num_groups
        self.num_values = num_values
        self.dimension = dimension
        self.label_logits = self.add_weight(
            shape=(num_groups, num_values), initializer="zeros", name="label_logits"
        )
        self.built = True

    def add_prior(self, shape, mean_initializer):
        """Weights of p(z_c|y): means, and standard deviations that start at 1."""
        self.prior_mean = self.add_weight(
            shape=shape, initializer=mean_initializer, name="prior_mean"
        )
        self.prior_raw_stddev = self.add_weight(
            shape=shape,
            initializer=keras.initializers.Constant(math.log(math.e - 1)),
            name="prior_raw_stddev",
        )

    def prior_stddev(self):
        return tf.nn.softplus(self.prior_raw_stddev)

    def log_p_y(self):
        """log p(y), [G, V]."""
        return tf.nn.log_softmax(self.label_logits)

    def log_marginal(self, z_c):
        """log p(z_c) = log sum_y p(z_c | y) p(y) of codes [..., D_c]: [...], nats."""
        log_joint = self.log_p_z(z_c) + self.log_p_y()
        return tf.reduce_sum(tf.reduce_logsumexp(log_joint, axis=-1), axis=-1)

    def log_q_y_given_x(self, nodes, log_q_y):
        """log q(y|x) = log E_q(z|x)[q(y|z_c)], [B, G, V], from `log_q_y` at nodes, [N, B, G, V]."""
        log_weight = nodes.log_weight[:, tf.newaxis, tf.newaxis, tf.newaxis]
        return tf.reduce_logsumexp(log_weight + log_q_y, axis=0)


class BinaryCharacteristics(Characteristics):
    """One dimension of z_c per attribute: q(y_i = 1|z_i) = sigmoid(a_i z_i + b_i), and p(z_i|y_i)
    is a Gaussian for each of the two values of y_i.

    >>> labels = BinaryCharacteristics(num_labels=3)
    >>> tf.exp(labels.log_q_y(tf.zeros([3]))).numpy()[:, 1].round(4).tolist()  # q(y_i = 1|z_i = 0)
    [0.5, 0.5, 0.5]
    >>> mean, stddev = labels.prior_of(tf.constant([[0.0, 1.0, 1.0]]))
    >>> mean.numpy().tolist()
    [[-2.0, 2.0, 2.0]]
    """

    # Draws of the code per image; quadrature needs none.
    num_draws = 1

    def __init__(self, num_labels, **kwargs):
        super().__init__(num_labels, 2, num_labels, **kwargs)
        self.slope = self.add_weight(shape=(num_labels,), initializer="ones", name="slope")
        self.bias = self.add_weight(shape=(num_labels,), initializer="zeros", name="bias")
        self.add_prior((num_labels, 2), _absent_and_present)

    def groups(self, label, observed):
        """One-hot labels [B, L, 2] and the observed mask [B, L]."""
        return tf.stack([1.0 - label, label], axis=-1), observed

    def nodes(self, mean, stddev, epsilon):
        """Gauss-Hermite nodes of q(z_c|x), attribute by attribute."""
        del epsilon
        standard = tf.zeros([1, 1]), tf.ones([1, 1])
        return Nodes(mean, stddev, *quadrature.gauss_hermite(*standard, QUADRATURE_NODES))

    def given_each(self, nodes, y):
        """`GivenEach` for one-hot labels y [B, L, 2]."""
        epsilon = nodes.epsilon[:, 0, 0]
        powers = nodes.weight * tf.stack([epsilon**0, epsilon, epsilon**2])
        prior_mean, prior_stddev = self.prior_mean, self.prior_stddev()
        log_q_y, divergence, own_w = [], [], 0.0
        for value, log_q in enumerate(self._log_absent_and_present(nodes.z_c)):  # [N, B, L]
            # The nodes are in order, and log q(y_i|z_i) is monotone.
            largest = tf.stop_gradient(tf.maximum(log_q[0], log_q[-1]))
            q = tf.exp(log_q - largest)
            total, first, second = tf.unstack(sums(powers, q))
            # Powers again, although the first is enough: XLA multiplies a vector and a matrix
            # slowly where the matrix is computed on the way.
            mean_log_q = sums(powers, q * log_q)[0] / total
            log_ratio = mean_log_ratio(
                (nodes.centre, nodes.stddev),
                (prior_mean[:, value], prior_stddev[:, value]),
                (first / total, second / total),
            )
            log_q_y.append(largest + tf.math.log(total))
            divergence.append(log_ratio + mean_log_q)
            own_w += y[..., value] * (q / total)
        return GivenEach(tf.stack(log_q_y, axis=-1), tf.stack(divergence, axis=-1), own_w)

    def log_q_y(self, z_c):
        """log q(y_i|z_i): [..., L] -> [..., L, 2]."""
        return tf.stack(self._log_absent_and_present(z_c), axis=-1)

    def _log_absent_and_present(self, z_c):
        logits = self.slope * z_c + self.bias
        log_present = tf.math.log_sigmoid(logits)
        return log_present - logits, log_present

    def log_p_z(self, z_c):
        """log p(z_i|y_i): [..., L] -> [..., L, 2]."""
        return tfd.Normal(self.prior_mean, self.prior_stddev()).log_prob(z_c[..., tf.newaxis])

    def log_q_z(self, nodes):
        """log q(z_i|x) at nodes: [N, B, L], one value per group."""
        return tfd.Normal(nodes.centre, nodes.stddev).log_prob(nodes.z_c)

    def prior_of(self, label):
        """Mean and standard deviation of p(z_c|y), [B, L] each."""
        one_hot, _ = self.groups(label, None)
        return (
            tf.reduce_sum(one_hot * self.prior_mean, axis=-1),
            tf.reduce_sum(one_hot * self.prior_stddev(), axis=-1),
        )

    def shifted(self, z_c, target, strength):
        """z_c shifted towards the attributes marked 1 in `target` [B, L]; the others stay.

        At strength 1 it is as far from the mean of p(z_i|y_i = 1) as it was from that of its own
        label, expected over q(y_i|z_i).
        """
        absent, present = tf.unstack(self.prior_mean, axis=-1)
        own = tf.reduce_sum(tf.exp(self.log_q_y(z_c)) * self.prior_mean, axis=-1)
        return z_c + target * step_towards(own, present, absent, strength)

    def probability(self, log_posterior):
        """P(y_i = 1), [B, L], from log q(y|x) [B, L, 2]."""
        return tf.exp(log_posterior[..., 1])


class CategoricalCharacteristics(Characteristics):
    """All dimensions of z_c describe one class: q(y|z_c) is the softmax of an affine map of z_c,
    and p(z_c|y) is a Gaussian for each class.

    >>> labels = CategoricalCharacteristics(num_labels=4, dimension=5)
    >>> tf.reduce_sum(tf.exp(labels.log_q_y(tf.zeros([3, 5]))), axis=-1).numpy().round(4).tolist()
    [[1.0], [1.0], [1.0]]
    >>> mean, stddev = labels.prior_of(tf.one_hot([2], 4))
    >>> mean.shape.as_list(), round(float(tf.norm(mean)), 4)
    ([1, 5], 2.0)
    """

    num_draws = MONTE_CARLO_DRAWS

    def __init__(self, num_labels, dimension, **kwargs):
        super().__init__(1, num_labels, dimension, **kwargs)
        self.kernel = self.add_weight(
            shape=(dimension, num_labels), initializer="glorot_uniform", name="kernel"
        )
        self.bias = self.add_weight(shape=(num_labels,), initializer="zeros", name="bias")
        self.add_prior((num_labels, dimension), keras.initializers.Orthogonal(gain=START))

    def groups(self, label, observed):
        """One-hot labels [B, 1, L] and the mask [B, 1]: a class is known whole or not at all."""
        return label[:, tf.newaxis], None if observed is None else observed[:, :1]

    def nodes(self, mean, stddev, epsilon):
        """Monte Carlo nodes of q(z_c|x) with equal weights.

        `epsilon` [N / 2, B or 1, D_c] and its mirror image; node 0 is the code of its first draw.
        """
        epsilon = noise.antithetic(epsilon)
        num_nodes = epsilon.shape[0]
        return Nodes(mean, stddev, epsilon, tf.fill([num_nodes], -math.log(num_nodes)))

    def given_each(self, nodes, y):
        """`GivenEach` for one-hot labels y [B, 1, L]."""
        # Classes first, [L, N, B]: sums over them and over nodes are then sums of rows.
        logits = tf.tensordot(self.kernel, nodes.z_c, axes=[[0], [2]])
        logits += self.bias[:, tf.newaxis, tf.newaxis]
        log_q = logits - tf.reduce_logsumexp(logits, axis=0)
        weight = nodes.weight[:, tf.newaxis]
        largest = tf.stop_gradient(tf.reduce_max(log_q, axis=1, keepdims=True))
        q = tf.exp(log_q - largest)
        total = tf.reduce_sum(weight * q, axis=1, keepdims=True)
        w = q / total
        log_q_y = tf.transpose((largest + tf.math.log(total))[:, 0])  # [B, L]
        mean_log_q = tf.transpose(tf.reduce_sum(weight * w * log_q, axis=1))
        powers = tf.concat([nodes.epsilon, tf.square(nodes.epsilon)], axis=-1)
        moments = tf.einsum("lnb,nbd->bld", weight * w, powers)  # [B, L, 2 D_c]
        log_ratio = mean_log_ratio(
            (nodes.centre[:, tf.newaxis], nodes.stddev[:, tf.newaxis]),
            (self.prior_mean, self.prior_stddev()),
            tf.split(moments, 2, axis=-1),
        )
        divergence = tf.reduce_sum(log_ratio, axis=-1) + mean_log_q
        own_w = tf.reduce_sum(tf.transpose(y, [2, 1, 0]) * w, axis=0)
        return GivenEach(log_q_y[:, tf.newaxis], divergence[:, tf.newaxis], own_w[..., tf.newaxis])

    def log_q_y(self, z_c):
        """log q(y|z_c): [..., D_c] -> [..., 1, L]."""
        return tf.nn.log_softmax(tf.einsum("...d,dl->...l", z_c, self.kernel) + self.bias)[
            ..., tf.newaxis, :
        ]

    def log_p_z(self, z_c):
        """log p(z_c|y): [..., D_c] -> [..., 1, L]."""
        prior = tfd.Normal(self.prior_mean, self.prior_stddev())
        return tf.reduce_sum(prior.log_prob(z_c[..., tf.newaxis, :]), axis=-1)[..., tf.newaxis, :]

    def log_q_z(self, nodes):
        """log q(z_c|x) at nodes: [N, B, 1]."""
        log_q_z = tfd.Normal(nodes.centre, nodes.stddev).log_prob(nodes.z_c)
        return tf.reduce_sum(log_q_z, axis=-1, keepdims=True)

    def prior_of(self, label):
        """Mean and standard deviation of p(z_c|y), [B, D_c] each."""
        return tf.matmul(label, self.prior_mean), tf.matmul(label, self.prior_stddev())

    def shifted(self, z_c, target, strength):
        """z_c shifted towards the class marked 1 in `target` [B, L].

        At strength 1 it is as far from the mean of p(z_c|y) of the target as it was from that of
        its own class, expected over q(y|z_c).
        """
        marked = tf.reduce_sum(target, axis=-1, keepdims=True)
        goal = tf.matmul(target, self.prior_mean) / tf.maximum(marked, 1.0)
        centre = tf.reduce_mean(self.prior_mean, axis=0)
        own = tf.matmul(tf.exp(self.log_q_y(z_c)[:, 0]), self.prior_mean)
        return z_c + tf.minimum(marked, 1.0) * step_towards(own, goal, centre, strength)

    def probability(self, log_posterior):
        """P(y = class), [B, L], from log q(y|x) [B, 1, L]."""
        return tf.exp(log_posterior[:, 0])


def _absent_and_present(shape, dtype=None):
    """-START for an absent attribute, START for a present one: [L, 2]."""
    return tf.tile(tf.constant([[-START, START]], dtype), [shape[0], 1])


def characteristics_for(spec, dimension):
    """The `Characteristics` for the labels of `spec`, with `dimension` numbers in z_c.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1), ("cat", "dog"), "categorical")
    >>> type(characteristics_for(spec, dimension=2)).__name__
    'CategoricalCharacteristics'
    """
    if spec.label_kind == BINARY:
        return BinaryCharacteristics(spec.num_labels, name="characteristics")
    return CategoricalCharacteristics(spec.num_labels, dimension, name="characteristics")
