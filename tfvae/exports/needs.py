"""The requirements of a metric or generator on exports and data sets."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from tfvae.exports.reader import Export
from tfvae.schema import LabelledImages, UsageError, UserError

CONTENTS = "contents"


@dataclasses.dataclass(frozen=True)
class Needs:
    """The requirements of a metric on exports and data sets.

    Args:
        signatures: Names of the signatures that it calls.
        any_of: Names of signatures that it calls where an export has them; it needs one of them.
        labels: Whether it needs a data set with labels.
        factors: Whether it needs a data set with known factors of variation.
        inputs: (signature, input) pairs that some exports lack and this metric needs, such as
            (`sample`, `label`).
        min_exports, max_exports: The numbers of exports that it scores together.
        same_data: Whether these exports must have been trained on the same data set.

    >>> from pathlib import Path
    >>> manifest = {"signatures": {"encode": {"inputs": ["image"], "outputs": ["mean"]}}}
    >>> export = Export(Path("vae/1"), manifest, spec=None)
    >>> Needs(("encode",)).missing_from(export), Needs(("classify",)).missing_from(export)
    ('', "the export vae/1 has no signature 'classify' (it has: encode)")
    """

    signatures: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    labels: bool = False
    factors: bool = False
    inputs: tuple[tuple[str, str], ...] = ()
    min_exports: int = 1
    max_exports: int = 1
    same_data: bool = False

    def missing_from(self, export: Export) -> str:
        """A sentence on a requirement that the export doesn't meet; empty if it meets all."""
        for name in self.signatures:
            if name not in export.signatures:
                has = ", ".join(sorted(export.signatures))
                return f"the export {export.path} has no signature {name!r} (it has: {has})"
        if self.any_of and not self.called(export):
            has = ", ".join(sorted(export.signatures))
            return f"the export {export.path} has none of {', '.join(self.any_of)} (it has: {has})"
        for signature, name in self.inputs:
            if name not in export.inputs(signature):
                return f"the signature {signature!r} of the export {export.path} takes no {name!r}"
        if self.labels and not export.spec.num_labels:
            return f"the export {export.path} was made from data without labels"
        if self.factors and not export.spec.factor_sizes:
            return f"the export {export.path} was made from data without known factors"
        return ""

    def called(self, export: Export) -> list[str]:
        """The signatures of `any_of` that the export has.

        >>> from types import SimpleNamespace
        >>> Needs((), any_of=("sample", "transfer")).called(SimpleNamespace(signatures={"sample"}))
        ['sample']
        """
        return [name for name in self.any_of if name in export.signatures]

    def check(self, asker: str, export: Export, dataset: LabelledImages) -> None:
        """Checks that export and data set meet the requirements and fit each other.

        Args:
            asker: The beginning of the message: "metric cis".
            export: To be scored.
            dataset: To score it on.
        Raises:
            UserError: a signature or labels are missing, or image shapes or labels differ.

        >>> from types import SimpleNamespace
        >>> from tfvae.schema import DataSpec
        >>> export = Export("vae/1", {"signatures": {}}, DataSpec("digits", (28, 28, 1)))
        >>> faces = SimpleNamespace(spec=DataSpec("faces", (64, 64, 3)))
        >>> Needs(()).check("metric cis", export, faces)  # doctest: +NORMALIZE_WHITESPACE
        Traceback (most recent call last):
            ...
        tfvae.schema.UserError: metric cis: the export vae/1 takes images of shape (28, 28, 1),
            the data set faces has (64, 64, 3)
        """
        # Factors are the data set's, and may have been added to it after the training.
        problem = dataclasses.replace(self, factors=False).missing_from(export)
        if problem:
            raise UserError(f"{asker}: {problem}")
        own, data = export.spec, dataset.spec
        if own.image_shape != data.image_shape:
            raise UserError(
                f"{asker}: the export {export.path} takes images of shape "
                f"{own.image_shape}, the data set {data.name} has {data.image_shape}"
            )
        if self.labels and not data.num_labels:
            raise UserError(f"{asker}: the data set {data.name} has no labels")
        if self.factors and not data.factor_sizes:
            raise UserError(f"{asker}: the factors of the data set {data.name} aren't known")
        called = [*self.signatures, *self.called(export)]
        takes_label = any({"label", "target"} & set(export.inputs(name)) for name in called)
        if not (self.labels or takes_label):
            return
        if (own.num_labels, own.label_kind) != (data.num_labels, data.label_kind):
            raise UserError(
                f"{asker}: the export {export.path} knows {own.num_labels} "
                f"{own.label_kind} labels, the data set {data.name} has {data.num_labels} "
                f"{data.label_kind}"
            )
        for index, (known, name) in enumerate(
            zip(own.label_names, data.label_names, strict=True), start=1
        ):
            if known != name:
                raise UserError(
                    f"{asker}: label {index} of the export {export.path} is {known!r}, "
                    f"that of the data set {data.name} is {name!r}"
                )

    def check_together(self, metric: str, exports: Sequence[Export]) -> None:
        """Checks that the metric can score these exports together.

        Raises:
            UsageError: too few or too many exports, or one of them twice.
            UserError: the exports were trained on different data sets, and `same_data` is set.

        >>> Needs((), max_exports=2).check_together("cis", [])
        Traceback (most recent call last):
            ...
        tfvae.schema.UsageError: metric cis scores 2 exports at a time, got 0
        """
        if not self.min_exports <= len(exports) <= self.max_exports:
            numbers = f"{self.min_exports} to " if self.min_exports > 1 else ""
            plural = "s" if self.max_exports > 1 else ""
            raise UsageError(
                f"metric {metric} scores {numbers}{self.max_exports} export{plural} at a time, "
                f"got {len(exports)}"
            )
        paths = [export.path.resolve() for export in exports]
        for path in paths:
            if paths.count(path) > 1:
                raise UsageError(f"metric {metric}: the export {path} is given twice")
        for other in exports[1:] if self.same_data else ():
            for what, value in _data_identity(exports[0]).items():
                found = _data_identity(other)[what]
                # Exports of earlier versions lack a fingerprint of some sets.
                unknown = what == CONTENTS and None in (value, found)
                if found != value and not unknown:
                    raise UserError(
                        f"metric {metric}: the exports {exports[0].path} and {other.path} are not "
                        f"of the same data set: their {what} differ ({value} and {found})"
                    )


def _data_identity(export: Export) -> dict[str, Any]:
    """The properties that two exports must share to be scored on the same test images."""
    return {
        "data sets": export.spec.name,
        "image shapes": export.spec.image_shape,
        "kinds of label": export.spec.label_kind,
        "label names": export.spec.label_names,
        # With another seed, test images of one export may be training images of the other.
        "seeds of the split": (export.manifest.get("dataset_options") or {}).get("seed"),
        CONTENTS: export.manifest.get("dataset_fingerprint"),
    }
