"""The step, the logged figures and the configuration that all models share."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvae.options import options_of
from tfvae.probability import replicas
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
    # Old name -> name now, of constructor arguments in `.keras` files of earlier versions.
    renamed_arguments: Mapping[str, str] = {}
    # Logged beside the terms; `diagnostics` of a step gives their values.
    diagnostic_names: tuple[str, ...] = ()
    summary_names: tuple[str, ...] = ()
    # What a search over hyper-parameters maximises: one scale, whatever the weights of the terms.
    tuning_objective = "val_elbo"
    # What early stopping looks at, and whether it is to fall ("min") or grow ("max").
    monitor = ("val_loss", "min")
    # Training images that the run shows over all epochs; a run sets it, schedules may use it.
    run_images = 250_000
    # Adam's, where a run makes the optimizer.
    learning_rate = 1e-3
    adam_beta_1 = 0.9

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
        return weighted_sum(terms, self.term_weights())

    def objectives(self, terms):
        """What each optimizer minimises per image, [B] each, in the order of `variable_groups`."""
        return [self.objective(terms)]

    def variable_groups(self):
        """The variables of each optimizer."""
        return [self.trainable_variables]

    def summaries(self, terms):
        """{name: [B]} for `summary_names`, logged beside the terms they are made of."""
        del terms
        return {}

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
        names = ["loss", *self.term_weights(), *self.summary_names, *self.diagnostic_names]
        groups = self.variable_groups()
        with self.distribute_strategy.scope():
            self._logged = {name: keras.metrics.Mean(name=name) for name in names}
            self.further_optimizers = [copy_of(self.optimizer) for _ in groups[1:]]
            for each, variables in zip(self.optimizers, groups, strict=True):
                each.build(variables)

    @property
    def optimizers(self):
        """One for each of `variable_groups`: the first counts the steps and sets the rates."""
        return [self.optimizer, *self.further_optimizers]

    def rate_factors(self):
        """Learning rate of each optimizer, in units of the first's."""
        return [1.0] * len(self.optimizers)

    def set_rates(self):
        """Has all optimizers follow the first's rate, whatever schedule or callback changes it."""
        for each, factor in zip(self.optimizers[1:], self.rate_factors()[1:], strict=True):
            each.learning_rate.assign(factor * self.optimizer.learning_rate)

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
        self.set_rates()
        with tf.GradientTape(persistent=True) as tape:
            terms, diagnostics = self.measure(batch, self.step_seed())
            losses = [
                optimizer.scale_loss(replicas.batch_mean(loss))
                for optimizer, loss in zip(self.optimizers, self.objectives(terms), strict=True)
            ]
        for loss, optimizer, variables in zip(losses, self.optimizers, self.variable_groups()):
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return self.log(terms, diagnostics)

    def test_step(self, batch):
        # The same noise for every batch and epoch: epochs differ by the weights only.
        return self.log(*self.measure(batch, tf.constant([self.seed, -1], tf.int32)))

    def step_seed(self):
        """int32 [2], a function of the model's seed and the number of the step."""
        steps = tf.cast(self.optimizer.iterations, tf.int32)
        return tf.stack([tf.constant(self.seed, tf.int32), steps])

    def log(self, terms, diagnostics):
        """Adds a batch to the running means; returns them by name."""
        everything = {"loss": self.objective(terms), **terms, **self.summaries(terms)}
        logs = {name: (value, tf.ones_like(value)) for name, value in everything.items()}
        return self._update_logs({**logs, **diagnostics})

    def _update_logs(self, logs):
        for name, (values, weights) in logs.items():
            self._logged[name].update_state(values, sample_weight=weights)
        results = {name: self._logged[name].result() for name in logs}
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
        config = {cls.renamed_arguments.get(name, name): value for name, value in config.items()}
        for name in cls.network_arguments:
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)

    def keras_model(self):
        """A copy with the same weights and no optimizer, which an export carries."""
        copy = type(self).from_config(self.get_config())
        copy.set_weights(self.get_weights())
        return copy

    def manifest_fields(self):
        """What the manifest of an export says of the model."""
        left_out = ("name", "spec", "seed", *self.network_arguments)
        config = self.get_config()
        return {
            "hyperparameters": {key: config[key] for key in config if key not in left_out},
            "likelihood": None,
        }

    def image_spec(self):
        return tf.TensorSpec([None, *self.spec.image_shape], tf.float32, IMAGE)

    def label_spec(self, name=LABEL):
        return tf.TensorSpec([None, self.spec.num_labels], tf.float32, name)

    def serving_signatures(self):
        """{name: (function, [tf.TensorSpec, ...])}, names of `exports.contract.SIGNATURES`."""
        return {"reconstruct": (self.reconstruct, [self.image_spec()])}

    def label_signatures(self):
        """Those that models which learn from labels serve beside."""
        strength = tf.TensorSpec([None], tf.float32, "strength")
        inputs = [self.image_spec(), self.label_spec("target"), strength]
        return {
            "classify": (self.classify, [self.image_spec()]),
            "transfer": (self.transfer, inputs),
        }


def weighted_sum(terms, weights):
    """[B], from {name: [B]} and {name: weight}."""
    return tf.add_n([weight * terms[name] for name, weight in weights.items()])


def copy_of(optimizer):
    """A fresh optimizer with the same settings, but a learning rate that can be assigned."""
    config = optimizer.get_config()
    inner = config["inner_optimizer"]["config"] if "inner_optimizer" in config else config
    inner["learning_rate"] = float(tf.convert_to_tensor(optimizer.learning_rate))
    return type(optimizer).from_config(config)


def as_spec(spec):
    """A DataSpec, from itself or from the dictionary that a saved model holds."""
    return spec if isinstance(spec, DataSpec) else DataSpec.from_dict(spec)


def labels_of(batch):
    """(label, observed) of a batch, [B, L] each; all observed where the batch doesn't say."""
    label = batch[LABEL]
    return label, batch.get(OBSERVED, tf.ones_like(label))
