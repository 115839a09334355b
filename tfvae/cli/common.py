"""The parts that the commands share: parsing, `--set`, option tables and error messages."""

import argparse
import os
import sys
import textwrap
import traceback
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae.cli.process import interrupted_by_sigterm, unread_output
from tfvae.options import Option, display
from tfvae.schema import UsageError, UserError, printable, what_is_wrong

# What notebooks and other projects may have set otherwise, and what every child inherits: a command
# shows no window, and computes with TensorFlow.
ENVIRONMENT = {"MPLBACKEND": "agg", "KERAS_BACKEND": "tensorflow"}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UsageErrors and whose `--help` is left to the caller.

    Options that aren't given are absent from the namespace, so that values from a file are kept.

    >>> parser = Parser()
    >>> _ = parser.add_argument("--epochs")
    >>> vars(parser.parse_args([])), vars(parser.parse_args(["--epochs", "3"]))
    ({}, {'epochs': '3'})
    """

    def __init__(self, **kwargs):
        super().__init__(
            add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS, **kwargs
        )
        self.add_argument("-h", "--help", action="store_true", help="show this and exit")
        self.add_argument("--traceback", action="store_true", help="show where an error comes from")

    def error(self, message):
        raise UsageError(f"{message} (--help lists the options)")


class Settings(argparse.Action):
    """`--set KEY=VALUE ...`, repeatable: a dictionary of strings, the last value wins.

    >>> parser = Parser()
    >>> _ = parser.add_argument("--set", action=Settings, nargs="+")
    >>> parser.parse_args("--set beta=2 network=conv --set beta=4".split()).set
    {'beta': '4', 'network': 'conv'}
    """

    def __call__(self, parser, namespace, values, option_string=None):
        settings = dict(getattr(namespace, self.dest, {}))
        for pair in values:
            key, equals, value = pair.partition("=")
            if not (equals and key.strip()):
                raise UsageError(f"{option_string} takes KEY=VALUE, got {pair!r}")
            settings[key.strip().replace("-", "_")] = value
        setattr(namespace, self.dest, settings)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Adds the option `--config`, which `given_fields` reads.

    >>> parser = Parser()
    >>> add_config(parser)
    >>> parser.parse_args(["--config", "run.yaml"]).config
    'run.yaml'
    """
    parser.add_argument(
        "--config",
        metavar="FILE.yaml",
        help="file with options, as keys without the leading dashes; options on the command line "
        "have priority",
    )


def parsed_fields(parser: Parser, argv: Sequence[str], config: Any) -> tuple[dict[str, Any], bool]:
    """(What `given_fields` returns for these arguments, whether they ask for help).

    >>> from tfvae.training.config import RunConfig
    >>> parser = Parser()
    >>> _ = parser.add_argument("--model")
    >>> parsed_fields(parser, ["--model", "vae", "--help"], RunConfig)
    ({'model': 'vae'}, True)
    """
    given = vars(parser.parse_args(argv))
    given.pop("traceback", None)
    wants_help = given.pop("help", False)
    return given_fields(given, config), wants_help


def given_fields(given: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """Fields of a `CommandConfig` from the command line and from the file of its `--config`.

    >>> import tempfile
    >>> from tfvae.training.config import RunConfig
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "run.yaml")
    ...     _ = file.write_text("model: vae\\nset: {beta: 4}")
    ...     given_fields({"config": file, "model": "ccvae"}, RunConfig)
    {'model': 'ccvae', 'set': {'beta': 4}}
    """
    given = dict(given)
    path = given.pop("config", None)
    from_file = config.read(path) if path else {}
    fields = {**from_file, **given}
    if "set" in fields:
        # Key by key: --set beta=2 changes beta and keeps the file's other settings.
        fields["set"] = {**from_file.get("set", {}), **given.get("set", {})}
    return fields


def add_fields(
    parser: argparse.ArgumentParser,
    config: Any,
    names: Mapping[str, str],
    metavars: Mapping[str, str],
) -> None:
    """Adds an option for each field of a `CommandConfig`, which converts the strings later.

    Args:
        parser: The parser that gets the options.
        config: The class of the configuration.
        names: Field -> end of its help text, with the names that it accepts.
        metavars: Field -> name of its value in the help, by default the last word of the field.

    >>> from tfvae.training.config import RunConfig
    >>> parser = Parser()
    >>> add_fields(parser, RunConfig, names={}, metavars={})
    >>> vars(parser.parse_args(["--batch-size", "32"]))
    {'batch_size': '32'}
    """
    for name, field in config.model_fields.items():
        # argparse expands % in help texts.
        text = (field.description + names.get(name, "")).replace("%", "%%")
        option = "--" + (field.alias or name).replace("_", "-")
        if name == "settings":
            parser.add_argument(option, action=Settings, nargs="+", metavar="KEY=VALUE", help=text)
        elif field.annotation is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, help=text)
        else:
            if not (field.is_required() or field.default is None):
                is_path = isinstance(field.default, Path)
                text += f" (default {display(str(field.default) if is_path else field.default)})"
            metavar = metavars.get(name, name.rpartition("_")[2].upper())
            if typing.get_origin(field.annotation) is typing.Literal:
                metavar = "{" + ",".join(typing.get_args(field.annotation)) + "}"
            parser.add_argument(option, metavar=metavar, help=text)


