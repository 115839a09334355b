"""Files that appear whole or not at all."""

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tfvae.schema import UserError


def write(path: Path, save: Callable[[str], Any]) -> Path:
    """Calls `save` with a temporary name of the same ending, then renames it to `path`.

    Raises:
        UserError: the folder or file can't be written (no permission, disk full).
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            prefix=".writing-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
        save(temporary)
        # mkstemp makes files that only the owner may read.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    # h5py reports a full disk as a RuntimeError, the system's message in a page of addresses.
    except (OSError, RuntimeError) as error:
        wrapped = re.search(r"error message = '([^']*)'", str(error))
        reason = wrapped[1] if wrapped else getattr(error, "strerror", None) or error
        raise UserError(f"can't write {path}: {reason}") from error
    finally:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
    return path


def write_text(path: Path, text: str) -> Path:
    """UTF-8 text; raises as `write`."""
    return write(path, lambda name: Path(name).write_text(text, encoding="utf-8"))


def write_json(path: Path, document: Mapping[str, Any]) -> Path:
    """Indented JSON; raises as `write`, and ValueError for NaN or infinity."""
    return write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def numbered(base: str) -> Iterator[str]:
    """`base`, then `base-2`, `base-3`, ...: for the first that is free."""
    yield base
    number = 2
    while True:
        yield f"{base}-{number}"
        number += 1
