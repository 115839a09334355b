"""Names and work that one process has to itself, until it ends, however it does."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import filelock

from tfvae import files

# Folder that holds a lock for each name in the folder around it.
LOCKS = ".locks"

logger = logging.getLogger("tfvae")


@contextlib.contextmanager
def locked(path: Path, work: str) -> Iterator[None]:
    """Holds a lock while a `with` block runs; it is released when its process ends, however it
    does, where the file system has locks. Elsewhere the file itself is the lock.

    Args:
        path: The lock, a file that stays behind; its folder exists.
        work: What the process does that holds it, for the message of one that waits.
    Raises:
        OSError: the file can't be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder) / ".lock", "counts"):
    ...     [each.name for each in Path(folder).iterdir()]
    ['.lock']
    """
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        logger.warning("waiting for another process that %s", work)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def claimed(folder: Path, name: str) -> Iterator[bool]:
    """Holds a name in a folder while a `with` block runs, unless somebody else does; says whether.

    The claim is a lock in `.locks` of the folder, which ends with its process, however it ends.

    Args:
        folder: Made if missing.
        name: Of what will be there.
    Raises:
        files.WriteError: nothing can be written there, or the file system has no locks.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as runs:
    ...     with claimed(Path(runs), "vae") as first, claimed(Path(runs), "vae") as second:
    ...         print(first, second)
    True False
    """
    path = folder / LOCKS / f"{name}.lock"
    # Where a file system has no locks, a file that outlives its process would be none.
    lock = filelock.FileLock(path, fallback_to_soft=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        yield False
        return
    except OSError as error:
        raise files.WriteError(f"can't write {path}: {files.reason(error)}") from error
    try:
        yield True
    finally:
        lock.release()
