"""An export on disk: its manifest, and its signatures called in batches of NumPy arrays."""

import functools
import json
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import files
from tfvae.exports.contract import FORMAT, KERAS_MODEL, MANIFEST, SAVED_MODEL
from tfvae.exports.inputs import check_arrays
from tfvae.schema import DataSpec, LabelledImages, UserError, check_printable, what_is_wrong

# What Keras raises for a damaged file.
_UNREADABLE = (
    OSError, ValueError, TypeError, KeyError, AttributeError, ImportError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Export:
    """A SavedModel that keeps the contract of docs/architecture.md; the classes of its model aren't
    needed to use it.

    `Export.load` reads the manifest; TensorFlow and the graph are loaded by the first call.

    Args:
        path: The version folder.
        manifest: Contents of its manifest.json.
        spec: The data that the model was made for.

    >>> signatures = {"encode": {"inputs": ["image"], "outputs": ["mean", "stddev"]}}
    >>> spec = DataSpec("digits", (28, 28, 1))
    >>> export = Export(Path("saved_models/vae_digits/1"), {"signatures": signatures}, spec)
    >>> export.run, export.name, export.inputs("encode")
    ('vae_digits', 'vae_digits/1', ('image',))
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any], spec: DataSpec):
        self.path = path
        self.manifest = manifest
        self.spec = spec

    @classmethod
    def load(cls, path: str | Path) -> "Export":
        """Opens a version folder, or the newest version in a run folder.

        Raises:
            UserError: the folder doesn't exist, is incomplete, or is no export of this project.

        >>> Export.load("saved_models/nothing")
        Traceback (most recent call last):
            ...
        tfvae.schema.UserError: no export at saved_models/nothing: there is no such folder
        """
        check_printable("export", path)
        folder = _version_folder(Path(path))
        if not (folder / SAVED_MODEL).is_file():
            raise UserError(f"{folder} is not a complete export: it has no {SAVED_MODEL}")
        manifest = _read_manifest(folder)
        try:
            spec = DataSpec.from_dict(manifest["data_spec"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"{folder / MANIFEST}: bad data_spec: {error}") from None
        return cls(folder, manifest, spec)

    @property
    def signatures(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Name -> {"inputs": [...], "outputs": [...]}."""
        return self.manifest["signatures"]

    @property
    def run(self) -> str:
        """Name of the run, which is the name of the folder that holds the versions."""
        version = self.path.absolute()
        return version.parent.name if version.name.isdigit() else version.name

    def inputs(self, signature: str) -> tuple[str, ...]:
        """Names of the inputs that a signature of this export takes.

        Raises:
            UserError: the export has no such signature.

        >>> Export(Path("vae/1"), {"signatures": {}}, spec=None).inputs("encode")
        Traceback (most recent call last):
            ...
        tfvae.schema.UserError: vae/1 has no signature 'encode' (it has: )
        """
        if signature not in self.signatures:
            has = ", ".join(sorted(self.signatures))
            raise UserError(f"{self.path} has no signature {signature!r} (it has: {has})")
        return tuple(self.signatures[signature]["inputs"])

    def call(self, signature: str, batch_size: int = 256, **inputs) -> dict[str, np.ndarray]:
        """Outputs of a signature for any number of rows, computed batch by batch.

        Args:
            signature: Its name.
            batch_size: Rows per call of the graph; the last batch may be smaller.
            **inputs: Arrays with a common first axis. A `label` is ignored if the signature takes
                none, so that callers can always pass it.
        Returns:
            Name -> array with the rows in the order of the inputs.
        Raises:
            UserError: no such signature, a missing input, one of another shape or with values that
                none takes (`inputs.RANGES`), or outputs that are not finite.
            ValueError: inputs of unequal or zero length, or one that the signature doesn't know.

        >>> signatures = {"encode": {"inputs": ["image"], "outputs": ["mean", "stddev"]}}
        >>> Export(Path("vae/1"), {"signatures": signatures}, spec=None).call("encode")
        Traceback (most recent call last):
            ...
        tfvae.schema.UserError: vae/1: encode needs image
        """
        wanted = self.inputs(signature)
        rows = {name: np.asarray(value) for name, value in inputs.items() if value is not None}
        if "label" not in wanted:
            rows.pop("label", None)
        missing = [name for name in wanted if name not in rows]
        if missing:
            raise UserError(f"{self.path}: {signature} needs {', '.join(missing)}")
        if set(rows) != set(wanted):
            raise ValueError(f"{signature} takes {wanted}, got {tuple(rows)}")
        check_arrays(rows)
        lengths = {len(value) for value in rows.values()}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(f"{signature}: inputs of unequal or zero length: {sorted(lengths)}")
        count = lengths.pop()
        function = self._function(signature)
        parts = [
            function(**{name: value[start : start + batch_size] for name, value in rows.items()})
            for start in range(0, count, batch_size)
        ]
        outputs = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        for name, value in outputs.items():
            if not np.isfinite(value).all():
                raise UserError(f"{self.path}: {name} of {signature} has NaN or infinite entries")
        return outputs

    def function(self, signature: str):
        """The signature itself, from named tensors to a dict of tensors; it is differentiable.

        Raises:
            UserError: no such signature.
        """
        self.inputs(signature)
        if signature not in self.loaded.signatures:
            raise UserError(f"{self.path}: {MANIFEST} lists {signature!r}, {SAVED_MODEL} lacks it")
        return self.loaded.signatures[signature]

    def _function(self, signature: str):
        """The signature as a function from NumPy arrays to a dict of NumPy arrays."""
        import tensorflow as tf

        function = self.function(signature)
        specs = function.structured_input_signature[1]

        def call(**arrays: np.ndarray) -> dict[str, np.ndarray]:
            for name, value in arrays.items():
                if not specs[name].shape.is_compatible_with(value.shape):
                    raise UserError(
                        f"{self.path}: {name} of {signature} has the shape {specs[name].shape}, "
                        f"not {value.shape}"
                    )
            tensors = {
                name: tf.constant(value, dtype=specs[name].dtype) for name, value in arrays.items()
            }
            return {name: value.numpy() for name, value in function(**tensors).items()}

        return call

    @functools.cached_property
    def loaded(self):
        """The SavedModel as TensorFlow loads it."""
        import tensorflow as tf

        try:
            with files.plain_path(self.path) as path:
                return tf.saved_model.load(str(path))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise UserError(
                f"{self.path} is not a readable SavedModel: {what_is_wrong(error)}"
            ) from error

    def keras_model(self):
        """The Keras model of the graph, with its weights and without an optimizer.

        It can be inspected, changed and trained further. Each call loads it again.

        Raises:
            UserError: the export has no Keras model (it was written by other software, or by
                version 0.1), or it can't be read.

        >>> Export(Path("vae/1"), {"signatures": {}}, spec=None).keras_model()
        Traceback (most recent call last):
            ...
        tfvae.schema.UserError: vae/1 carries no Keras model: it has no model.keras
        """
        import keras

        path = self.path / KERAS_MODEL
        if not path.is_file():
            raise UserError(f"{self.path} carries no Keras model: it has no {KERAS_MODEL}")
        if not zipfile.is_zipfile(path):
            raise UserError(
                f"{path} is not a readable Keras model: it is damaged or no .keras file"
            )
        try:
            return keras.saving.load_model(path)
        except _UNREADABLE as error:
            raise UserError(
                f"{path} is not a readable Keras model: {what_is_wrong(error)}"
            ) from error

    @property
    def name(self) -> str:
        """The run and the version, such as `ccvae_digits/1`; other manifests refer to it so."""
        return f"{self.run}/{self.path.name}"


def load(path: str | Path) -> Export:
    """Opens an export: a version folder, or the newest version in a run folder.

    Raises:
        UserError: the folder doesn't exist, is incomplete, or is no export of this project.

    >>> import tempfile, tfvae
    >>> from tfvae.exports.writer import export_model
    >>> model = tfvae.build_model("vae", DataSpec("dots", (8, 8, 1)), {"latent_dim": 3})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = export_model(model, f"{folder}/vae_dots", {"dataset": "dots"})
    ...     export = load(f"{folder}/vae_dots")
    ...     codes = export.call("encode", image=np.zeros([2, 8, 8, 1]))
    >>> export.name, codes["mean"].shape
    ('vae_dots/1', (2, 3))
    """
    return Export.load(path)


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
    return sorted((path for path in found if path.name.isdigit()), key=lambda p: int(p.name))


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
        if version.name.isdigit() and (version / SAVED_MODEL).is_file():
            try:
                about = _read_manifest(version)
            except UserError:
                continue
            if wanted(about):
                created = str(about.get("created", ""))
                found.append((created, manifest.stat().st_mtime, version))
    if not found:
        raise UserError(f"no export in {folder}: train a model first, or give --saved-model")
    return max(found)[-1]


def _version_folder(path: Path) -> Path:
    if not path.exists():
        # A letter with an accent is one character or two; names of runs have the former.
        path = Path(unicodedata.normalize("NFC", str(path)))
    if not path.exists():
        raise UserError(f"no export at {path}: there is no such folder")
    if not path.is_dir():
        raise UserError(f"{path} is not an export: it is a file, an export is a folder")
    if (path / SAVED_MODEL).exists() or (path / MANIFEST).exists():
        return path
    versions = [entry for entry in path.iterdir() if entry.is_dir() and entry.name.isdigit()]
    if not versions:
        raise UserError(f"{path} is not an export: it has neither {SAVED_MODEL} nor versions")
    return max(versions, key=lambda entry: int(entry.name))


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise UserError(
            f"{folder} has no {MANIFEST}: half-written, or a SavedModel that is not of this project"
        )
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} can't be read: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise UserError(f"{path} is not a manifest of format {FORMAT}")
    signatures = manifest.get("signatures")
    complete = isinstance(signatures, dict) and all(
        isinstance(entry, dict) and isinstance(entry.get("inputs"), list)
        for entry in signatures.values()
    )
    if not complete or not signatures or not isinstance(manifest.get("dataset"), str):
        raise UserError(f"{path} lacks the fields `dataset` and `signatures`")
    return manifest


