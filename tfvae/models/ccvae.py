"""Characteristic capturing VAE (Joy et al. 2021)."""

import math
from typing import Annotated, Literal

import keras
import tensorflow as tf
import tensorflow_probability as tfp
from pydantic import Field

from tfvae.models.base import as_spec, labels_of
from tfvae.models.ccvae_labels import characteristics_for
from tfvae.models.vae import VAE, default_latent_dim
from tfvae.probability import noise, priors
from tfvae.probability.likelihoods import DENSITIES
from tfvae.schema import BINARY, IMAGE, UsageError

tfd = tfp.distributions

# By default a code for attributes has at least this many dimensions for z_s.
MIN_STYLE_DIM = 16
# One fixed set of nodes for every served classification.
CLASSIFY_SEED = (0, 0)
# Number of the stream of noise that draws z_c from the nodes.
NODE_STREAM = 1
# Default weight of the label for each estimator, in nats per number of the image.
LABEL_WEIGHT = {"drawn": 0.125, "authors": 0.0}


@keras.saving.register_keras_serializable("tfvae")
class CCVAE(VAE):
    """A label shapes a part of the code: z = (z_c, z_s), y ~ p(y), z_c ~ p(z_c|y), z_s ~ N(0, I).

    The classifier q(y|z_c) sees z_c alone, and q(y|x) = E_q(z|x)[q(y|z_c)]. For a labelled image
    (Joy et al. 2021), with w = q(y|z_c) / q(y|x), so that w q(z|x) is q(z|x, y):

        log p(x, y) >= E_q(z|x)[w (log p(x|z) + log p(z|y) - log q(z|x) - log q(y|z_c))]
                       + log q(y|x) + log p(y)

    For an unlabelled one the sum over y is taken in full:

        log p(x) >= E_q(z|x)[log p(x|z) - log q(z|x) + log p(z_s)
                             + sum_y q(y|z_c) (log p(z_c|y) + log p(y) - log q(y|z_c))]

    Labels factorise over groups (`ccvae_labels.py`), so an image may have some known and some
    not; each group takes its own line, and only log p(x|z) meets the product of all w.

    E_q(z|x)[w log p(x|z)] is E_q(z|x,y)[log p(x|z)], estimated by a code drawn from q(z|x, y). Its
    gradient follows log p(x|z) and takes the probability of the draw as given, so that a constant
    added to log p(x|z) changes no gradient. All else in the bound has its exact gradient.

    `distortion` is the part with log p(x|z) and `rate` all the rest, KL(q(z|x, y) || p(z|y)) - log
    p(y) of a labelled image, KL(q(z, y|x) || p(z, y)) of an unlabelled one: their sum is the
    negative bound. Weighing the rate as a whole keeps it a divergence; beta on the terms inside w
    alone would, above 1, push the classifier away from the labels. `label` is -log q(y|x), no part
    of the bound, which alone hardly teaches the classifier.

    Args:
        beta: Weight of the rate.
        label_weight: Weight of -log q(y|x) beside the bound, as in Kingma et al. (2014), eq. 9, for
            each of the H W C numbers of an image: both are sums, so the label has the same share in
            the loss at any size. None: 0.125, or 0 with the authors' estimator.
        estimator: Of E_q(z|x)[w log p(x|z)]; drawn: by a code from q(z|x, y); authors: by w and a
            code from q(z|x), with the gradient of the paper's code, which holds a hidden weight of
            about the distortion on -log q(y|x). For Bernoulli pixels alone.
        characteristic_dim: Size of z_c for a categorical label; none: one per class, at most half
            the code. Binary attributes take one dimension each.
    Raises:
        UserError: data without labels.
        UsageError: `latent_dim` leaves no room for z_s, `characteristic_dim` contradicts the
            attributes, or the authors' estimator is asked for where log p(x|z) can be positive.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1), ("cat", "dog"), "categorical")
    >>> model, images = CCVAE(spec, latent_dim=6), tf.zeros([3, 8, 8, 1])
    >>> [part.shape.as_list() for part in model.split(model.encode(images)["mean"])]  # z_c and z_s
    [[3, 2], [3, 4]]
    >>> model.classify(images).numpy().sum(axis=1).round(4).tolist()
    [1.0, 1.0, 1.0]
    >>> same = model.transfer(images, tf.one_hot([1, 1, 1], 2), strength=tf.zeros([3]))
    >>> float(tf.reduce_max(tf.abs(same - model.reconstruct(images)))) < 1e-5
    True
    """

    needs_labels = True
    diagnostic_names = ("accuracy", "weight_mean", "weight_ess")

    def __init__(
        self,
        spec,
        *,
        latent_dim: Annotated[int, Field(ge=2)] | None = None,
        characteristic_dim: Annotated[int, Field(ge=1)] | None = None,
        beta: Annotated[float, Field(ge=0)] = 1.0,
        label_weight: Annotated[float, Field(ge=0)] | None = None,
        estimator: Literal["drawn", "authors"] = "drawn",
        **kwargs,
    ):
        spec = as_spec(spec)
        binary = spec.label_kind == BINARY
        latent_dim = latent_dim or max(
            default_latent_dim(spec), binary * (spec.num_labels + MIN_STYLE_DIM)
        )
        super().__init__(spec, latent_dim=latent_dim, **kwargs)
        if binary and characteristic_dim not in (None, spec.num_labels):
            raise UsageError(
                f"characteristic_dim={characteristic_dim} contradicts the {spec.num_labels} binary "
                f"attributes of {spec.name!r}, which take one dimension each"
            )
        if characteristic_dim is None:
            characteristic_dim = (
                spec.num_labels if binary else min(spec.num_labels, latent_dim // 2)
            )
        if characteristic_dim >= latent_dim:
            raise UsageError(
                f"latent_dim={latent_dim} leaves no room for the style code beside "
                f"{characteristic_dim} characteristic dimensions"
            )
        self.characteristic_dim = characteristic_dim
        if estimator == "authors" and self.pixel_likelihood in DENSITIES:
            raise UsageError(
                "estimator=authors makes -log p(x|z) a hidden weight of the labels, which "
                f"pixel_likelihood={self.pixel_likelihood} can turn negative: use estimator=drawn, "
                "or pixel_likelihood=bernoulli"
            )
        if label_weight is None:
            label_weight = LABEL_WEIGHT[estimator]
        self.beta = beta
        self.label_weight = label_weight
        self.estimator = estimator
        self.characteristics = characteristics_for(spec, characteristic_dim)

    @classmethod
    def from_config(cls, config):
        # `.keras` files of earlier versions: the authors' estimator whatever the pixels, and the
        # weight of the label for a whole image.
        if "estimator" not in config:
            if config["pixel_likelihood"] in DENSITIES:
                config = {**config, "label_weight": None}
            else:
                weight = config["label_weight"] / math.prod(as_spec(config["spec"]).image_shape)
                config = {**config, "estimator": "authors", "label_weight": weight}
        return super().from_config(config)

    def split(self, z):
        """(z_c, z_s) of codes or moments [..., D]."""
        return tf.split(
            z, [self.characteristic_dim, self.latent_dim - self.characteristic_dim], axis=-1
        )

    # Distributions.

    def log_prior(self, z):
        """log p(z) = log p(z_s) + log sum_y p(y) p(z_c|y) of codes [..., D]: [...], nats."""
        z_c, z_s = self.split(z)
        log_style = tf.reduce_sum(tfd.Normal(0.0, 1.0).log_prob(z_s), axis=-1)
        return log_style + self.characteristics.log_marginal(z_c)

    # Loss.

    def measure(self, batch, seed):
        labels = self.characteristics
        y, observed = labels.groups(*labels_of(batch))
        posterior = self.posterior(batch)
        mean, stddev = posterior.mean(), posterior.stddev()
        (mean_c, mean_s), (stddev_c, stddev_s) = self.split(mean), self.split(stddev)
        epsilon_c, epsilon_s = self.split(
            noise.batch_normal(labels.num_draws, tf.shape(mean)[0], self.latent_dim, seed)
        )
        nodes = labels.nodes(mean_c, stddev_c, epsilon_c)
        given = labels.given_each(nodes, y)
        log_q_label = at_label(y, given.log_q_y)  # log q(y|x) at the image's own label, [B, G]
        known_w = tf.where(observed > 0.0, given.own_w, 1.0)  # [N, B, G]

        # w at one code of q(z|x). It is node 0 of the classes; E[w] = 1 still holds, because every
        # node is equally likely to be it.
        z_c = mean_c + stddev_c * epsilon_c[0]
        w = tf.exp(tf.reduce_sum(observed * self._log_w(z_c, y, log_q_label), axis=-1))
        factor = w
        if self.estimator == "drawn":
            z_c, factor = nodes.drawn(known_w, noise.stream(seed, NODE_STREAM)), 1.0
        z = tf.concat([z_c, mean_s + stddev_s * epsilon_s[0]], axis=-1)

        # E_q(z|x)[w (log q(z_c|x) + log q(y|z_c) - log p(z_c|y))] - log p(y) for each y, [B, G, V]
        weighted = given.divergence - labels.log_p_y()
        # The sum over y in full: q(y|z_c) q(z|x) = q(y|x) q(z|x, y).
        unlabelled = tf.reduce_sum(tf.exp(given.log_q_y) * weighted, axis=-1)
        labelled = at_label(y, weighted)
        if self.estimator == "authors":
            labelled = self._authors_expectation(nodes, y, log_q_label)
        # log q(y|x) stands outside w. w doesn't depend on z_s and has mean 1, so the rate of z_s is
        # the closed form.
        rate_c = observed * (labelled - log_q_label) + (1.0 - observed) * unlabelled
        terms = {
            "distortion": -factor * self.likelihood(z, batch).log_prob(batch[IMAGE]),
            "rate": tf.reduce_sum(rate_c, axis=-1) + self._style_rate(mean_s, stddev_s),
            "label": -tf.reduce_sum(observed * log_q_label, axis=-1),
        }

        hits = tf.equal(tf.argmax(given.log_q_y, axis=-1), tf.argmax(y, axis=-1))
        # 1 / E[w^2], since E[w] = 1; groups are independent.
        log_ess = tf.reduce_sum(-tf.math.log(nodes.mean(tf.square(known_w))), axis=-1)
        some_known = tf.reduce_max(observed, axis=-1)
        diagnostics = {
            "accuracy": (tf.cast(hits, tf.float32), observed),
            "weight_mean": (w, some_known),
            "weight_ess": (tf.exp(log_ess), some_known),
        }
        return terms, diagnostics

    def _log_w(self, z_c, y, log_q_label):
        """log w per group, [..., G]; for the authors' estimator the gradient stops at z_c alone."""
        if self.estimator == "authors":
            z_c = tf.stop_gradient(z_c)
        return at_label(y, self.characteristics.log_q_y(z_c)) - log_q_label

    def _authors_expectation(self, nodes, y, log_q_label):
        """E_q(z|x)[w (log q(z_c|x) + log q(y|z_c) - log p(z_c|y))] - log p(y) at the image's own
        label, [B, G], with the gradient of `_log_w`."""
        labels = self.characteristics
        log_ratio = labels.log_q_y(nodes.z_c) - labels.log_p_z(nodes.z_c) - labels.log_p_y()
        w = tf.exp(self._log_w(nodes.z_c, y, log_q_label))
        return nodes.mean(w * (labels.log_q_z(nodes) + at_label(y, log_ratio)))

    def _style_rate(self, mean, stddev):
        """KL(q(z_s|x) || p(z_s)), [B]."""
        prior = priors.standard_normal(self.latent_dim - self.characteristic_dim)
        return tfd.kl_divergence(tfd.Independent(tfd.Normal(mean, stddev), 1), prior)

    def term_weights(self):
        num_pixels = math.prod(self.spec.image_shape)
        return {
            "distortion": 1.0,
            "rate": self.beta,
            "label": self.label_weight * num_pixels,
        }

    # What it can do.

    def classify(self, image):
        """q(y|x): probability of each class or attribute, [B, L]."""
        moments = self.encode(image)
        mean, stddev = self.split(moments["mean"])[0], self.split(moments["stddev"])[0]
        parts = self.characteristics
        epsilon = noise.batch_normal(parts.num_draws, 1, self.characteristic_dim, CLASSIFY_SEED)
        nodes = parts.nodes(mean, stddev, epsilon)
        return parts.probability(parts.log_q_y_given_x(nodes, parts.log_q_y(nodes.z_c)))

    def sample(self, seed, label):
        """Images decoded from z_c ~ p(z_c|y) and z_s ~ N(0, I), [B, H, W, C].

        Row i depends on `seed[i]`, int64 [B], and `label[i]`, [B, L].
        """
        epsilon_c, z_s = self.split(noise.row_normal(seed, 1, self.latent_dim)[0])
        mean, stddev = self.characteristics.prior_of(label)
        return self.decode(tf.concat([mean + stddev * epsilon_c, z_s], axis=-1))

    def transfer(self, image, target, strength):
        """Shifts z_c from p(z_c|y) to p(z_c|y') for the labels y' marked in `target`; keeps z_s.

        z_c keeps its offset from the mean: labels shape z_c, but what differs between images of one
        label lies there too.

        Args:
            image: [B, H, W, C].
            target: 1 at the target class or attributes, 0 elsewhere, [B, L].
            strength: 0 reconstructs, 1 adds the mean of p(z_c|y') less that of p(z_c|y) for the
                label y that q(y|z_c) expects, more goes on away from the mean of the absent
                attribute or of all classes, [B].
        Returns:
            [B, H, W, C].
        """
        z_c, z_s = self.split(self.encode(image)["mean"])
        shifted = self.characteristics.shifted(z_c, target, strength[:, tf.newaxis])
        return self.decode(tf.concat([shifted, z_s], axis=-1))

    def serving_signatures(self):
        seed = tf.TensorSpec([None], tf.int64, "seed")
        return {
            **super().serving_signatures(),
            **self.label_signatures(),
            "sample": (self.sample, [seed, self.label_spec()]),
        }

    @classmethod
    def search_space(cls, hyperparameters):
        # Not the size of the code: which sizes are possible depends on the number of attributes.
        return {
            "beta": hyperparameters.Float("beta", 0.05, 4.0, sampling="log"),
        }


def at_label(y, table):
    """The entry of a table [..., G, V] at a one-hot label: [..., G].

    >>> at_label(tf.constant([[0.0, 1.0]]), tf.constant([[5.0, 7.0]])).numpy().tolist()
    [7.0]
    """
    return tf.reduce_sum(y * table, axis=-1)
