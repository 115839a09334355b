"""Conditional variational autoencoder (Sohn et al. 2015)."""

from typing import Literal

import keras
import tensorflow as tf

from tfvae.models.base import labels_of
from tfvae.models.vae import VAE
from tfvae.networks import NetworkName, build_encoder, build_label_decoder
from tfvae.probability import noise, posteriors
from tfvae.probability.labels import completed, labels_of_kind
from tfvae.schema import IMAGE, LABEL


@keras.saving.register_keras_serializable("tfvae")
class CVAE(VAE):
    """An image is drawn from its label and a code; the code is drawn from N(0, I), independently of
    the label.

    Maximises E_q(z|x,y)[log p(x|y,z)] - KL(q(z|x,y) || p(z)), Sohn et al. (2015), eq. 4, with
    p(z|y) = N(0, I).

    The image of a transfer comes without its label, and in training labels may be missing.
    Therefore a classifier q(y|x) is trained on the known labels, and its probabilities replace the
    unknown ones; the paper has no such part. The classifier shares no weight with encoder and
    decoder, and only the term `label`, -log q(y|x), trains it.

    Args:
        conditioning: How the decoder uses the label; concatenate: it maps (z, y) to an image; add:
            it maps z + MLP(y), the variant that Benyahia et al. criticise.
        classifier_network: Network of the classifier: dense, conv or auto; none: as `network`.
        encoder: Keras model [[B, H, W, C], [B, L]] -> [B, 2 D] that replaces the default.
        decoder: Keras model [[B, D], [B, L]] -> parameters of the likelihood; it replaces the
            default.
        classifier: Keras model [B, H, W, C] -> logits [B, L]; it replaces the default.
    Raises:
        UserError: data without labels.

    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("tiny", (8, 8, 1), ("cat", "dog"), "categorical")
    >>> model, images, dogs = CVAE(spec), tf.zeros([3, 8, 8, 1]), tf.one_hot([1, 1, 1], 2)
    >>> transferred = model.transfer(images, dogs, strength=tf.ones([3]))
    >>> decoded = model.decode(model.encode(images)["mean"], dogs)
    >>> float(tf.reduce_max(tf.abs(transferred - decoded))) < 1e-5
    True
    """

    needs_labels = True
    network_arguments = ("encoder", "decoder", "classifier")
    encoding_networks = ("encoder", "classifier")
    diagnostic_names = ("accuracy",)

    def __init__(
        self,
        spec,
        *,
        conditioning: Literal["concatenate", "add"] = "concatenate",
        classifier_network: NetworkName | None = None,
        classifier=None,
        **kwargs,
    ):
        # Set first: the base class builds the decoder, which depends on it.
        self.conditioning = conditioning
        super().__init__(spec, **kwargs)
        self.classifier_network = classifier_network
        self.classifier = classifier or build_encoder(
            classifier_network or self.network, self.spec.image_shape, self.spec.num_labels
        )
        self.labels = labels_of_kind(self.spec.label_kind)

    def default_encoder(self):
        shape, labels = self.spec.image_shape, self.spec.num_labels
        return build_encoder(self.network, shape, 2 * self.latent_dim, labels)

    def default_decoder(self):
        shape, labels = self.spec.image_shape, self.spec.num_labels
        return build_label_decoder(
            self.network, self.latent_dim, labels, shape, self.learns_scale, self.conditioning
        )

    # Distributions, for batches without missing labels.

    def posterior(self, batch):
        """q(z|x,y): batch shape [B], event shape [D]."""
        return posteriors.diagonal_gaussian(self.encoder([batch[IMAGE], batch[LABEL]]))

    def likelihood(self, z, batch=None):
        """p(x|y,z) for codes [..., D] and labels that broadcast to [..., L]."""
        count = self.spec.num_labels
        label = tf.broadcast_to(batch[LABEL], tf.concat([tf.shape(z)[:-1], [count]], 0))
        flat = [tf.reshape(z, [-1, self.latent_dim]), tf.reshape(label, [-1, count])]
        return self.pixels(self.decoder(flat), z)

    # Loss.

    def measure(self, batch, seed):
        label, observed = labels_of(batch)
        logits = self.classifier(batch[IMAGE])
        terms = {
            **self.terms_given(batch, logits, label, observed, seed),
            "label": -self.labels.log_likelihood(logits, label, observed),
        }
        return terms, {"accuracy": self.labels.hits(logits, label, observed)}

    def terms_given(self, batch, logits, label, observed, seed):
        """Distortion and rate, with the classifier's probabilities in place of unknown labels."""
        believed = tf.stop_gradient(self.labels.probability(logits))
        return self.labelled_terms(batch, completed(label, observed, believed), seed)

    def labelled_terms(self, batch, label, seed):
        """Distortion and rate of images with these labels."""
        batch = {**batch, LABEL: label}
        return self.bound_terms(batch, *self.drawn(batch, seed))

    def term_weights(self):
        return {**super().term_weights(), "label": 1.0}

    # What it can do.

    def classify(self, image):
        """q(y|x): probability of each class or attribute, [B, L]."""
        return self.labels.probability(self.classifier(image))

    def encode(self, image):
        """Moments of q(z|x,y) with q(y|x) for y: {"mean": [B, D], "stddev": [B, D]}."""
        posterior = self.posterior({IMAGE: image, LABEL: self.classify(image)})
        return {"mean": posterior.mean(), "stddev": posterior.stddev()}

    def decode(self, latent, label):
        """Mean image of p(x|y,z) for codes [B, D] and labels [B, L]: [B, H, W, C] in [0, 1]."""
        return self.likelihood(latent, {LABEL: label}).mean()

    def reconstruct(self, image):
        """Decodes the mean code of an image with its label, as classified."""
        return self.decode(self.encode(image)["mean"], self.classify(image))

    def sample(self, seed, label):
        """Images decoded from z ~ N(0, I) and a label, [B, H, W, C].

        Row i depends on `seed[i]`, int64 [B], and `label[i]`, [B, L].
        """
        epsilon = noise.row_normal(seed, 1, self.noise_dim)[0]
        return self.decode(self.prior_code(epsilon), label)

    def transfer(self, image, target, strength):
        """Keeps z and shifts the label of the image, as classified, towards the target label.

        Args:
            image: [B, H, W, C].
            target: 1 at the target class or attributes, 0 elsewhere, [B, L].
            strength: 0 reconstructs, 1 decodes the target label, more extrapolates, [B].
        Returns:
            [B, H, W, C].
        """
        label = self.labels.shifted(self.classify(image), target, strength)
        return self.decode(self.encode(image)["mean"], label)

    def log_likelihood(self, image, label, seed):
        """Importance-weighted bound on log p(x|y), [B], nats."""
        return self.bounds({IMAGE: image, LABEL: label}, seed)["log_likelihood"]

    def elbo_estimate(self, image, label, seed):
        """ELBO on log p(x|y), [B], nats."""
        return self.bounds({IMAGE: image, LABEL: label}, seed)["elbo"]

    def serving_signatures(self):
        signatures, label = super().serving_signatures(), self.label_spec()
        takes_label = {
            name: (function, [*inputs[:1], label, *inputs[1:]])
            for name, (function, inputs) in signatures.items()
            if name in ("decode", "sample", "log_likelihood", "elbo")
        }
        return {**signatures, **takes_label, **self.label_signatures()}
