"""An export on disk: its manifest, and its signatures called in batches of NumPy arrays."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import files
from tfvae.exports.contract import KERAS_MODEL, MANIFEST, SAVED_MODEL
from tfvae.exports.inputs import check_arrays
from tfvae.exports.keras_file import read_keras
from tfvae.exports.manifest import read_manifest
from tfvae.exports.versions import version_folder
from tfvae.schema import DataSpec, LabelledImages, UserError, check_printable, what_is_wrong


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
        folder = version_folder(Path(path))
        if not (folder / SAVED_MODEL).is_file():
            raise UserError(f"{folder} is not a complete export: it has no {SAVED_MODEL}")
        manifest = read_manifest(folder)
        return cls(folder, manifest, DataSpec.from_dict(manifest["data_spec"]))

    @property
    def signatures(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Name -> {"inputs": [...], "outputs": [...]}."""
        return self.manifest["signatures"]

    @property
    def run(self) -> str:
        """Name of the run, which is the name of the folder that holds the versions."""
        version = self.path.absolute()
        return version.parent.name if files.is_number(version.name) else version.name

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
            UserError: no such signature, a missing input, one of another type or shape or with
                values that none takes (`inputs.RANGES`), or outputs that are not finite.
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
        # A single value has no rows.
        lengths = {len(value) if value.ndim else 0 for value in rows.values()}
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
            if value.dtype != object and not np.isfinite(value).all():
                raise UserError(f"{self.path}: {name} of {signature} has NaN or infinite entries")
        return outputs

    def function(self, signature: str):
        """The signature itself, from named tensors to a dict of tensors; it is differentiable.

        Raises:
            UserError: no such signature.
        """
        self.inputs(signature)
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
            try:
                tensors = {
                    name: tf.constant(value, dtype=specs[name].dtype)
                    for name, value in arrays.items()
                }
                return {name: value.numpy() for name, value in function(**tensors).items()}
            # Of values that aren't of the type, and of those that the graph refuses.
            except (TypeError, ValueError, tf.errors.InvalidArgumentError) as error:
                raise UserError(f"{self.path}: {signature}: {what_is_wrong(error)}") from error

        return call

    @functools.cached_property
    def loaded(self):
        """The SavedModel as TensorFlow loads it.

        Raises:
            UserError: it is damaged, or its signatures aren't those of the manifest.
        """
        import tensorflow as tf

        from tfvae.exports.graph import check_signatures

        try:
            with files.plain_path(self.path) as path:
                loaded = tf.saved_model.load(str(path))
        # TensorFlow has an error of its own for each way in which a file can be wrong.
        except Exception as error:
            raise UserError(
                f"{self.path} is not a readable SavedModel: {what_is_wrong(error)}"
            ) from error
        try:
            check_signatures(loaded.signatures, self.signatures, self.spec)
        except ValueError as error:
            raise UserError(f"{self.path}: {SAVED_MODEL} contradicts {MANIFEST}: {error}") from None
        return loaded

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
        path = self.path / KERAS_MODEL
        if not path.is_file():
            raise UserError(f"{self.path} carries no Keras model: it has no {KERAS_MODEL}")
        return read_keras(path)

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
