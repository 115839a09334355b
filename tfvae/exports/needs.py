"""What a metric asks of an export."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from tfvae.schema import UsageError, UserError


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a metric asks of an export.

    Args:
        signatures: Names of the signatures that it calls.
        labels: Whether it needs a data set with labels.
        inputs: (signature, input) pairs that some exports have and this metric needs: `sample`
            drawn for a `label`.
        max_exports: How many exports it scores together.
        same_data: Whether those must have been made from the same data set.
    """

    signatures: tuple[str, ...]
    labels: bool = False
    inputs: tuple[tuple[str, str], ...] = ()
    max_exports: int = 1
    same_data: bool = False

    def missing_from(self, export) -> str:
        """What the export lacks, in words; empty where nothing is missing."""
        for name in self.signatures:
            if name not in export.signatures:
                has = ", ".join(sorted(export.signatures))
                return f"the export {export.path} has no signature {name!r} (it has: {has})"
        for signature, name in self.inputs:
            if name not in export.inputs(signature):
                return f"the signature {signature!r} of the export {export.path} takes no {name!r}"
        if self.labels and not export.spec.num_labels:
            return f"the export {export.path} was made from data without labels"
        return ""

    def check(self, asker: str, export, dataset) -> None:
        """Raises UserError when the export or the data set lacks something or they don't fit.

        `asker` begins the message: "metric cis".
        """
        problem = self.missing_from(export)
        if problem:
            raise UserError(f"{asker}: {problem}")
        wanted, given = export.spec, dataset.spec
        if wanted.image_shape != given.image_shape:
            raise UserError(
                f"{asker}: the export {export.path} takes images of shape "
                f"{wanted.image_shape}, the data set {given.name} has {given.image_shape}"
            )
        if self.labels and not given.num_labels:
            raise UserError(f"{asker}: the data set {given.name} has no labels")
        takes_label = any("label" in export.inputs(name) for name in self.signatures)
        if not (self.labels or takes_label):
            return
        if (wanted.num_labels, wanted.label_kind) != (given.num_labels, given.label_kind):
            raise UserError(
                f"{asker}: the export {export.path} knows {wanted.num_labels} "
                f"{wanted.label_kind} labels, the data set {given.name} has {given.num_labels} "
                f"{given.label_kind}"
            )
        for index, (known, name) in enumerate(
            zip(wanted.label_names, given.label_names, strict=True), start=1
        ):
            if known != name:
                raise UserError(
                    f"{asker}: label {index} of the export {export.path} is {known!r}, "
                    f"that of the data set {given.name} is {name!r}"
                )

    def check_together(self, metric: str, exports: Sequence) -> None:
        """Raises UsageError for too many exports or one twice, UserError for unlike data sets."""
        if not 1 <= len(exports) <= self.max_exports:
            plural = "s" if self.max_exports > 1 else ""
            raise UsageError(
                f"metric {metric} scores {self.max_exports} export{plural} at a time, "
                f"got {len(exports)}"
            )
        paths = [export.path for export in exports]
        for path in paths:
            if paths.count(path) > 1:
                raise UsageError(f"metric {metric}: the export {path} is given twice")
        for other in exports[1:] if self.same_data else ():
            for what, value in _data_identity(exports[0]).items():
                if _data_identity(other)[what] != value:
                    raise UserError(
                        f"metric {metric}: the exports {exports[0].path} and {other.path} are not "
                        f"of the same data set: their {what} differ ({value} and "
                        f"{_data_identity(other)[what]})"
                    )


def _data_identity(export) -> dict[str, Any]:
    """What two exports must share to be scored on the same test images."""
    return {
        "data sets": export.spec.name,
        "image shapes": export.spec.image_shape,
        "kinds of label": export.spec.label_kind,
        "label names": export.spec.label_names,
        # One's test images may be the other's training images.
        "seeds of the split": (export.manifest.get("dataset_options") or {}).get("seed"),
        "contents": export.manifest.get("dataset_fingerprint"),
    }
