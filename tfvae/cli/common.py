"""What both commands share: parsing, settings, option tables, and how failures are told."""

import argparse
import os
import sys
import tempfile
import textwrap
import traceback
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae.options import Option, display
from tfvae.schema import UsageError, UserError

INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are UsageErrors, and which leaves `--help` to its caller.

    Options that aren't given are absent from the namespace, so that a file's values show through.
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
    """`--set KEY=VALUE ...`, repeatable: a dictionary of strings, the last value wins."""

    def __call__(self, parser, namespace, values, option_string=None):
        settings = dict(getattr(namespace, self.dest, {}))
        for pair in values:
            key, equals, value = pair.partition("=")
            if not (equals and key.strip()):
                raise UsageError(f"{option_string} takes KEY=VALUE, got {pair!r}")
            settings[key.strip().replace("-", "_")] = value
        setattr(namespace, self.dest, settings)


def add_config(parser: argparse.ArgumentParser) -> None:
    """The option that `given_fields` reads."""
    parser.add_argument(
        "--config",
        metavar="FILE.yaml",
        help="options from a file, keys as here without the dashes; the command line wins",
    )


def given_fields(given: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """What a `CommandConfig` gets from the command line and the file that it names."""
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
    """One option per field of a `CommandConfig`; values stay strings, the config reads them.

    Args:
        parser: To add to.
        config: The class.
        names: Field -> what is added to its help: the names that it accepts.
        metavars: Field -> what stands for its value, where that isn't the end of its name.
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
    """Names, types, defaults and meaning, for the end of a help text."""
    lines = [f"{title} (--set KEY=VALUE):"]
    for option in options:
        lines.append(f"  {option.name}={display(option.default)}  ({option.type_name})")
        lines += textwrap.wrap(option.help, 92, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines if len(lines) > 1 else [*lines, "  none"])


def load_tensorflow() -> None:
    """Imports TensorFlow without the lines that its C++ parts write while they start.

    `TF_CPP_MIN_LOG_LEVEL`, when the user has set it, is left alone and everything shown. The first
    lines come before TensorFlow reads that variable, so they are held back from the file descriptor
    itself, and shown if the import fails.
    """
    if "tensorflow" in sys.modules or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    descriptor = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        except BaseException:
            held_back.seek(0)
            os.write(descriptor, held_back.read())
            raise
        finally:
            os.dup2(descriptor, 2)
            os.close(descriptor)


def run_command(command: Callable[[Sequence[str]], int | None], argv: Sequence[str] | None) -> int:
    """Runs a command and tells its failure in one line on stderr.

    Args:
        command: Takes the arguments; returns an exit status, None for 0.
        argv: Arguments; None: the process' own.
    Returns:
        Exit status: 0, 1 for a failure, 2 for a wrong name, key or value, 130 when interrupted.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    show_traceback = "--traceback" in argv
    if not show_traceback:
        # For what nobody foresaw: still one line, and still status 1.
        sys.excepthook = _unforeseen
    try:
        return command(argv) or 0
    except KeyboardInterrupt as interrupt:
        _tell(str(interrupt) or "interrupted", show_traceback, kind="")
        return INTERRUPTED
    except _failures() as error:
        _tell(_in_one_line(error), show_traceback)
        return getattr(error, "exit_status", 1)


def _failures() -> tuple[type[BaseException], ...]:
    """What may go wrong at run time; TensorFlow's errors only where it was imported at all."""
    tensorflow = sys.modules.get("tensorflow")
    return (UserError, OSError, MemoryError, *([tensorflow.errors.OpError] if tensorflow else []))


def _in_one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    if isinstance(error, UserError):
        return " ".join(message.split())
    # TensorFlow's messages go on with the graph; the first line says it.
    return f"{type(error).__name__}: {message.strip().splitlines()[0]} (--traceback shows all)"


def _tell(message: str, show_traceback: bool, kind: str = "error: ") -> None:
    if show_traceback:
        traceback.print_exc()
    print(f"tfvae: {kind}{message}", file=sys.stderr)


def _unforeseen(kind, error, _):
    lines = str(error).strip().splitlines() or [""]
    print(
        f"tfvae: error: unforeseen {kind.__name__}: {lines[0]} (--traceback shows where)",
        file=sys.stderr,
    )
