"""The step, the logged figures and the configuration that all models share."""

import keras
import tensorflow as tf

from tfvae.options import options_of
from tfvae.schema import IMAGE, LABEL, OBSERVED, DataSpec, UserError


class BaseModel(keras.Model):
    """Root of the models: a weighted sum of terms, minimised over a batch.

    A model gives `loss_terms` and `term_weights`; this class takes the mean over the global batch,
    the gradient step and the logs. Every scalar of a model is a keyword argument of its constructor
    and an attribute of the same name; so is every network, which a caller may replace.

    Args:
        spec: DataSpec of the images, or its dictionary.
        seed: Of the noise in the step; with the number of the step it fixes every draw.
    Raises:
        UserError: the model needs labels and `spec` has none.
    """

    needs_labels = False
    # Names of the networks among the constructor's arguments.
    network_arguments: tuple[str, ...] = ()
    # Logged beside the terms; `diagnostics` of a step gives their values.
    diagnostic_names: tuple[str, ...] = ()
    # What a search over hyper-parameters maximises: one scale, whatever the weights of the terms.
    tuning_objective = "val_elbo"

    def __init__(self, spec, *, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.spec = as_spec(spec)
        self.seed = seed
        if self.needs_labels and not self.spec.num_labels:
            raise UserError(
                f"{type(self).__name__} learns from labels and data set {self.spec.name!r} has none"
            )
        # All weights exist at construction: replicas cannot make them inside the step.
        self.built = True

    # What a model gives.

    def loss_terms(self, batch, seed):
        """Unweighted terms of the loss.

        Args:
            batch: {"image": [B, H, W, C], "label": [B, L], "observed": [B, L]}.
            seed: int32 [2]; the draw is a pure function of it.
        Returns:
            {name: [B]}, nats, one value per image.
        """
        return self.measure(batch, seed)[0]

    def measure(self, batch, seed):
        """(`loss_terms`, diagnostics), the latter {name: (values, weights)} of equal shapes."""
        raise NotImplementedError

    def term_weights(self):
        """{name: weight} of the terms in the loss, in the order in which they are logged."""
        raise NotImplementedError

    def objective(self, terms):
        """The loss per image, [B]: the weighted sum of the terms."""
        return tf.add_n([weight * terms[name] for name, weight in self.term_weights().items()])

    def elbo(self, terms):
        """Bound on the log-likelihood per image, [B], nats; weight 1 whatever the loss weighs."""
        return -(terms["distortion"] + terms["rate"])

    @property
    def prefers_xla(self):
        """Whether XLA pays on a CPU: it does for dense networks, not for convolutions."""
        return not any(
            isinstance(layer, (keras.layers.Conv2D, keras.layers.Conv2DTranspose))
            for layer in self._flatten_layers()
        )

    # The step.

    def compile(self, optimizer="adam", **kwargs):
        super().compile(optimizer=optimizer, **kwargs)
        names = ["loss", *self.term_weights(), "elbo", *self.diagnostic_names]
        with self.distribute_strategy.scope():
            self._logged = {name: keras.metrics.Mean(name=name) for name in names}
            self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def metrics(self):
        return list(getattr(self, "_logged", {}).values())

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Keras would average the first batch over replicas to learn its shape, which fails when it
        # splits unevenly; here all weights exist already.
        del iterator, data_batch

    def train_step(self, batch):
        seed = tf.stack(
            [tf.constant(self.seed, tf.int32), tf.cast(self.optimizer.iterations, tf.int32)]
        )
        with tf.GradientTape() as tape:
            loss, logs = self._loss_and_logs(batch, seed)
            scaled_loss = self.optimizer.scale_loss(loss)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(scaled_loss, variables), variables))
        return self._update_logs(logs)

    def test_step(self, batch):
        # The same noise for every batch and epoch: epochs differ by the weights only.
        _, logs = self._loss_and_logs(batch, tf.constant([self.seed, -1], tf.int32))
        return self._update_logs(logs)

    def _loss_and_logs(self, batch, seed):
        terms, diagnostics = self.measure(batch, seed)
        losses = self.objective(terms)
        count = tf.cast(tf.shape(losses)[0], tf.float32)
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync > 1:
            # Gradients are summed over replicas; dividing by the global count makes that the mean.
            count = context.all_reduce(tf.distribute.ReduceOp.SUM, count)
        everywhere = tf.ones_like(losses)
        values = {"loss": losses, **terms, "elbo": self.elbo(terms)}
        logs = {name: (value, everywhere) for name, value in values.items()}
        return tf.reduce_sum(losses) / count, {**logs, **diagnostics}

    def _update_logs(self, logs):
        for name, (values, weights) in logs.items():
            self._logged[name].update_state(values, sample_weight=weights)
        results = {name: metric.result() for name, metric in self._logged.items()}
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            # Keras averages what the workers' steps return over axis 0, which scalars don't have.
            results = {name: tf.reshape(value, [1]) for name, value in results.items()}
        return results

    # Keras.

    def call(self, inputs):
        """Reconstruction of a batch or of images [B, H, W, C]: the same shape, in [0, 1]."""
        return self.reconstruct(inputs[IMAGE] if isinstance(inputs, dict) else inputs)

    def get_config(self):
        scalars = {option.name: getattr(self, option.name) for option in options_of(type(self))}
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in self.network_arguments
        }
        return {"name": self.name, "spec": self.spec.to_dict(), **scalars, **networks}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for name in cls.network_arguments:
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)

    def image_spec(self):
        return tf.TensorSpec([None, *self.spec.image_shape], tf.float32, IMAGE)

    def label_spec(self, name=LABEL):
        return tf.TensorSpec([None, self.spec.num_labels], tf.float32, name)

    def serving_signatures(self):
        """{name: (function, [tf.TensorSpec, ...])}: what it serves of `schema.SIGNATURES`."""
        return {"reconstruct": (self.reconstruct, [self.image_spec()])}


def as_spec(spec):
    """A DataSpec, from itself or from the dictionary that a saved model holds."""
    return spec if isinstance(spec, DataSpec) else DataSpec.from_dict(spec)


def labels_of(batch):
    """(label, observed) of a batch, [B, L] each; all observed where the batch doesn't say."""
    label = batch[LABEL]
    return label, batch.get(OBSERVED, tf.ones_like(label))
