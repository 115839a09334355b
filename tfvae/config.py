"""Options of a command, declared once for the command line, configuration files and library use."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tfvae import files, reading
from tfvae.options import closest_name, shown
from tfvae.schema import UsageError


def checked_run_name(name: Any) -> Any:
    """The name of a run, with one character for a letter and its accent; what isn't text as it is.

    >>> checked_run_name("e\\u0301") == "\\u00e9"
    True
    """
    return unicodedata.normalize("NFC", name) if isinstance(name, str) else name


def check_new_name(name: str | None) -> None:
    """Raises UsageError if the name is too long for those of the files that are made of it.

    >>> check_new_name("vae_digits")
    """
    size = len((name or "").encode(errors="surrogatepass"))
    if size > files.LONGEST_NAME:
        raise UsageError(f"--name {name}: at most {files.LONGEST_NAME} bytes, this name has {size}")


RunName = Annotated[
    str, BeforeValidator(checked_run_name), Field(pattern=r"^[A-Za-z0-9_][\w.+-]*$")
]


class CommandConfig(BaseModel):
    """Options of a command, declared once: their descriptions are the help of the command line.

    In files, and on the command line, `settings` is called `set`.

    Raises:
        pydantic.ValidationError: a wrong name, type or range (UsageError from `checked`).

    >>> class BlurConfig(CommandConfig):
    ...     width: int = 3
    >>> BlurConfig.checked({"width": "5"}).to_fields()
    {'width': 5}
    >>> BlurConfig.checked({"widht": "5"})
    Traceback (most recent call last):
        ...
    tfvae.schema.UsageError: unknown key 'widht'; did you mean 'width'? (valid: width)
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
        message = _MESSAGES.get(problem["type"], problem["msg"]).removeprefix("Value error, ")
        raise UsageError(
            f"{option_name(key)} {shown(problem['input'])}: {message[:1].lower()}{message[1:]}"
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a file that `save` has written; raises as `read` and `checked` do.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     CommandConfig().save(Path(folder) / "config.yaml")
        ...     CommandConfig.load(Path(folder) / "config.yaml") == CommandConfig()
        True
        """
        fields = cls.read(path)
        try:
            return cls.checked(fields)
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from None

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
        files.write_yaml(path, self.to_fields())


# Messages that replace those of pydantic, by type of error.
_MESSAGES = {
    "string_pattern_mismatch": "letters, digits and . _ + - only, starting with a letter or digit"
}


def option_name(key: str) -> str:
    """The command-line option of a field.

    >>> option_name("batch_size")
    '--batch-size'
    """
    return "--" + key.replace("_", "-")


def read_config_file(path: str | Path) -> dict[str, Any]:
    """Keys and values of a YAML file, with underscores for dashes.

    Raises:
        UsageError: it can't be read (`reading.read_yaml`), or isn't a mapping.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
    ...     _ = file.write("batch-size: 32\\nset: {latent-dim: 10}")
    ...     file.flush()
    ...     read_config_file(file.name)
    {'batch_size': 32, 'set': {'latent_dim': 10}}
    """
    try:
        fields = reading.read_yaml(path)
    except reading.ReadError as error:
        raise UsageError(str(error)) from None
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