def run_names(exports: Sequence[Export]) -> list[str]:
    """A different name for each export: its run; if that isn't unique, its run and version; else
    its path.

    >>> paths = ("a/vae/1", "a/vae/2", "a/ccvae/1")
    >>> run_names([Export(Path(path), {}, spec=None) for path in paths])
    ['vae/1', 'vae/2', 'ccvae']
    """
    names = [export.run for export in exports]
    for longer in ("{0.path.parent.name}/{0.path.name}", "{0.path}"):
        names = [
            longer.format(export) if names.count(name) > 1 else name
            for name, export in zip(names, exports, strict=True)
        ]
    return names


def is_unchanged(export: Export, dataset: LabelledImages) -> bool:
    """Whether the data set that the export was trained on is still the same.

    It compares the fingerprints of the images and labels. The answer is also True if the manifest
    has none, or if `dataset` has another name.

    >>> from types import SimpleNamespace
    >>> spec = DataSpec("folder:faces", (64, 64, 3))
    >>> export = Export(Path("vae/1"), {"dataset_fingerprint": "12ab"}, spec)
    >>> is_unchanged(export, SimpleNamespace(spec=spec, fingerprint="34cd"))
    False
    """
    seen = export.manifest.get("dataset_fingerprint")
    return seen is None or export.spec.name != dataset.spec.name or seen == dataset.fingerprint
