"""The training step, the logged scores and the configuration that all models share."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvae.models.keras_methods import KerasMethods
from tfvae.options import options_of
from tfvae.probability import replicas
from tfvae.schema import IMAGE, LABEL, OBSERVED, DataSpec, UserError


class BaseModel(KerasMethods):
    """Base class of the models: the loss is a weighted sum of terms, averaged over a batch.

    A subclass defines `measure` and `term_weights`; this class computes the mean over the global
    batch, the gradient step and the logs. Every scalar of a model is a keyword argument of its
    constructor and an attribute of the same name; so is every network, which a caller may replace.

    Args:
        spec: DataSpec of the images, or its dictionary.
        seed: Seed of the noise in the step; with the number of the step it determines every draw.
    Raises:
        UserError: the model needs labels and `spec` has none.

    A model with one weight, the grey level that is closest to all pixels. The loss is quadratic, so
    one step of gradient descent with learning rate 1/2 reaches the minimum, the mean of the pixels:

    >>> class GreyLevel(BaseModel):
    ...     def __init__(self, spec, **kwargs):
    ...         super().__init__(spec, **kwargs)
    ...         self.level = self.add_weight(shape=(), initializer="zeros")
    ...     def measure(self, batch, seed):
    ...         errors = tf.square(batch[IMAGE] - self.level)
    ...         return {"mse": tf.reduce_mean(errors, axis=[1, 2, 3])}, {}
    ...     def term_weights(self):
    ...         return {"mse": 1.0}
    >>> model = GreyLevel(DataSpec("tiny", (8, 8, 1)))
    >>> model.compile(keras.optimizers.SGD(0.5))
    >>> logs = model.train_step({IMAGE: tf.fill([3, 8, 8, 1], 0.25)})
    >>> sorted(logs), float(model.level)
    (['loss', 'mse'], 0.25)
    """

    needs_labels = False
    # Names of the networks among the constructor's arguments.
    network_arguments: tuple[str, ...] = ()
    # Old name -> name now, of constructor arguments in `.keras` files of earlier versions.
    renamed_arguments: Mapping[str, str] = {}
    # The networks that the code of an image depends on.
    encoding_networks: tuple[str, ...] = ("encoder",)
    # Logged in addition to the terms; `measure` returns their values as diagnostics.
    diagnostic_names: tuple[str, ...] = ()
    # Logged in addition, computed from the terms by `summaries`.
    summary_names: tuple[str, ...] = ()
    # The score that a search over hyper-parameters maximises, or the difference of two; it must not
    # depend on the weights of the terms, or models with different weights could not be compared.
    tuning_objective = "val_elbo"
    # The score that early stopping observes, and whether lower ("min") or higher ("max") is better.
    monitor = ("val_loss", "min")
    # Number of training images in all epochs of the run together. A run sets it; schedules use it.
    run_images = 200_000
    # Defaults for the Adam optimizer of a run.
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

    # What a subclass defines.

    def loss_terms(self, batch, seed):
        """Unweighted terms of the loss.

        Args:
            batch: {"image": [B, H, W, C], "label": [B, L], "observed": [B, L]}.
            seed: int32 [2]; the noise is a pure function of it.
        Returns:
            {name: [B]}, nats, one value per image.
        """
        return self.measure(batch, seed)[0]

    def measure(self, batch, seed):
        """(`loss_terms`, diagnostics).

        Diagnostics are {name: (values, weights)}, two tensors of equal shape. The weighted mean of
        those in `diagnostic_names` is logged; `after_step` gets them all.
        """
        raise NotImplementedError

    def term_weights(self):
        """{name: weight} of the terms in the loss, in the order in which they are logged."""
        raise NotImplementedError

    def objective(self, terms):
        """The loss per image, [B]: the weighted sum of the terms."""
        return weighted_sum(terms, self.term_weights())

    def objectives(self, terms):
        """The loss of each optimizer per image, [B] each, in the order of `variable_groups`."""
        return [self.objective(terms)]

    def variable_groups(self):
        """The variables of each optimizer."""
        return [self.trainable_variables]

    def summaries(self, terms):
        """{name: [B]} for `summary_names`, computed from the terms and logged with them."""
        del terms
        return {}

    @property
    def prefers_xla(self):
        """Whether XLA makes a step faster on a CPU: true of dense networks, not of convolutions."""
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
        """One per group of `variable_groups`; the first counts the steps and sets all rates."""
        return [self.optimizer, *self.further_optimizers]

    def rate_factors(self):
        """Learning rate of each optimizer, divided by the first's."""
        return [1.0] * len(self.optimizers)

    def set_rates(self):
        """Computes all learning rates from the first, which schedules and callbacks may change."""
        for each, factor in zip(self.optimizers[1:], self.rate_factors()[1:], strict=True):
            each.learning_rate.assign(factor * self.optimizer.learning_rate)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def metrics(self):
        return list(getattr(self, "_logged", {}).values())

    def train_step(self, batch):
        self.set_rates()
        with tf.GradientTape(persistent=len(self.optimizers) > 1) as tape:
            terms, diagnostics = self.measure(batch, self.step_seed())
            losses = [
                optimizer.scale_loss(replicas.batch_mean(loss))
                for optimizer, loss in zip(self.optimizers, self.objectives(terms), strict=True)
            ]
        for loss, optimizer, variables in zip(losses, self.optimizers, self.variable_groups()):
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        self.after_step(diagnostics)
        return self.log(terms, diagnostics)

    def after_step(self, diagnostics):
        """Updates weights that are not trained by a gradient, from the diagnostics of a step."""

    def test_step(self, batch):
        # The same noise for every batch and epoch: scores of two epochs differ by the weights only.
        return self.log(*self.measure(batch, tf.constant([self.seed, -1], tf.int32)))

    def step_seed(self):
        """int32 [2], a function of the model's seed and the number of the step."""
        steps = tf.cast(self.optimizer.iterations, tf.int32)
        return tf.stack([tf.constant(self.seed, tf.int32), steps])

    def log(self, terms, diagnostics):
        """Updates the running means with a batch and returns them: {name: scalar}."""
        everything = {"loss": self.objective(terms), **terms, **self.summaries(terms)}
        logs = {name: (value, tf.ones_like(value)) for name, value in everything.items()}
        logs |= {name: each for name, each in diagnostics.items() if name in self._logged}
        return self._update_logs(logs)

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
        """A copy with the same weights and no optimizer, for an export."""
        copy = type(self).from_config(self.get_config())
        copy.set_weights(self.get_weights())
        return copy

    def manifest_fields(self):
        """The fields of an export's manifest that describe the model."""
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
        """The additional signatures of models that learn from labels."""
        strength = tf.TensorSpec([None], tf.float32, "strength")
        inputs = [self.image_spec(), self.label_spec("target"), strength]
        return {
            "classify": (self.classify, [self.image_spec()]),
            "transfer": (self.transfer, inputs),
        }


