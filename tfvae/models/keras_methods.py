"""Keras' methods as the models have them: they check what they are given and know the batches."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path

import keras

from tfvae.exports.writer import export_model
from tfvae.models import MODELS
from tfvae.models.keras_inputs import batch_of, checked_source, inputs_and_labels
from tfvae.schema import UserError


def checked(method: Callable) -> Callable:
    """A method of `keras.Model` that first checks the data in its arguments.

    The method raises a UserError where `checked_source` does, and for weights of examples.

    >>> from tfvae.schema import DataSpec
    >>> class Scaled(keras.Model):
    ...     spec = DataSpec("dot", (1, 1, 1))
    ...     predict_on_batch = checked(keras.Model.predict_on_batch)
    ...     def call(self, image):
    ...         return 2 * image
    >>> import numpy as np
    >>> Scaled().predict_on_batch(np.full([1, 1, 1, 1], 0.25)).item()
    0.5
    >>> Scaled().predict_on_batch(np.full([1, 1, 1, 1], 7.0))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: images must be float32 in [0, 1], found float64 from 7 to 7: divide by 255
    """  # noqa: E501
    signature = inspect.signature(method)
    labels = "y" in signature.parameters

    @functools.wraps(method)
    def checking(self, *args, **kwargs):
        given = signature.bind(self, *args, **kwargs)
        arguments = given.arguments
        # `fit` evaluates what it has checked.
        if "_use_cached_eval_dataset" not in kwargs:
            for name in ("sample_weight", "class_weight"):
                if arguments.get(name) is not None:
                    raise UserError(f"{name} is not supported: all images have the same weight")
            x, y = arguments.get("x"), arguments.get("y")
            arguments["x"] = checked_source(self, x, y, labels)
            if arguments.get("validation_data") is not None:
                arguments["validation_data"] = _validation(self, arguments["validation_data"])
        return method(*given.args, **given.kwargs)

    return checking


def _validation(model, data):
    try:
        x, y = inputs_and_labels(data)
        return checked_source(model, x, y), y
    except UserError as error:
        raise UserError(f"validation_data: {error}") from None


class KerasMethods(keras.Model):
    """The root of the models: `fit` and its like take images, (images, labels) or batches.

    A subclass has the attributes `spec` and `needs_labels`, and steps that take a batch.

    >>> import numpy as np, tfvae
    >>> spec = tfvae.DataSpec("dots", (8, 8, 1), ("few", "many"), "categorical")
    >>> model = tfvae.build_model("cvae", spec, {"network": "dense"})
    >>> model.compile()
    >>> history = model.fit(np.zeros([4, 8, 8, 1]), np.array([0, 1, 1, 0]), verbose=0)
    >>> "accuracy" in history.history
    True
    """

    fit = checked(keras.Model.fit)
    evaluate = checked(keras.Model.evaluate)
    predict = checked(keras.Model.predict)
    train_on_batch = checked(keras.Model.train_on_batch)
    test_on_batch = checked(keras.Model.test_on_batch)
    predict_on_batch = checked(keras.Model.predict_on_batch)

    def export(self, filepath, format="tf_saved_model", verbose=None, **options) -> Path:
        """Writes the next version below the folder `filepath`, as TensorFlow Serving reads it.

        It is an export of this project, with all signatures of the model, and `tfvae.load` opens
        it.

        Args:
            filepath: The folder of the versions.
            format: "tf_saved_model".
            verbose: As in Keras; nothing is printed.
        Returns:
            The folder of the version, `filepath/1` at first.
        Raises:
            UserError: another format, or options for one.
        """
        del verbose
        if format != "tf_saved_model" or options:
            raise UserError(
                "a model of this package is exported as a SavedModel with signatures of its own: "
                "give `export` the folder alone"
            )
        names = {path.partition(":")[2]: name for name, path in MODELS.items()}
        model = names.get(type(self).__name__, self.name)
        return export_model(self, filepath, {"model": model, "dataset": self.spec.name})

    # Keras' own, not public.

    def _make_function(self, step_function):
        def step(data):
            return step_function(batch_of(data, self.spec))

        return super()._make_function(step)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Keras would average the first batch over replicas to find its shape, which fails when the
        # batch splits unevenly. Not needed here: all weights exist already.
        del iterator, data_batch
