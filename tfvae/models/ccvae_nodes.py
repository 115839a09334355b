"""Expectations over the characteristic code z_c of the CCVAE: weighted sums over nodes, which are
values of z_c with a weight each."""

from typing import NamedTuple

import tensorflow as tf

from tfvae.probability import noise


class Nodes(NamedTuple):
    """Codes z_c = centre + stddev epsilon that turn expectations under q(z_c|x) into sums.

    Args:
        centre, stddev: Moments of q(z_c|x), [B, D_c].
        epsilon: [N, B, D_c], or [N, 1, 1].
        log_weight: [N], the logarithms of weights that sum to 1.

    >>> epsilon = tf.constant([[[-1.0]], [[1.0]]])
    >>> nodes = Nodes(tf.zeros([1, 1]), tf.ones([1, 1]), epsilon, tf.math.log([0.25, 0.75]))
    >>> nodes.mean(nodes.z_c).numpy().tolist()
    [[0.5]]
    >>> nodes.drawn(tf.constant([[[4.0]], [[0.0]]]), seed=(0, 1)).numpy().tolist()
    [[-1.0]]
    """

    centre: tf.Tensor
    stddev: tf.Tensor
    epsilon: tf.Tensor
    log_weight: tf.Tensor

    @property
    def z_c(self):
        """The codes, [N, B, D_c]."""
        return self.centre + self.stddev * self.epsilon

    @property
    def weight(self):
        """[N]."""
        return tf.exp(self.log_weight)

    def mean(self, values):
        """E_q(z_c|x)[f], [B, G], from the values of f at the nodes, [N, B, G]."""
        return sums(self.weight[tf.newaxis], values)[0]

    def drawn(self, w, seed):
        """z_c [B, D_c], drawn for each group from the nodes with their weights times w.

        Args:
            w: [N, B, G], of mean 1; the draw is taken as given in the gradient.
            seed: int32 [2].
        """
        up_to = self.weight * tf.linalg.band_part(tf.ones(2 * [w.shape[0]]), -1, 0)
        cumulative = sums(up_to, w)
        uniform = noise.batch_uniform(tf.shape(w)[1], w.shape[2], seed)
        # Rounding can leave the last sum below 1.
        below = tf.reduce_sum(tf.cast(cumulative[:-1] <= uniform, tf.int32), axis=0)
        chosen = tf.one_hot(below, w.shape[0], axis=0)
        return tf.reduce_sum(tf.stop_gradient(chosen) * self.z_c, axis=0)


class GivenEach(NamedTuple):
    """Expectations under q(z_c|x, y), the posterior given the image and a label, for each label y.

    Args:
        log_q_y: log q(y|x), [B, G, V].
        divergence: E_q(z_c|x,y)[log q(z_c|x) + log q(y|z_c) - log p(z_c|y)], [B, G, V].
        own_w: w = q(y|z_c) / q(y|x) at the nodes, of the image's own label, [N, B, G].

    >>> from tfvae.models.ccvae_labels import BinaryCharacteristics
    >>> labels, label = BinaryCharacteristics(num_labels=3), tf.constant([[0.0, 1.0, 1.0]])
    >>> nodes = labels.nodes(tf.zeros([1, 3]), tf.ones([1, 3]), epsilon=None)
    >>> given = labels.given_each(nodes, labels.groups(label, observed=None)[0])
    >>> tf.exp(given.log_q_y)[0, 0].numpy().round(4).tolist(), given.own_w.shape.as_list()
    ([0.5, 0.5], [24, 1, 3])
    """

    log_q_y: tf.Tensor
    divergence: tf.Tensor
    own_w: tf.Tensor


def sums(weights, values):
    """Weighted sums over nodes, [K, ...], from weights [K, N] and values at the nodes [N, ...].

    On a CPU they are one product of matrices: XLA sums the first axis of an array slowly there, and
    these sums are what a step of a CCVAE costs beside that of a VAE. A GPU would round the factors
    of a product to 10 bits (TF32).

    >>> sums(tf.constant([[0.5, 0.5], [1.0, 0.0]]), tf.constant([[1.0], [3.0]])).numpy().tolist()
    [[2.0], [1.0]]
    """
    if tf.config.list_physical_devices("GPU"):
        ones = [1] * (len(values.shape) - 1)
        return tf.reduce_sum(tf.reshape(weights, [*weights.shape, *ones]) * values, axis=1)
    return tf.tensordot(weights, values, axes=1)
