"""M2 (Kingma et al. 2014): a conditional VAE whose loss sums over the unknown labels."""

from typing import Annotated

import keras
import tensorflow as tf
import tensorflow_probability as tfp
from pydantic import Field

from tfvae.models.cvae import CVAE
from tfvae.probability import noise
from tfvae.probability.labels import completed
from tfvae.schema import BINARY, CATEGORICAL

tfd = tfp.distributions

# Number of the stream of noise that draws unknown attributes.
LABEL_STREAM = 1


@keras.saving.register_keras_serializable("tfvae")
class M2(CVAE):
    """A label is drawn from p(y), a code from N(0, I), and an image from both.

    Okamoto et al. (2018) compare their DualVAE with this model and call it CVAE.

    With -L(x, y) = E_q(z|x,y)[log p(x|y,z)] - KL(q(z|x,y) || p(z)) + log p(y), Kingma et al. (2014)
    maximise -L(x, y) of a labelled image (eq. 6) and of an unlabelled one (eq. 7)

        sum_y q(y|x) (-L(x, y)) + H(q(y|x))

    plus alpha log q(y|x) for labelled images (eq. 9). The sum over classes is computed in full.
    Each attribute of an image may be known or unknown, and a sum over up to 2^L combinations would
    be too large. So unknown attributes are drawn from q(y|x), and only their divergence from p(y)
    is exact: the bound is unbiased, and its gradient with respect to the draw is passed on to the
    probability (straight-through).

    Args:
        label_weight: Weight alpha of -log q(y|x) beside the mean loss per image. In the paper it is
            a tenth of the number of images.

    The label of an image has no part in the loss where it is unknown:

    >>> from tfvae.schema import DataSpec
    >>> model = M2(DataSpec("tiny", (8, 8, 1), ("cat", "dog"), "categorical"))
    >>> batch = {"image": tf.zeros([3, 8, 8, 1]), "observed": tf.zeros([3, 2])}
    >>> cats, dogs = ({**batch, "label": tf.one_hot([row] * 3, 2)} for row in (0, 1))
    >>> losses = [model.objective(model.loss_terms(each, seed=[0, 1])) for each in (cats, dogs)]
    >>> float(tf.reduce_max(tf.abs(losses[0] - losses[1]))) < 1e-4
    True
    """

    # log q(y|x) with weight 1: the bound alone hardly depends on it where labels are known.
    tuning_objective = "val_elbo - val_label"

    def __init__(self, spec, *, label_weight: Annotated[float, Field(ge=0)] = 50.0, **kwargs):
        super().__init__(spec, **kwargs)
        self.label_weight = label_weight
        count = self.spec.num_labels
        self.prior_logits = self.add_weight(shape=(count,), initializer="zeros", name="prior")

    def terms_given(self, batch, logits, label, observed, seed):
        parts = {BINARY: self._attribute_terms, CATEGORICAL: self._class_terms}
        return parts[self.spec.label_kind](batch, logits, label, observed, seed)

    def _class_terms(self, batch, logits, label, observed, seed):
        """Eq. 6 where the class is known, eq. 7 where it isn't."""
        log_prior = tf.nn.log_softmax(self.prior_logits)
        known = observed[:, 0] > 0

        def given(classes):
            terms = self.labelled_terms(batch, classes, seed)
            return terms["distortion"], terms["rate"] - tf.linalg.matvec(classes, log_prior)

        def over_classes():
            each = tf.eye(self.spec.num_labels)[:, tf.newaxis] + tf.zeros_like(label)
            distortion, rate = map(tf.stack, zip(*map(given, tf.unstack(each))))
            log_posterior = tf.transpose(tf.nn.log_softmax(logits))
            posterior = tf.exp(log_posterior)
            return (
                tf.reduce_sum(posterior * distortion, axis=0),
                tf.reduce_sum(posterior * (rate + log_posterior), axis=0),
            )

        labelled = given(label)
        # Skipped where every class is known: it decodes the batch once per class.
        unlabelled = tf.cond(tf.reduce_all(known), lambda: labelled, over_classes)
        distortion, rate = (tf.where(known, *pair) for pair in zip(labelled, unlabelled))
        return {"distortion": distortion, "rate": rate}

    def _attribute_terms(self, batch, logits, label, observed, seed):
        """Eq. 6 for the known attributes, eq. 7 with a draw for the others."""
        probability = self.labels.probability(logits)
        stream = noise.stream(seed, LABEL_STREAM)
        uniform = noise.batch_uniform(tf.shape(label)[0], self.spec.num_labels, stream)
        drawn = tf.cast(uniform < probability, tf.float32)
        drawn += probability - tf.stop_gradient(probability)
        terms = self.labelled_terms(batch, completed(label, observed, drawn), seed)

        prior = tf.broadcast_to(self.prior_logits, tf.shape(logits))
        divergence = tfd.kl_divergence(tfd.Bernoulli(logits), tfd.Bernoulli(prior))
        rate = terms["rate"] - self.labels.log_likelihood(prior, label, observed)
        rate += tf.reduce_sum((1.0 - observed) * divergence, axis=-1)
        return {**terms, "rate": rate}

    def term_weights(self):
        return {**super().term_weights(), "label": self.label_weight}

    @classmethod
    def search_space(cls, hyperparameters):
        return {
            **super().search_space(hyperparameters),
            "label_weight": hyperparameters.Float("label_weight", 1.0, 500.0, sampling="log"),
        }
