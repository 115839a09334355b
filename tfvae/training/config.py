"""What a run is: one declaration for the command line, configuration files and library use."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
)

from tfvae.options import closest_name, display
from tfvae.schema import UsageError, UserError


class CommandConfig(BaseModel):
    """Options of a command, declared once: their descriptions are the help of the command line.

    In files, and on the command line, `settings` is called `set`.

    Raises:
        pydantic.ValidationError: a wrong name, type or range (UsageError from `checked`).
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        allow_inf_nan=False,
        validate_default=True,
        protected_namespaces=(),
    )

    @classmethod
    def checked(cls, fields: Mapping[str, Any]) -> Self:
        """The configuration with these fields.

        Raises:
            UsageError: an unknown key, or a value of the wrong type or range; says which.
        """
        try:
            return cls(**fields)
        except ValidationError as error:
            problem = error.errors()[0]
        key = str(problem["loc"][0])
        if problem["type"] == "extra_forbidden":
            raise UsageError(cls.unknown_key(key))
        message = _MESSAGES.get(problem["type"], problem["msg"])
        raise UsageError(
            f"{option_name(key)} {problem['input']}: {message[:1].lower()}{message[1:]}"
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads what `save` wrote; raises as `read` and `checked` do."""
        return cls.checked(cls.read(path))

    @classmethod
    def read(cls, path: Path) -> dict[str, Any]:
        """Keys and values of a file that `--config` may name, for `checked`.

        Raises:
            UsageError: as `read_config_file` does, or an unknown key.
        """
        fields = read_config_file(path)
        for key in fields:
            if key not in cls.file_keys():
                raise UsageError(f"{path}: {cls.unknown_key(key)}")
        return fields

    @classmethod
    def file_keys(cls) -> list[str]:
        """The keys that a configuration file may hold."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def unknown_key(cls, key: str) -> str:
        """The message for a key that no field has."""
        closest = closest_name(key, cls.file_keys())
        guess = f"did you mean {closest!r}? " if closest else ""
        return f"unknown key {key!r}; {guess}(valid: {', '.join(cls.file_keys())})"

    def to_fields(self) -> dict[str, Any]:
        """Plain values under the names used in files; `checked` is the inverse."""
        return self.model_dump(mode="json", by_alias=True)

    def save(self, path: Path) -> None:
        """Writes YAML with the keys of the command line; `--config` reads it."""
        # Renamed into place: a killed run never leaves half a configuration.
        partial = path.with_name(f".{path.name}")
        partial.write_text(yaml.safe_dump(self.to_fields(), sort_keys=False), encoding="utf-8")
        partial.replace(path)


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


# In place of pydantic's, by type of error.
_MESSAGES = {
    "string_pattern_mismatch": "letters, digits and . _ + - only, starting with a letter or digit"
}


def option_name(key: str) -> str:
    """The command-line option of a field: `batch_size` -> `--batch-size`."""
    return "--" + key.replace("_", "-")


def read_config_file(path: Path) -> dict[str, Any]:
    """Keys and values of a YAML file, with underscores for dashes.

    Raises:
        UsageError: it isn't there, isn't YAML, or isn't a mapping.
    """
    try:
        fields = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
        ) from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    fields = {} if fields is None else fields
    if not isinstance(fields, dict):
        raise UsageError(f"{path} must hold `key: value` lines, not a {type(fields).__name__}")
    fields = {str(key).replace("-", "_"): value for key, value in fields.items()}
    if "set" in fields:
        fields["set"] = fields["set"] or {}
        if not isinstance(fields["set"], dict):
            raise UsageError(f"{path}: `set` must hold `key: value` lines, got {fields['set']!r}")
        fields["set"] = {str(key).replace("-", "_"): value for key, value in fields["set"].items()}
    return fields


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
    settings_before = all_settings(saved.model, saved.settings)
    settings_now = all_settings(saved.model, asked.settings)
    pairs += [(f"--set {key}:", settings_before[key], settings_now[key]) for key in asked.settings]
    for option, before, now in pairs:
        if before != now:
            raise UserError(
                f"run {saved.name!r} was started with {option} {display(before)}, now "
                f"{display(now)} is given; "
                "leave it out to go on, or choose another --name"
            )
    if saved.lr_schedule == "cosine" and "epochs" in given and asked.epochs > saved.epochs:
        raise UserError(
            f"run {saved.name!r} has a cosine schedule over {saved.epochs} epochs and cannot be "
            f"extended to {asked.epochs}; choose another --name"
        )
    changes = {field: getattr(asked, field) for field in given & MAY_CHANGE}
    changes |= {"name": saved.name, "resume": True, "runs_dir": asked.runs_dir}
    return saved.model_copy(update=changes)
