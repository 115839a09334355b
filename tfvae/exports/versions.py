"""The folders of exports: the versions of a run, and the newest of them."""

import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tfvae.exports.contract import MANIFEST, SAVED_MODEL
from tfvae.exports.manifest import read_manifest
from tfvae.files import is_number
from tfvae.schema import UserError


def versions(run_folder: Path) -> list[Path]:
    """The folders of the complete versions of a run, the oldest first.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for version in ("10", "9", "incomplete"):
    ...         Path(folder, version).mkdir()
    ...         Path(folder, version, "saved_model.pb").touch()
    ...     [path.name for path in versions(Path(folder))]
    ['9', '10']
    """
    found = [path.parent for path in run_folder.glob(f"*/{SAVED_MODEL}")]
    return sorted((path for path in found if is_number(path.name)), key=lambda p: int(p.name))


def newest_export(
    saved_models_dir: str | Path, wanted: Callable[[Mapping[str, Any]], bool] = lambda _: True
) -> Path:
    """The version folder with the latest `created` in its manifest.

    Args:
        saved_models_dir: Folder of runs.
        wanted: Whether an export with this manifest may be chosen.
    Raises:
        UserError: there is no complete export.

    >>> newest_export("no_folder")
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: no export in no_folder: train a model first, or give --saved-model
    """
    folder = Path(saved_models_dir)
    found = []
    for manifest in folder.glob(f"*/*/{MANIFEST}") if folder.is_dir() else ():
        version = manifest.parent
        if is_number(version.name) and (version / SAVED_MODEL).is_file():
            try:
                about = read_manifest(version)
            except UserError:
                continue
            if wanted(about):
                found.append((about.get("created", ""), manifest.stat().st_mtime, version))
    if not found:
        raise UserError(f"no export in {folder}: train a model first, or give --saved-model")
    return max(found)[-1]


def version_folder(path: Path) -> Path:
    """The version folder at a path, or the newest version in the run folder there.

    Raises:
        UserError: there is none.

    >>> version_folder(Path("saved_models/nothing"))
    Traceback (most recent call last):
        ...
    tfvae.schema.UserError: no export at saved_models/nothing: there is no such folder
    """
    if not path.exists():
        # A letter with an accent is one character or two; names of runs have the former.
        path = Path(unicodedata.normalize("NFC", str(path)))
    if not path.exists():
        raise UserError(f"no export at {path}: there is no such folder")
    if not path.is_dir():
        raise UserError(f"{path} is not an export: it is a file, an export is a folder")
    if (path / SAVED_MODEL).exists() or (path / MANIFEST).exists():
        return path
    versions = [entry for entry in path.iterdir() if entry.is_dir() and is_number(entry.name)]
    if not versions:
        raise UserError(f"{path} is not an export: it has neither {SAVED_MODEL} nor versions")
    return max(versions, key=lambda entry: int(entry.name))
