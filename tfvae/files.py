"""Files and folders that appear whole or not at all.

What is written lies under a hidden name beside its place and is renamed when it is complete, so no
reader and no server sees half of it. A killed process leaves the hidden name behind; nothing reads
it, and the next one that writes there deletes it.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

try:
    import fcntl
except ImportError:  # Windows has no such locks.
    fcntl = None  # type: ignore[assignment]

from tfvae.schema import UserError, check_printable

HIDDEN = ".writing-"


class WriteError(UserError):
    """A file or folder can't be written: no permission, or a full disk.

    >>> raise WriteError("can't write results: No space left on device")
    Traceback (most recent call last):
        ...
    tfvae.files.WriteError: can't write results: No space left on device
    """


def write(path: Path, save: Callable[[str], Any]) -> Path:
    """Calls `save` with a temporary name of the same ending, then renames it to `path`.

    Args:
        path: What is written; its folder is made if missing, an older file is replaced.
        save: Takes a name and writes there.
    Returns:
        `path`.
    Raises:
        UserError: the folder or file can't be written (no permission, disk full).

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write(Path(folder) / "a" / "note.txt", lambda name: Path(name).write_text("all"))
    ...     file.read_text(), [each.name for each in file.parent.iterdir()]
    ('all', ['note.txt'])
    """
    try:
        with hidden_folder(path.parent) as folder:
            temporary = folder / path.name
            save(str(temporary))
            os.replace(temporary, path)
    # h5py reports a full disk as a RuntimeError.
    except (OSError, RuntimeError) as error:
        raise WriteError(f"can't write {path}: {reason(error)}") from error
    return path


def write_text(path: Path, text: str) -> Path:
    """UTF-8 text; raises as `write`.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(Path(folder) / "note.txt", "all of it").read_text(encoding="utf-8")
    'all of it'
    """
    return write(path, lambda name: Path(name).write_text(text, encoding="utf-8"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Bytes as they are; raises as `write`.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bytes(Path(folder) / "figure.png", b"PNG").read_bytes()
    b'PNG'
    """
    return write(path, lambda name: Path(name).write_bytes(content))


def write_json(path: Path, document: Any) -> Path:
    """Indented JSON; raises as `write`, and ValueError for NaN or infinity.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     json.loads(write_json(Path(folder) / "scores.json", {"cis": 0.5}).read_text())
    {'cis': 0.5}
    """
    return write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def write_yaml(path: Path, document: Mapping[str, Any]) -> Path:
    """YAML with the keys in their order; raises as `write`.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_yaml(Path(folder) / "config.yaml", {"model": "vae", "epochs": 3}).read_text()
    'model: vae\\nepochs: 3\\n'
    """
    return write_text(path, yaml.safe_dump(document, sort_keys=False))


def check_places(places: Mapping[str, Path]) -> None:
    """Tries whether folders can be written, before the work whose results they are for; leaves
    nothing there.

    Args:
        places: Option -> folder, which may not be there yet.
    Raises:
        UsageError: the name of one isn't printable.
        WriteError: one can't be written, or made; the message has its option.

    >>> check_places({"--output-dir": Path("/dev/null/results")})
    Traceback (most recent call last):
        ...
    tfvae.files.WriteError: --output-dir /dev/null/results can't be written: Not a directory
    """
    for option, place in places.items():
        check_printable(option, place)
        try:
            folder = place.absolute()
            while not (folder.exists() or folder.is_symlink()):
                folder = folder.parent
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise WriteError(f"{option} {place} can't be written: {reason(error)}") from error