def options_table(title: str, options: Iterable[Option]) -> str:
    """A table of options for the end of a help text: name, default, type and meaning.

    >>> print(options_table("options of blur", [Option("width", int, 3, help="Pixels.")]))
    options of blur (--set KEY=VALUE):
      width=3  (int)
          Pixels.
    """
    lines = [f"{title} (--set KEY=VALUE):"]
    for option in options:
        lines.append(f"  {option.name}={display(option.default)}  ({option.type_name})")
        lines += textwrap.wrap(option.help, 92, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines if len(lines) > 1 else [*lines, "  none"])


def load_tensorflow() -> None:
    """Imports TensorFlow and hides its log, unless the user has set `TF_CPP_MIN_LOG_LEVEL`.

    TensorFlow reads the variable while it is imported. Lines that it logs earlier, about oneDNN and
    missing CUDA drivers, are shown at any level.

    >>> load_tensorflow()
    >>> "tensorflow" in sys.modules
    True
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow  # noqa: F401


def run_command(command: Callable[[Sequence[str]], int | None], argv: Sequence[str] | None) -> int:
    """Runs a command and reports its failure in one line on stderr.

    Args:
        command: Takes the arguments; returns an exit status, None for 0.
        argv: Arguments; None: those of the process.
    Returns:
        Exit status: 0, 1 for a failure, 2 for a wrong name, key or value, 130 when
        interrupted by Ctrl-C and 143 by SIGTERM.
    Raises:
        Exception: any other error is a bug and keeps its traceback.

    >>> import contextlib
    >>> def fail(argv):
    ...     raise UsageError("--seed must be an integer")
    >>> with contextlib.redirect_stderr(sys.stdout):
    ...     run_command(lambda argv: None, []), run_command(fail, [])
    tfvae: error: --seed must be an integer
    (0, 2)
    """
    inherited = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    argv = sys.argv[1:] if argv is None else list(argv)
    show_traceback = "--traceback" in argv
    try:
        with interrupted_by_sigterm() as signals, unread_output():
            try:
                status = command(argv) or 0
                sys.stdout.flush()
                return status
            except KeyboardInterrupt as interrupt:
                _report(str(interrupt) or "interrupted", show_traceback, kind="")
                return 128 + signals[0]
            except _failures() as error:
                _report(_in_one_line(error), show_traceback)
                return getattr(error, "exit_status", 1)
    finally:
        # A notebook that calls a command goes on with its own.
        for name, value in inherited.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _failures() -> tuple[type[BaseException], ...]:
    """Errors that are reported in one line; TensorFlow's only if it has been imported."""
    tensorflow = sys.modules.get("tensorflow")
    return (UserError, OSError, MemoryError, *([tensorflow.errors.OpError] if tensorflow else []))


def _in_one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    if isinstance(error, UserError):
        return " ".join(str(error).split())
    kind = "out of memory" if isinstance(error, MemoryError) else type(error).__name__
    return f"{kind}: {what_is_wrong(error)} (--traceback shows all)"


def _report(message: str, show_traceback: bool, kind: str = "error: ") -> None:
    if show_traceback:
        traceback.print_exc()
    print(f"tfvae: {kind}{printable(message)}", file=sys.stderr)
