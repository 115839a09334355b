"""Training that starts from the weights of an export, with a part of the model frozen."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfvae.exports.reader import Export
from tfvae.schema import UsageError, UserError
from tfvae.training.config import RunConfig

if TYPE_CHECKING:
    import keras


def with_origin(config: RunConfig) -> RunConfig:
    """The configuration with the model and hyper-parameters of the export that it starts from, and
    with its data set where none is given.

    Hyper-parameters that are given keep their values. It imports no TensorFlow.

    Raises:
        UsageError: another model is given; `freeze` without an export; `tune` with one.
        UserError: there is no such export.

    >>> with_origin(RunConfig(model="vae", freeze="encoder"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --freeze encoder keeps the weights of an export: give --start-from
    """
    if config.start_from is None:
        if config.freeze is not None:
            raise UsageError(
                f"--freeze {config.freeze} keeps the weights of an export: give --start-from"
            )
        return config
    if config.resume:
        return config
    if config.tune is not None:
        raise UsageError("--tune tries other networks, and --start-from keeps one: give either")
    export = Export.load(config.start_from)
    model = str(export.manifest.get("model"))
    if config.model not in (None, model):
        raise UsageError(
            f"--start-from {export.path} is a {model}, --model {config.model} is given"
        )
    settings = {**export.manifest.get("hyperparameters", {}), **config.settings}
    # The version, so that a resumed run doesn't start from a newer one.
    found = {"model": model, "settings": settings, "start_from": export.path}
    if "dataset" not in config.model_fields_set:
        found["dataset"] = export.manifest["dataset"]
        loaded_with = export.manifest.get("dataset_options") or {}
        for name in {"image_size", "labels", "skip_bad_images"} - config.model_fields_set:
            if name in loaded_with:
                found[name] = loaded_with[name]
    return config.model_copy(update=found)


def origin(config: RunConfig) -> str | None:
    """The run and version of the export that training started from; None: random weights.

    >>> origin(RunConfig(start_from="saved_models/vae_digits/1"))
    'vae_digits/1'
    """
    if config.start_from is None:
        return None
    path = config.start_from.absolute()
    return f"{path.parent.name}/{path.name}"


def copy_weights(model: "keras.Model", path: Path) -> None:
    """Sets all weights of a model to those of an export.

    Raises:
        UserError: there is no such export, it holds no Keras model, or its weights don't fit.

    >>> import tempfile, tfvae
    >>> from tfvae.exports.writer import export_model
    >>> spec = tfvae.load_dataset("digits", image_size=8).spec
    >>> first, second = (tfvae.build_model("vae", spec, {"latent_dim": 2}) for _ in range(2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     copy_weights(second, export_model(first, f"{folder}/vae", {"dataset": "digits"}))
    >>> all((a == b).all() for a, b in zip(first.get_weights(), second.get_weights()))
    True
    """
    weights = Export.load(path).keras_model().get_weights()
    shapes = [tuple(weight.shape) for weight in model.weights]
    if shapes != [weight.shape for weight in weights]:
        raise UserError(
            f"the weights of {path} don't fit: the images, the labels or the hyper-parameters of "
            "this run are others"
        )
    model.set_weights(weights)


def freeze(model: "keras.Model", part: str) -> None:
    """Keeps the encoder, with all that codes depend on, or the decoder as it is in training.

    To be called before `compile`.

    Raises:
        UsageError: the model has no such part.

    >>> import tfvae
    >>> model = tfvae.build_model("vae", tfvae.load_dataset("digits").spec)
    >>> freeze(model, "encoder")
    >>> len(model.trainable_variables) == len(model.decoder.trainable_variables)
    True
    """
    parts = model.network_arguments
    if part not in parts:
        raise UsageError(f"--freeze {part}: the model has {', '.join(parts)}")
    for name in model.encoding_networks if part == "encoder" else (part,):
        getattr(model, name).trainable = False