@contextlib.contextmanager
def hidden_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent` under a hidden name, for `publish`; else removed with the block.

    Args:
        parent: Made if missing.
    Raises:
        OSError: it can't be written.

    >>> with tempfile.TemporaryDirectory() as runs:
    ...     with hidden_folder(Path(runs)) as folder:
    ...         _ = (folder / "config.yaml").write_text("model: vae")
    ...         published = publish(folder, Path(runs) / "run-1")
    ...     [str(path.relative_to(runs)) for path in Path(runs).rglob("*")]
    ['run-1', 'run-1/config.yaml']
    """
    parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(parent)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=HIDDEN, dir=parent))
        with _lock_on(folder, shared=True):
            # Before it had its lock, another process may have taken it for a leftover.
            if not folder.exists():
                continue
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return


def publish(folder: Path, target: Path, *, flush: bool = False, replace: bool = False) -> Path:
    """Gives a complete `hidden_folder` its name.

    Args:
        folder: From `hidden_folder`.
        target: Its name from now on; an empty folder there is replaced.
        flush: Whether the files must be on the disk before the folder has its name, so that a
            power cut leaves all of it or nothing.
        replace: Whether a folder that is there and holds something makes way.
    Returns:
        `target`.
    Raises:
        OSError: something is there, or it can't be written.

    >>> with tempfile.TemporaryDirectory() as runs:
    ...     with hidden_folder(Path(runs)) as folder:
    ...         publish(folder, Path(runs) / "run-1").name
    'run-1'
    """
    if flush:
        for path in folder.rglob("*"):
            if path.is_file():
                _flush(path)
    # mkdtemp makes folders that only the owner may read.
    folder.chmod(0o755)
    if replace:
        shutil.rmtree(target, ignore_errors=True)
    folder.rename(target)
    return target


def remove_leftovers(folder: Path, *, alone: bool = False) -> None:
    """Deletes what killed writers left; what a living one writes has its lock, and stays.

    Args:
        folder: Where they wrote.
        alone: Whether nobody else can be writing there: then it needs no locks, which some file
            systems lack.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (Path(folder) / f"{HIDDEN}half.json").touch()
    ...     remove_leftovers(Path(folder))
    ...     list(Path(folder).iterdir())
    []
    """
    for path in folder.glob(f"{HIDDEN}*"):
        with _lock_on(path, shared=False) as locked, contextlib.suppress(OSError):
            if locked or alone:
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def _lock_on(path: Path, *, shared: bool) -> Iterator[bool]:
    """Locks a file or folder itself while a `with` block runs; says whether that was possible."""
    with contextlib.ExitStack() as closing:
        try:
            if fcntl is None:
                raise OSError
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB
            descriptor = os.open(path, os.O_RDONLY)
            closing.callback(os.close, descriptor)
            fcntl.flock(descriptor, kind)
            locked = True
        # Another process has it, or the file system has no such locks.
        except OSError:
            locked = False
        yield locked


@contextlib.contextmanager
def plain_path(path: Path) -> Iterator[Path]:
    """The same folder under a name without characters that TensorFlow takes for a pattern: where
    `path` has some, a link that is there while a `with` block runs.

    TensorFlow looks for the files of a SavedModel as for a pattern, and opens them by the same
    name, so that escapes don't help.

    >>> with plain_path(Path("saved_models/vae")) as same, plain_path(Path("[1]/vae")) as link:
    ...     same.as_posix(), link.name, link.is_symlink()
    ('saved_models/vae', 'plain', True)
    """
    if not set("*?[]\\") & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "plain")
        link.symlink_to(path.absolute(), target_is_directory=True)
        yield link


def reason(error: Exception) -> str:
    """Why something couldn't be written or read, in a few words.

    >>> reason(FileNotFoundError(2, "No such file or directory", "model.keras"))
    'No such file or directory'
    """
    # h5py wraps the system's message in a page of addresses and offsets.
    wrapped = re.search(r"error message = '([^']*)'", str(error))
    if wrapped:
        return wrapped[1]
    return getattr(error, "strerror", None) or " ".join(str(error).split())


# Bytes of a name that a user gives: what is made of it, with the names of data and figures, stays
# within the 255 that file systems take.
LONGEST_NAME = 120


def short_name(name: str, longest: int = LONGEST_NAME) -> str:
    """The name, cut to so many bytes of UTF-8, the last of which tell apart what was cut off.

    >>> short_name("vae_digits"), len(short_name(200 * "é").encode())
    ('vae_digits', 119)
    """
    encoded = name.encode()
    if len(encoded) <= longest:
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:8]
    return f"{encoded[: longest - 9].decode(errors='ignore')}-{digest}"


def numbered(base: str) -> Iterator[str]:
    """`base`, then `base-2`, `base-3`, ...: for the first that is free.

    >>> names = numbered("vae_digits")
    >>> [next(names), next(names), next(names)]
    ['vae_digits', 'vae_digits-2', 'vae_digits-3']
    """
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1


def is_number(name: str) -> bool:
    """Whether a name is of the digits 0 to 9 alone, as those of versions are.

    >>> is_number("10"), is_number("\u00b2"), is_number("v1")
    (True, False, False)
    """
    return name.isascii() and name.isdecimal()


def _flush(path: Path) -> None:
    """Has the file on the disk before the rename is."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
