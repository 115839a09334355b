"""Likelihood, probability and change of labels: classes or attributes, each known or unknown.

One object per kind of label, with the same methods. `label` and `observed` are [B, L], 0 or 1;
`observed` is 1 where the label is known. `logits` are [B, L]. `target` [B, L] is 1 for the labels
to switch on.
"""

import tensorflow as tf

from tfvae.probability.strength import step_towards
from tfvae.schema import BINARY, CATEGORICAL

# Added to the logit of a class, it makes the probability of that class zero.
EXCLUDED = -1e9


def completed(label: tf.Tensor, observed: tf.Tensor, probability: tf.Tensor) -> tf.Tensor:
    """The known labels, with probabilities in place of the unknown ones: [B, L].

    >>> label, observed, probability = tf.constant([[1.0, 0.0]]), tf.constant([[1.0, 0.0]]), 0.25
    >>> completed(label, observed, probability).numpy().tolist()
    [[1.0, 0.25]]
    """
    return observed * label + (1.0 - observed) * probability


class BinaryLabels:
    """L attributes, each a Bernoulli variable with its own logit, each known or unknown.

    The first attribute of this image is known to be present, the second is unknown:

    >>> label, observed = tf.constant([[1.0, 0.0]]), tf.constant([[1.0, 0.0]])
    >>> kind, logits = BinaryLabels(), tf.constant([[0.0, 2.0]])
    >>> print(kind.probability(logits).numpy().round(3))
    [[0.5   0.881]]
    >>> print(kind.log_likelihood(logits, label, observed).numpy().round(3))  # log 0.5
    [-0.693]
    """

    def log_likelihood(self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor) -> tf.Tensor:
        """log p(known attributes), [B], nats."""
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=logits)
        return -tf.reduce_sum(observed * losses, axis=-1)

    def log_error(self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor) -> tf.Tensor:
        """log p(every known attribute has the other value), [B], nats.

        At the logit log 3, P(y = 1) is 3/4, and the result log 1/4:

        >>> one = tf.ones([1, 1])
        >>> print(BinaryLabels().log_error(tf.math.log([[3.0]]), one, one).numpy().round(3))
        [-1.386]
        """
        return self.log_likelihood(logits, 1.0 - label, observed)

    def probability(self, logits: tf.Tensor) -> tf.Tensor:
        """P(y = 1) of each attribute, [B, L]."""
        return tf.sigmoid(logits)

    def log_odds(self, logits: tf.Tensor) -> tf.Tensor:
        """log P(y = 1) / P(y = 0) of each attribute, [B, L]: its logit."""
        return logits

    def odds_slopes(self, gram: tf.Tensor) -> tf.Tensor:
        """Growth of log odds i if the logits grow by row i of `gram`, [L, L]: [L].

        >>> BinaryLabels().odds_slopes(tf.constant([[4.0, 1.0], [1.0, 9.0]])).numpy().tolist()
        [4.0, 9.0]
        """
        return tf.linalg.diag_part(gram)

    def hits(
        self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """1 where an attribute is predicted correctly, and its weight in a mean: [B, L] twice.

        >>> logits, label, observed = tf.constant([[-1.0, 2.0]]), tf.zeros([1, 2]), tf.ones([1, 2])
        >>> [values.numpy().tolist() for values in BinaryLabels().hits(logits, label, observed)]
        [[[1.0, 0.0]], [[1.0, 1.0]]]
        """
        return tf.cast(tf.equal(logits > 0, label > 0.5), tf.float32), observed

    def shifted(self, label: tf.Tensor, target: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
        """The label with the target attributes moved from absence to presence, [B, L].

        Args:
            strength: [B]; 0 returns the label, 1 switches the targets on, more extrapolates.

        >>> label, target = tf.constant([[0.0, 1.0]]), tf.constant([[1.0, 0.0]])
        >>> BinaryLabels().shifted(label, target, tf.constant([0.5])).numpy().tolist()
        [[0.5, 1.0]]
        >>> BinaryLabels().shifted(label, target, tf.constant([2.0])).numpy().tolist()
        [[2.0, 1.0]]
        """
        marked = target > 0.5
        on, off = tf.ones_like(label), tf.zeros_like(label)
        step = step_towards(label, on, off, strength[:, tf.newaxis])
        return label + tf.where(marked, step, 0.0)


class CategoricalLabels:
    """One of L classes; the class of an image is known or unknown.

    >>> kind, logits = CategoricalLabels(), tf.math.log([[1.0, 2.0, 1.0]])
    >>> print(kind.probability(logits).numpy().round(3))
    [[0.25 0.5  0.25]]
    >>> label, observed = tf.constant([[0.0, 1.0, 0.0]]), tf.ones([1, 3])
    >>> print(kind.log_likelihood(logits, label, observed).numpy().round(3))  # log 0.5
    [-0.693]
    """

    def log_likelihood(self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor) -> tf.Tensor:
        """log p(class) where the class is known, else 0: [B], nats."""
        return observed[:, 0] * tf.reduce_sum(label * tf.nn.log_softmax(logits), axis=-1)

    def log_error(self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor) -> tf.Tensor:
        """log p(another class) where the class is known, else 0: [B], nats.

        The true class has probability 3/4 here, the other one 1/4:

        >>> logits, label = tf.math.log([[3.0, 1.0]]), tf.constant([[1.0, 0.0]])
        >>> print(CategoricalLabels().log_error(logits, label, tf.ones([1, 2])).numpy().round(3))
        [-1.386]
        """
        others = tf.reduce_logsumexp(logits + label * EXCLUDED, axis=-1)
        return observed[:, 0] * (others - tf.reduce_logsumexp(logits, axis=-1))

    def probability(self, logits: tf.Tensor) -> tf.Tensor:
        """P(class), [B, L]."""
        return tf.nn.softmax(logits)

    def log_odds(self, logits: tf.Tensor) -> tf.Tensor:
        """log P(y = class) / P(y is another class) of each class, [B, L].

        The odds of 1 to 3 and of 3 to 1:

        >>> odds = tf.exp(CategoricalLabels().log_odds(tf.math.log([[1.0, 3.0]])))
        >>> print(odds.numpy().round(3))
        [[0.333 3.   ]]
        """
        # In float32 a probability next to 1 has lost its odds.
        log_p = tf.minimum(tf.nn.log_softmax(tf.cast(logits, tf.float64)), -1e-15)
        return tf.cast(log_p - tf.math.log(-tf.math.expm1(log_p)), tf.float32)

    def odds_slopes(self, gram: tf.Tensor) -> tf.Tensor:
        """Growth of log odds i if the logits grow by row i of `gram`, [L, L], for images of the
        class from which it is slowest: [L].

        >>> gram = tf.constant([[4.0, 1.0, 0.0], [1.0, 9.0, 0.0], [0.0, 0.0, 2.0]])
        >>> CategoricalLabels().odds_slopes(gram).numpy().tolist()
        [3.0, 8.0, 2.0]
        """
        own = tf.linalg.diag_part(gram)
        return own - tf.reduce_max(tf.linalg.set_diag(gram, tf.fill(tf.shape(own), -1e9)), axis=1)

    def hits(
        self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """1 where the class is predicted correctly, and the image's weight in a mean: [B] twice.

        >>> logits, label = tf.constant([[0.0, 1.0], [0.0, 1.0]]), tf.eye(2)
        >>> right, weight = CategoricalLabels().hits(logits, label, tf.ones([2, 2]))
        >>> right.numpy().tolist(), weight.numpy().tolist()
        ([0.0, 1.0], [1.0, 1.0])
        """
        right = tf.equal(tf.argmax(logits, axis=-1), tf.argmax(label, axis=-1))
        return tf.cast(right, tf.float32), observed[:, 0]

    def shifted(self, label: tf.Tensor, target: tf.Tensor, strength: tf.Tensor) -> tf.Tensor:
        """The label moved towards the target class, [B, L].

        Beyond strength 1 it continues in the direction away from the even mixture of all classes.

        Args:
            strength: [B]; 0 returns the label, 1 gives the target class, more extrapolates.

        >>> label, target = tf.constant([[1.0, 0.0]]), tf.constant([[0.0, 1.0]])
        >>> CategoricalLabels().shifted(label, target, tf.constant([0.25])).numpy().tolist()
        [[0.75, 0.25]]
        >>> CategoricalLabels().shifted(label, target, tf.constant([2.0])).numpy().tolist()
        [[-0.5, 1.5]]
        """
        marked = tf.reduce_sum(target, axis=-1, keepdims=True)
        goal = target / tf.maximum(marked, 1.0)
        even = tf.ones_like(target) / target.shape[-1]
        step = step_towards(label, goal, even, strength[:, tf.newaxis])
        return label + tf.where(marked > 0, step, 0.0)


KINDS: dict[str, BinaryLabels | CategoricalLabels] = {
    BINARY: BinaryLabels(),
    CATEGORICAL: CategoricalLabels(),
}


def labels_of_kind(kind: str) -> BinaryLabels | CategoricalLabels:
    """The object for "binary" or "categorical" labels.

    >>> labels_of_kind("categorical").probability(tf.zeros([1, 4])).numpy().tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    return KINDS[kind]
