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

    def group_sums(self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor) -> tf.Tensor:
        """Images without and with an attribute: sums of its logit, and their number, [2, 2, L].

        >>> label, observed = tf.constant([[1.0, 0.0]]), tf.ones([1, 2])
        >>> BinaryLabels().group_sums(tf.constant([[5.0, 6.0]]), label, observed).numpy().tolist()
        [[[0.0, 6.0], [0.0, 1.0]], [[5.0, 0.0], [1.0, 0.0]]]
        """
        members = tf.stack([observed * (1.0 - label), observed * label])
        return tf.reduce_sum(tf.stack([members * logits, members], axis=1), axis=2)

    def arrivals(self, means: tf.Tensor, counts: tf.Tensor, gram: tf.Tensor) -> tf.Tensor:
        """lambda_i by which logit i goes from its mean over images without the attribute to that
        over images with it, if lambda times row i of `gram` is added to the logits: [L].

        1 where there are no such images, or where no lambda > 0 does so.

        Args:
            means: Mean logits of the groups, [2, L].
            counts: Number of images of the groups, [2, L].
            gram: [L, L].

        >>> means, gram = tf.constant([[-1.0, 0.0], [3.0, 0.0]]), tf.constant([[2.0, 0.0]] * 2)
        >>> BinaryLabels().arrivals(means, tf.ones([2, 2]), gram).numpy().tolist()
        [2.0, 1.0]
        """
        gaps, slopes = means[1] - means[0], tf.linalg.diag_part(gram)
        arrives = tf.reduce_all(counts > 0, axis=0) & (gaps > 0) & (slopes > 0)
        return tf.where(arrives, tf.math.divide_no_nan(gaps, slopes), 1.0)

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

    def group_sums(self, logits: tf.Tensor, label: tf.Tensor, observed: tf.Tensor) -> tf.Tensor:
        """Images of each class: sums of each logit, and their number, [L, 2, L].

        >>> label, observed = tf.constant([[0.0, 1.0]]), tf.ones([1, 2])
        >>> logits = tf.constant([[5.0, 6.0]])
        >>> CategoricalLabels().group_sums(logits, label, observed).numpy().tolist()
        [[[0.0, 0.0], [0.0, 0.0]], [[5.0, 6.0], [1.0, 1.0]]]
        """
        members = observed * label
        sums = [
            tf.matmul(members, each, transpose_a=True) for each in (logits, tf.ones_like(logits))
        ]
        return tf.stack(sums, axis=1)

    def arrivals(self, means: tf.Tensor, counts: tf.Tensor, gram: tf.Tensor) -> tf.Tensor:
        """lambda_i by which an image of any other class arrives at class i, if lambda times row i
        of `gram` is added to the logits: [L].

        From class j it takes the lambda by which logit i - logit j goes from its mean over images
        of class j to that over images of class i; lambda_i is the largest of these. Classes without
        images are left out. 1 where class i is one, or where no lambda > 0 does so.

        Args:
            means: Mean logits of the images of each class, [L, L].
            counts: Number of these images, [L, L].
            gram: [L, L].

        >>> means, gram = tf.constant([[3.0, 0.0], [1.0, 2.0]]), tf.linalg.diag([2.0, 1.0])
        >>> CategoricalLabels().arrivals(means, tf.ones([2, 2]), gram).numpy().tolist()
        [2.0, 4.0]
        """
        own = tf.linalg.diag_part(means)
        gaps = own[:, tf.newaxis] - means + own - tf.transpose(means)
        slopes = tf.linalg.diag_part(gram)[:, tf.newaxis] - gram
        seen = tf.linalg.diag_part(counts) > 0
        others = ~tf.eye(gram.shape[0], dtype=tf.bool) & seen
        leads = (gaps > 0) & (slopes > 0)
        from_each = tf.where(others, tf.math.divide_no_nan(gaps, slopes), 0.0)
        arrives = seen & tf.reduce_all(leads | ~others, axis=1) & tf.reduce_any(others, axis=1)
        return tf.where(arrives, tf.reduce_max(from_each, axis=1), 1.0)

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