def weighted_sum(terms, weights):
    """The sum of weight times term, [B], from terms {name: [B]} and {name: weight}.

    >>> terms = {"distortion": tf.constant([90.0, 80.0]), "rate": tf.constant([10.0, 20.0])}
    >>> weighted_sum(terms, {"distortion": 1.0, "rate": 4.0}).numpy().tolist()
    [130.0, 160.0]
    """
    # In a fixed order: `tf.add_n` takes its terms as they come, which changes the last bit.
    stacked = tf.stack([weight * terms[name] for name, weight in weights.items()])
    return tf.reduce_sum(stacked, axis=0)


def copy_of(optimizer):
    """A new optimizer with the same settings, and a learning rate that can be assigned.

    >>> adam = keras.optimizers.Adam(0.5, beta_1=0.75)
    >>> copy = copy_of(adam)
    >>> copy is adam, float(copy.learning_rate), copy.beta_1
    (False, 0.5, 0.75)
    """
    config = optimizer.get_config()
    inner = config["inner_optimizer"]["config"] if "inner_optimizer" in config else config
    inner["learning_rate"] = float(tf.convert_to_tensor(optimizer.learning_rate))
    return type(optimizer).from_config(config)


def as_spec(spec):
    """A DataSpec, from a DataSpec or from the dictionary in a saved model.

    >>> spec = DataSpec("tiny", (8, 8, 1))
    >>> as_spec(spec) is spec, as_spec(spec.to_dict()) == spec
    (True, True)
    """
    return spec if isinstance(spec, DataSpec) else DataSpec.from_dict(spec)


def labels_of(batch):
    """(label, observed) of a batch, [B, L] each; without `observed`, all labels are known.

    >>> label, observed = labels_of({LABEL: tf.constant([[0.0, 1.0]])})
    >>> observed.numpy().tolist()
    [[1.0, 1.0]]
    """
    label = batch[LABEL]
    return label, batch.get(OBSERVED, tf.ones_like(label))
