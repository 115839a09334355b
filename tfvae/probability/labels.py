"""What logits say of labels, and labels that change: classes or attributes, known or not.

One object per kind, with the same methods. `label` and `observed` are [B, L], 0 or 1, `observed` 1
where the label is known; `logits` are [B, L]. `target` [B, L] marks the wanted labels with 1.
"""

import tensorflow as tf

from tfvae.probability.strength import step_towards
from tfvae.schema import BINARY, CATEGORICAL

# Added to the logit of a class, leaves it no probability.
EXCLUDED = -1e9


def completed(label, observed, probability):
    """The labels that are known, and what is believed of the others: [B, L]."""
    return observed * label + (1.0 - observed) * probability


class BinaryLabels:
    """L attributes, each Bernoulli with a logit of its own and known or not on its own."""

    def log_likelihood(self, logits, label, observed):
        """log p(known attributes), [B], nats."""
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=logits)
        return -tf.reduce_sum(observed * losses, axis=-1)

    def log_error(self, logits, label, observed):
        """log p(all known attributes are the other way round), [B], nats."""
        return self.log_likelihood(logits, 1.0 - label, observed)

    def probability(self, logits):
        """P(y = 1) of each attribute, [B, L]."""
        return tf.sigmoid(logits)

    def hits(self, logits, label, observed):
        """Whether each attribute is read rightly, and which of them count: [B, L] twice."""
        return tf.cast(tf.equal(logits > 0, label > 0.5), tf.float32), observed

    def shifted(self, label, target, strength):
        """The label with the marked attributes moved from absence to presence, [B, L].

        Args:
            strength: 0 leaves the label alone, 1 switches on, more extrapolates, [B].
        """
        marked = target > 0.5
        on, off = tf.ones_like(label), tf.zeros_like(label)
        step = step_towards(label, on, off, strength[:, tf.newaxis])
        return label + tf.where(marked, step, 0.0)


class CategoricalLabels:
    """One of L classes, known whole or not at all."""

    def log_likelihood(self, logits, label, observed):
        """log p(class) where it is known, else 0: [B], nats."""
        return observed[:, 0] * tf.reduce_sum(label * tf.nn.log_softmax(logits), axis=-1)

    def log_error(self, logits, label, observed):
        """log p(another class) where the class is known, else 0: [B], nats."""
        others = tf.reduce_logsumexp(logits + label * EXCLUDED, axis=-1)
        return observed[:, 0] * (others - tf.reduce_logsumexp(logits, axis=-1))

    def probability(self, logits):
        """P(class), [B, L]."""
        return tf.nn.softmax(logits)

    def hits(self, logits, label, observed):
        """Whether the class is read rightly, and which images count: [B] twice."""
        right = tf.equal(tf.argmax(logits, axis=-1), tf.argmax(label, axis=-1))
        return tf.cast(right, tf.float32), observed[:, 0]

    def shifted(self, label, target, strength):
        """The label moved towards the marked class, away from the even mixture beyond it, [B, L].

        Args:
            strength: 0 leaves the label alone, 1 is the marked class, more extrapolates, [B].
        """
        marked = tf.reduce_sum(target, axis=-1, keepdims=True)
        goal = target / tf.maximum(marked, 1.0)
        even = tf.ones_like(target) / target.shape[-1]
        step = step_towards(label, goal, even, strength[:, tf.newaxis])
        return label + tf.where(marked > 0, step, 0.0)


KINDS = {BINARY: BinaryLabels(), CATEGORICAL: CategoricalLabels()}


def labels_of_kind(kind):
    """The object for "binary" or "categorical" labels."""
    return KINDS[kind]
