"""The options of a training run, for the command line, configuration files and library use."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
)

from tfvae.config import CommandConfig, RunName, option_name
from tfvae.options import display
from tfvae.schema import UserError


class RunConfig(CommandConfig):
    """Everything that a training run depends on.

    >>> config = RunConfig.checked({"model": "vae", "epochs": "3", "set": {"latent_dim": 10}})
    >>> config.epochs, config.batch_size, config.settings
    (3, 64, {'latent_dim': 10})
    >>> RunConfig.checked({"model": "vae", "epochs": "0"})
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: --epochs 0: input should be greater than 0
    """

    model: str | None = Field(None, description="name of the model")
    dataset: str = Field("digits", description="name of the data set")
    epochs: PositiveInt | None = Field(
        None,
        description="passes over the training images; default: as many as it takes to process "
        "200,000 images, at least 15 and at most 200",
    )
    batch_size: PositiveInt = Field(64, description="images per step, on all devices together")
    learning_rate: PositiveFloat | None = Field(
        None, description="learning rate of Adam; default: that of the model, 0.001 for VAEs"
    )
    lr_schedule: Literal["constant", "cosine"] = Field(
        "constant", description="cosine: falls from --learning-rate to 0 over the whole run"
    )
    early_stopping: PositiveInt | None = Field(
        None,
        description="stop after this many epochs without a better validation loss (adversarial "
        "models: accuracy of transfer) and export the best epoch",
    )
    # The seed of the noise is an int32; that of Keras' generators may be one bit longer.
    seed: int = Field(
        0,
        ge=0,
        lt=2**31,
        description="seed of the initial weights, the order of images, the noise and the choice "
        "of hidden labels; the splits don't depend on it",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        alias="set",
        description="hyper-parameters of the model; --model NAME --help lists them",
    )
    missing_labels: float = Field(
        0.0, ge=0, le=1, description="share of the training labels to hide from the model"
    )
    labelled_share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="if a smaller share of the training images is labelled, repeat the labelled "
        "ones until they are this share of a batch",
    )
    train_images: PositiveInt | None = Field(
        None, description="train on this many of the training images only; the seed chooses them"
    )
    start_from: Path | None = Field(
        None,
        description="export whose weights training starts from; the model and its "
        "hyper-parameters are those of the export",
    )
    freeze: Literal["encoder", "decoder"] | None = Field(
        None, description="keep this half of the model as it is in --start-from"
    )
    image_size: PositiveInt | None = Field(
        None, description="resize the images to this many pixels square"
    )
    labels: str | None = Field(
        None,
        description="keep only these binary labels: N for the first N, or NAME,NAME",
    )
    skip_bad_images: bool = Field(
        False, description="leave out unreadable images, with a warning, instead of stopping"
    )
    strategy: Literal["auto", "single", "mirrored", "multi_worker"] = Field(
        "auto", description="devices to use; auto: all GPUs of this machine"
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field(
        "float32", description="precision of the computation; weights stay float32"
    )
    jit: Literal["auto", "on", "off"] = Field(
        "auto", description="compile with XLA; auto: on a GPU, and on a CPU for dense networks"
    )
    data_dir: str | None = Field(None, description="folder of the files of TensorFlow Datasets")
    manual_dir: str | None = Field(None, description="folder of archives downloaded by hand")
    name: RunName | None = Field(
        None,
        description="name of the run and its export; default: MODEL_DATASET, with a number if "
        "that is taken",
    )
    resume: bool = Field(
        False, description="continue a run; options that are not given keep their values"
    )
    runs_dir: Path = Field(Path("runs"), description="folder of the runs")
    saved_models_dir: Path = Field(Path("saved_models"), description="folder of the exports")
    tune: PositiveInt | None = Field(
        None,
        description="first try this many settings of the hyper-parameters, then train with the "
        "best; options that are given keep their values",
    )

    @property
    def model_name(self) -> str:
        """The name of the model, after `claimed_run` has checked that there is one."""
        assert self.model is not None
        return self.model

    @property
    def num_epochs(self) -> int:
        """The number of epochs, after `train` has filled in the default."""
        assert self.epochs is not None
        return self.epochs

    @field_validator("jit", mode="before")
    @classmethod
    def _yaml_switch(cls, value: Any) -> Any:
        # YAML 1.1 reads a bare on / off as a truth value.
        return {True: "on", False: "off"}[value] if isinstance(value, bool) else value

    @field_validator("labels", mode="before")
    @classmethod
    def _yaml_labels(cls, value: Any) -> Any:
        # YAML reads a bare 20 as a number, and names may stand in a list.
        if isinstance(value, list):
            return ",".join(str(name) for name in value)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


AllSettings = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

# Options that may change when a run is resumed: how long and where it runs, not what it computes.
MAY_CHANGE = frozenset(
    ("epochs", "early_stopping", "strategy", "jit", "data_dir", "manual_dir")
    + ("name", "resume", "runs_dir", "saved_models_dir")
)


def fixed_fields(config: RunConfig) -> dict[str, Any]:
    """What a run computes: the options that stay the same when it is resumed, JSON-ready.

    >>> fixed_fields(RunConfig(model="vae", set={"latent_dim": 10}))["settings"]
    {'latent_dim': 10}
    """
    return config.model_dump(mode="json", exclude=set(MAY_CHANGE))


def changed_option(
    before: Mapping[str, Any], now: Mapping[str, Any], all_settings: AllSettings
) -> tuple[str, str, str] | None:
    """The first option in which two `fixed_fields` differ, and both its values; None: in none.

    Only options that both have are compared: one of them may be of another version.

    Args:
        before, now: `fixed_fields` of runs of one model.
        all_settings: As for `resumed_config`.

    >>> first, second = (fixed_fields(RunConfig(model="vae", seed=seed)) for seed in (0, 1))
    >>> changed_option(first, second, all_settings=lambda model, settings: settings)
    ('--seed', '0', '1')
    """

    def by_option(fields: Mapping[str, Any]) -> dict[str, Any]:
        settings = all_settings(now["model"], fields["settings"])
        found = {option_name(name): fields[name] for name in fields if name != "settings"}
        return found | {f"--set {name}:": value for name, value in settings.items()}

    values, others = by_option(before), by_option(now)
    for option in values:
        if option in others and values[option] != others[option]:
            return option, display(values[option]), display(others[option])
    return None


def resumed_config(saved: RunConfig, asked: RunConfig, all_settings: AllSettings) -> RunConfig:
    """The saved configuration, with the options that may change taken from the new one.

    Args:
        saved: The configuration of the run to be resumed.
        asked: The new configuration; fields that were not set explicitly keep the saved value.
        all_settings: (model, settings) -> every hyper-parameter in its type, defaults included.
    Raises:
        UserError: another option differs; the message has its name and both values.

    >>> def all_settings(model, settings):
    ...     return settings
    >>> saved = RunConfig(model="vae", name="first", epochs=10)
    >>> resumed_config(saved, RunConfig(epochs=20), all_settings).epochs
    20
    >>> resumed_config(saved, RunConfig(batch_size=32), all_settings)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: run 'first' was started with --batch-size 64, now 32 is given; ...
    """
    given = asked.model_fields_set
    pairs = [
        (option_name(field), getattr(saved, field), getattr(asked, field))
        for field in RunConfig.model_fields
        if field in given and field not in MAY_CHANGE and field != "settings"
    ]
    settings_before = all_settings(saved.model_name, saved.settings)
    settings_now = all_settings(saved.model_name, asked.settings)
    pairs += [(f"--set {key}:", settings_before[key], settings_now[key]) for key in asked.settings]
    for option, before, now in pairs:
        if before != now:
            raise UserError(
                f"run {saved.name!r} was started with {option} {display(before)}, now "
                f"{display(now)} is given; "
                "leave it out to go on, or choose another --name"
            )
    longer = asked.epochs is not None and asked.epochs > saved.num_epochs
    if saved.lr_schedule == "cosine" and longer:
        raise UserError(
            f"run {saved.name!r} has a cosine schedule over {saved.epochs} epochs and cannot be "
            f"extended to {asked.epochs}; choose another --name"
        )
    changes = {field: getattr(asked, field) for field in given & MAY_CHANGE}
    changes |= {"name": saved.name, "resume": True, "runs_dir": asked.runs_dir}
    return saved.model_copy(update=changes)
