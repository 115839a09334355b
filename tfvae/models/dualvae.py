"""DualVAE (Okamoto et al. 2018): the logits of the labels are linear in the code."""

from typing import Annotated

import keras
import tensorflow as tf
from pydantic import Field

from tfvae.models.base import as_spec, labels_of
from tfvae.models.vae import VAE, default_latent_dim
from tfvae.probability import replicas
from tfvae.probability.labels import labels_of_kind
from tfvae.schema import BINARY

# By default a code has at least one dimension per label and this many more.
FREE_DIM = 16
# Share of a step's images that the next step keeps in the means of the logits.
DECAY = 0.95


@keras.saving.register_keras_serializable("tfvae")
class DualVAE(VAE):
    """A code is drawn from N(0, I); the image and the labels are drawn from the code, each label by
    the inner product of the code with a vector of its own, the dual vector.

    Maximises log p(x, y) >= E_q(z|x)[log p(x|z) + log p(y|z)] - KL(q(z|x) || p(z)), Okamoto et al.
    (2018), eq. 2, where p(y|z) = Bernoulli(sigmoid(U z)); for classes softmax(U z), which the paper
    leaves out. Unknown labels have no part in log p(y|z). There are two optimizers, as in
    algorithm 1: one for the first and third term over encoder and decoder, one for `label_rate`
    times the second over encoder and U; both gradients are taken at the same weights and code.

    Transfer to domain i decodes w_i = z + lambda u_i, eq. 3. This increases logit i by
    lambda |u_i|^2 and logit j by lambda u_j.u_i: the Gram matrix U U^T predicts by how much a
    transfer changes other labels. The unit of lambda depends on the training, so `strength` is
    lambda divided by `steps`: 1 moves the logits from their mean over training images without the
    label to that over images with it; for classes far enough from every other class.

    Args:
        latent_dim: D, size of the code; none: that of a VAE, but at least one dimension per label
            and 16 more, so that the dual vectors can be independent.
        label_rate: alpha: learning rate of the label term's optimizer, divided by that of the
            other. For plain gradient descent that is a weight of -log p(y|z); with Adam a weight
            would have no effect.
        label_bias: Whether the logits are U z plus a bias; the paper's have none.
    Raises:
        UserError: data without labels.

    >>> from tfvae.schema import DataSpec
    >>> model = DualVAE(DataSpec("tiny", (8, 8, 1), ("smile", "hat"), "binary"))
    >>> u = model.label_vector(tf.constant([[0.0, 1.0]]))  # the dual vector of "hat", [1, D]
    >>> z, factor = tf.ones_like(u), 3.0
    >>> growth = model.label_decoder(z + factor * u) - model.label_decoder(z)
    >>> float(tf.abs(growth[0, 1] - factor * tf.reduce_sum(u**2))) < 1e-4
    True
    """

    needs_labels = True
    network_arguments = ("encoder", "decoder", "label_decoder")
    renamed_arguments = {"label_weight": "label_rate"}
    diagnostic_names = ("accuracy",)
    # The bound on log p(x, y).
    tuning_objective = "val_elbo - val_label"

    def __init__(
        self,
        spec,
        *,
        latent_dim: Annotated[int, Field(ge=1)] | None = None,
        label_rate: Annotated[float, Field(ge=0)] = 1.0,
        label_bias: bool = False,
        label_decoder=None,
        **kwargs,
    ):
        spec = as_spec(spec)
        latent_dim = latent_dim or max(default_latent_dim(spec), spec.num_labels + FREE_DIM)
        super().__init__(spec, latent_dim=latent_dim, **kwargs)
        self.label_rate = label_rate
        self.label_bias = label_bias
        self.label_decoder = label_decoder or self.default_label_decoder()
        self.labels = labels_of_kind(spec.label_kind)
        # Over past images: `labels.group_sums`.
        groups = 2 if spec.label_kind == BINARY else spec.num_labels
        self.logit_sums = self.add_weight(
            shape=(groups, 2, spec.num_labels),
            initializer="zeros",
            dtype="float32",
            trainable=False,
            aggregation="only_first_replica",
            name="logit_sums",
        )

    def default_label_decoder(self):
        dense = keras.layers.Dense(
            self.spec.num_labels, use_bias=self.label_bias, dtype="float32", name="dual"
        )
        return keras.Sequential([keras.Input([self.latent_dim]), dense], name="label_decoder")

    @property
    def dual_vectors(self):
        """U: the vectors u_i as rows, [L, D]."""
        return tf.transpose(tf.convert_to_tensor(self.label_decoder.layers[-1].kernel))

    # Loss.

    def measure(self, batch, seed):
        label, observed = labels_of(batch)
        posterior, z = self.drawn(batch, seed)
        logits = self.label_decoder(z)
        terms = {
            **self.bound_terms(batch, posterior, z),
            "label": -self.labels.log_likelihood(logits, label, observed),
        }
        sums, counts = tf.unstack(self.labels.group_sums(logits, label, observed), axis=1)
        return terms, {
            "accuracy": self.labels.hits(logits, label, observed),
            "group_means": (tf.math.divide_no_nan(sums, counts), counts),
        }

    def after_step(self, diagnostics):
        means, counts = diagnostics["group_means"]
        sums = replicas.total(tf.stack([means * counts, counts], axis=1))
        self.logit_sums.assign(DECAY * self.logit_sums + sums)

    def term_weights(self):
        return {"distortion": 1.0, "rate": 1.0, "label": self.label_rate}

    def objectives(self, terms):
        return [terms["distortion"] + terms["rate"], terms["label"]]

    def rate_factors(self):
        return [1.0, self.label_rate]

    def variable_groups(self):
        encoder = self.encoder.trainable_variables
        return [
            [*encoder, *self.decoder.trainable_variables],
            [*encoder, *self.label_decoder.trainable_variables],
        ]

    # What it can do.

    def classify(self, image):
        """p(y|z) at the mean of q(z|x): probability of each class or attribute, [B, L]."""
        return self.labels.probability(self.label_decoder(self.encode(image)["mean"]))

    def transfer(self, image, target, strength):
        """Decodes z + lambda u_i, eq. 3; for several labels the sum of such steps.

        Args:
            image: [B, H, W, C].
            target: 1 at the target class or attributes, 0 elsewhere, [B, L].
            strength: lambda / `steps`, [B]; 0 reconstructs, 1 arrives at the label.
        Returns:
            [B, H, W, C].
        """
        step = strength[:, tf.newaxis] * self.label_vector(target)
        return self.decode(self.encode(image)["mean"] + step)

    def label_vector(self, target):
        """What a unit of strength adds to the code, for the labels marked in `target` [B, L]: the
        sum of their steps times u_i, [B, D]."""
        return tf.matmul(target * self.steps(), self.dual_vectors)

    def steps(self):
        """lambda per unit of strength, of each label: `labels.arrivals` of the logits, [L]."""
        sums, counts = tf.unstack(tf.convert_to_tensor(self.logit_sums), axis=1)
        means, vectors = tf.math.divide_no_nan(sums, counts), self.dual_vectors
        gram = tf.matmul(vectors, vectors, transpose_b=True)
        return self.labels.arrivals(means, counts, gram)

    def manifest_fields(self):
        steps = [float(step) for step in self.steps()]
        return {**super().manifest_fields(), "lambda_per_strength": steps}

    def load_own_variables(self, store):
        # `.keras` files of earlier versions have no `logit_sums`: their steps are 1.
        if len(store.keys()):
            super().load_own_variables(store)

    def serving_signatures(self):
        return {
            **super().serving_signatures(),
            **self.label_signatures(),
            "label_vector": (self.label_vector, [self.label_spec("target")]),
        }

    @classmethod
    def search_space(cls, hyperparameters):
        return {
            "latent_dim": hyperparameters.Int("latent_dim", 16, 256, sampling="log"),
            "label_rate": hyperparameters.Float("label_rate", 0.1, 10.0, sampling="log"),
        }
