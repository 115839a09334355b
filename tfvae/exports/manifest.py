"""The schema of `manifest.json`: the types of the fields that are read from it."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from tfvae.exports.contract import FORMAT, LABEL_NAME, MANIFEST, SIGNATURES
from tfvae.reading import ReadError, read_json
from tfvae.schema import LABEL, DataSpec


class _Part(BaseModel):
    """Numbers aren't read as texts, nor texts as numbers; a manifest may have further fields."""

    model_config = ConfigDict(strict=True, extra="allow", protected_namespaces=())


class Signature(_Part):
    """The names of a signature's inputs and outputs.

    >>> Signature(inputs=["image"], outputs=["mean", "stddev"]).inputs
    ['image']
    """

    inputs: Annotated[list[str], Field(min_length=1)]
    outputs: Annotated[list[str], Field(min_length=1)]


class DatasetOptions(_Part):
    """The options of `load_dataset` that load the data again.

    >>> DatasetOptions(seed=3).image_size is None
    True
    """

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    image_size: PositiveInt | None = None
    skip_bad_images: bool = False
    labels: str | None = None


class Training(_Part):
    """How a model was trained.

    >>> Training(missing_labels=0.5, epochs=3).missing_labels
    0.5
    """

    missing_labels: float | None = None


class Manifest(_Part):
    """A manifest as in docs/architecture.md; only the first four fields are needed.

    Raises:
        pydantic.ValidationError: a field is missing, or of another type; or a signature of the
            contract lacks an input or output.

    >>> signatures = {"encode": {"inputs": ["image"], "outputs": ["mean", "stddev"]}}
    >>> spec = DataSpec("digits", (28, 28, 1))
    >>> about = Manifest(format=1, dataset="digits", data_spec=spec, signatures=signatures)
    >>> about.signatures["encode"].outputs
    ['mean', 'stddev']
    """

    format: Literal[FORMAT]  # type: ignore[valid-type]
    dataset: str
    data_spec: DataSpec
    signatures: Annotated[dict[str, Signature], Field(min_length=1)]
    dataset_options: DatasetOptions = DatasetOptions()
    dataset_fingerprint: str | None = None
    model: str | None = None
    hyperparameters: dict[str, Any] = {}
    likelihood: str | None = None
    log_likelihood_samples: PositiveInt | None = None
    lambda_per_strength: list[float] = []
    origin: str | None = None
    generator: dict[str, Any] = {}
    training: Training = Training()
    created: str = ""

    @model_validator(mode="after")
    def _keeps_the_contract(self) -> Self:
        for name in self.signatures.keys() & SIGNATURES.keys():
            own, (inputs, outputs) = self.signatures[name], SIGNATURES[name]
            lacking = {*inputs} - {*own.inputs, LABEL, LABEL_NAME} or {*outputs} - {*own.outputs}
            if lacking:
                raise ValueError(f"signature {name} lacks {', '.join(sorted(lacking))}")
        steps, labels = len(self.lambda_per_strength), self.data_spec.num_labels
        if "lambda_per_strength" in self.model_fields_set and steps != labels:
            raise ValueError(f"lambda_per_strength has {steps} values, there are {labels} labels")
        return self


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a version folder, with the fields that it has.

    Raises:
        ReadError: there is none, or it isn't a `Manifest`.

    >>> read_manifest(Path("saved_models/vae/1"))  # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
        ...
    tfvae.reading.ReadError: saved_models/vae/1 has no manifest.json: half-written, or a SavedModel
        that is not of this project
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ReadError(
            f"{folder} has no {MANIFEST}: half-written, or a SavedModel that is not of this project"
        )
    return read_json(path, Manifest).model_dump(exclude_unset=True)
