"""What a run is: one declaration for the command line, configuration files and library use."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
)

from tfvae.config import CommandConfig, option_name
from tfvae.options import display
from tfvae.schema import UserError


class RunConfig(CommandConfig):
    """Everything that a training depends on."""

    model: str | None = Field(None, description="which model")
    dataset: str = Field("digits", description="which data set")
    epochs: PositiveInt | None = Field(
        None,
        description="passes over the training images; default: as many as show 250,000 images, "
        "at least 15 and at most 200",
    )
    batch_size: PositiveInt = Field(64, description="images per step, over all devices together")
    learning_rate: PositiveFloat | None = Field(
        None, description="of Adam; default: the model's, 0.001 for VAEs"
    )
    lr_schedule: Literal["constant", "cosine"] = Field(
        "constant", description="cosine: from --learning-rate to 0 over the whole run"
    )
    early_stopping: PositiveInt | None = Field(
        None,
        description="stop after this many epochs without a better validation loss (adversaries: "
        "accuracy of transfer); export the best",
    )
    # The noise of a step takes an int32, Keras' generators one bit more.
    seed: int = Field(
        0,
        ge=0,
        lt=2**31,
        description="of initial weights, order, noise and hidden labels; not of the splits",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict,
        alias="set",
        description="hyper-parameters of the model; --model NAME --help lists them",
    )
    missing_labels: float = Field(
        0.0, ge=0, le=1, description="share of the training labels to hide"
    )
    labelled_share: float = Field(
        0.25,
        ge=0,
        le=1,
        description="where fewer images are labelled, repeat them up to this share of a batch",
    )
    image_size: PositiveInt | None = Field(
        None, description="resize the images to this many pixels square"
    )
    labels: str | None = Field(
        None,
        description="keep only these binary labels: N for the first N, or NAME,NAME",
    )
    skip_bad_images: bool = Field(False, description="count unreadable images and go on")
    strategy: Literal["auto", "single", "mirrored", "multi_worker"] = Field(
        "auto", description="devices to use; auto: all GPUs of this machine"
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field(
        "float32", description="of the computation; weights stay float32"
    )
    jit: Literal["auto", "on", "off"] = Field(
        "auto", description="XLA; auto: on a GPU, and on a CPU where the model gains by it"
    )
    data_dir: str | None = Field(None, description="where TensorFlow Datasets keeps its files")
    manual_dir: str | None = Field(None, description="folder with archives fetched by hand")
    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][\w.+-]*$",
        description="of the run and its export; default: MODEL_DATASET, numbered when taken",
    )
    resume: bool = Field(False, description="go on with a run; what is not given stays as it was")
    runs_dir: Path = Field(Path("runs"), description="where runs are kept")
    saved_models_dir: Path = Field(Path("saved_models"), description="where exports are kept")
    tune: PositiveInt | None = Field(
        None,
        description="try this many hyper-parameter settings first and train with the best; "
        "what is given stays",
    )

    @property
    def model_name(self) -> str:
        """The model, once `open_run` has seen that one is named."""
        assert self.model is not None
        return self.model

    @property
    def num_epochs(self) -> int:
        """The epochs, once `train` has filled in the default."""
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

# What may differ when a run is resumed: how long and where it runs, not what it computes.
MAY_CHANGE = frozenset(
    ("epochs", "early_stopping", "strategy", "jit", "data_dir", "manual_dir")
    + ("name", "resume", "runs_dir", "saved_models_dir")
)


def resumed_config(saved: RunConfig, asked: RunConfig, all_settings: AllSettings) -> RunConfig:
    """The saved configuration with what may change taken from the one asked for.

    Args:
        saved: Of the run that goes on.
        asked: Fields that were not given explicitly count as "as before".
        all_settings: (model, settings) -> every hyper-parameter in its type, defaults included.
    Raises:
        UserError: something that matters differs; names it and both values.
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
