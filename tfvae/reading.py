"""Small files that anybody may have written, or a full disk have cut off: JSON, YAML, CSV.

Each is read whole, and only from a regular file: one can't open a named pipe without waiting for
its writer. What is wrong is told in one line with the file's name.
"""

import csv
import hashlib
import io
import reprlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from tfvae import files
from tfvae.schema import UserError

# Bytes of a file of settings or scores. A table of images may have more, see `read_table`.
MOST_BYTES = 2**20
MOST_TABLE_BYTES = 2**28
# Digits of a whole number in YAML. Python converts longer ones slowly, and then not back.
_MOST_DIGITS = 100


class ReadError(UserError):
    """A file can't be read, or holds something else than it should.

    >>> raise ReadError("can't read run.yaml: it is a folder")
    Traceback (most recent call last):
        ...
    tfvae.reading.ReadError: can't read run.yaml: it is a folder
    """


# What the shell has opened for the process: `<(...)` and the standard input.
_OPENED = ("/dev/fd/", "/dev/stdin")


def check_regular(path: str | Path) -> None:
    """Raises ReadError where there is no file, or a folder, a named pipe or a device.

    >>> check_regular("/dev/null")
    Traceback (most recent call last):
        ...
    tfvae.reading.ReadError: can't read /dev/null: it isn't a regular file
    """
    try:
        # For the reason why there is none.
        Path(path).stat()
    except (OSError, ValueError) as error:
        raise ReadError(f"can't read {path}: {files.reason(error)}") from None
    if not Path(path).is_file() and not str(path).startswith(_OPENED):
        raise ReadError(f"can't read {path}: it isn't a regular file")


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file in hexadecimal digits.

    Raises:
        ReadError: it can't be read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     sha256(file.name)[:16]
    'e3b0c44298fc1c14'
    """
    check_regular(path)
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReadError(f"can't read {path}: {files.reason(error)}") from None


def read_text(path: str | Path, most_bytes: int = MOST_BYTES) -> str:
    """The text of a file in UTF-8, with the ends of its lines as they are.

    Args:
        path: Of the file.
        most_bytes: Its largest size.
    Raises:
        ReadError: there is no such file, or it is larger, or no text.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     read_text(file.name)
    ''
    """
    check_regular(path)
    try:
        with open(path, "rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise ReadError(f"can't read {path}: {files.reason(error)}") from None
    if len(content) > most_bytes:
        raise ReadError(f"can't read {path}: it is larger than {most_bytes:,} bytes")
    if b"\0" in content:
        raise ReadError(f"can't read {path}: it has NUL bytes, so it is no text in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError(f"can't read {path}: byte {error.start:,} isn't UTF-8") from None


def read_json(path: str | Path, schema: Any = dict[str, Any]) -> Any:
    """What a JSON file holds, checked by Pydantic.

    Args:
        path: Of the file.
        schema: A type that Pydantic knows; by default any mapping.
    Returns:
        An instance of `schema`.
    Raises:
        ReadError: as `read_text` does, or it isn't JSON, or not of the schema.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "progress.json")
    ...     _ = path.write_text('{"epochs": 3}')
    ...     read_json(path, dict[str, int])
    {'epochs': 3}
    """
    return parse_json(str(path), read_text(path), schema)


def parse_json(where: str, text: str, schema: Any = dict[str, Any]) -> Any:
    """As `read_json`, for a text that is there already.

    Args:
        where: Where it stood, for messages.
        text: The JSON.
        schema: As for `read_json`.

    >>> parse_json("TF_CONFIG", "{}")
    {}
    >>> parse_json("TF_CONFIG", "[3")
    Traceback (most recent call last):
        ...
    tfvae.reading.ReadError: TF_CONFIG: not valid JSON: EOF while parsing a list at line 1 column 2
    """
    try:
        return TypeAdapter(schema).validate_json(text)
    except ValidationError as error:
        raise ReadError(f"{where}: {_first_problem(error)}") from None


def read_yaml(path: str | Path, schema: Any = Any) -> Any:
    """What a YAML file holds, checked by Pydantic; aliases (`*name`) aren't read.

    Args:
        path: Of the file.
        schema: As for `read_json`; by default anything.
    Raises:
        ReadError: as `read_text` does, or it isn't YAML, or not of the schema.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "run.yaml")
    ...     _ = path.write_text("epochs: 3")
    ...     read_yaml(path)
    {'epochs': 3}
    """
    text = read_text(path)
    try:
        return TypeAdapter(schema).validate_python(yaml.load(text, _Loader))
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
    except RecursionError:
        reason = "it is nested too deeply"
    except ValidationError as error:
        raise ReadError(f"{path}: {_first_problem(error)}") from None
    # A date that isn't in the calendar.
    except ValueError as error:
        reason = str(error)
    raise ReadError(f"{path} is not valid YAML: {reason}")


def read_table(
    path: str | Path, most_columns: int, most_bytes: int = MOST_TABLE_BYTES
) -> list[tuple[int, list[str]]]:
    r"""The rows of a CSV file with their line numbers; empty lines are left out.

    Args:
        path: Of the file.
        most_columns: Largest number of cells in a row.
        most_bytes: Largest size of the file.
    Raises:
        ReadError: as `read_text` does, or it isn't CSV, or a row is longer.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "history.csv")
    ...     _ = path.write_text("epoch,loss\n\n0,3.5\n")
    ...     read_table(path, most_columns=2)
    [(1, ['epoch', 'loss']), (3, ['0', '3.5'])]
    """
    reader = csv.reader(io.StringIO(read_text(path, most_bytes), newline=""), strict=True)
    rows = []
    try:
        for row in reader:
            if len(row) > most_columns:
                raise ReadError(
                    f"{path}, line {reader.line_num}: {len(row):,} columns, at most "
                    f"{most_columns:,} are read"
                )
            if row:
                rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ReadError(f"{path}, line {reader.line_num}: not readable as CSV: {error}") from None
    return rows


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            # A few hundred bytes of aliases of aliases stand for more than fits into memory.
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(None, None, "aliases (*name) aren't read", mark)
        node = super().compose_node(parent, index)
        if node.tag == "tag:yaml.org,2002:int" and len(node.value) > _MOST_DIGITS:
            problem = f"a number of {len(node.value):,} digits"
            raise yaml.MarkedYAMLError(None, None, problem, node.start_mark)
        return node


def _first_problem(error: ValidationError) -> str:
    """The place, the problem and what was given, of the first of Pydantic's errors."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(map(str, problem["loc"]))
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    if problem["type"] == "json_invalid":
        return f"not valid JSON: {problem['ctx']['error']}"
    given = "" if problem["type"] == "missing" else f", got {reprlib.repr(problem['input'])}"
    return f"{place}: {message}{given}" if place else f"{message}{given}"
