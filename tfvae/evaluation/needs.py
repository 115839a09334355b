"""What a metric asks of an export."""

import dataclasses

from tfvae.schema import UserError


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a metric asks of an export.

    Args:
        signatures: Names of the signatures that it calls.
        labels: Whether it needs a data set with labels.
        inputs: (signature, input) pairs that some exports have and this metric needs: `sample`
            drawn for a `label`.
        max_exports: How many exports it scores together.
    """

    signatures: tuple[str, ...]
    labels: bool = False
    inputs: tuple[tuple[str, str], ...] = ()
    max_exports: int = 1

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

    def check(self, metric: str, export, dataset) -> None:
        """Raises UserError when the export or the data set lacks something or they don't fit."""
        problem = self.missing_from(export)
        if problem:
            raise UserError(f"metric {metric}: {problem}")
        wanted, given = export.spec, dataset.spec
        if wanted.image_shape != given.image_shape:
            raise UserError(
                f"metric {metric}: the export {export.path} takes images of shape "
                f"{wanted.image_shape}, the data set {given.name} has {given.image_shape}"
            )
        if self.labels and not given.num_labels:
            raise UserError(f"metric {metric}: the data set {given.name} has no labels")
        takes_label = any("label" in export.inputs(name) for name in self.signatures)
        if not (self.labels or takes_label):
            return
        if (wanted.num_labels, wanted.label_kind) != (given.num_labels, given.label_kind):
            raise UserError(
                f"metric {metric}: the export {export.path} knows {wanted.num_labels} "
                f"{wanted.label_kind} labels, the data set {given.name} has {given.num_labels} "
                f"{given.label_kind}"
            )
        for index, (known, name) in enumerate(
            zip(wanted.label_names, given.label_names, strict=True), start=1
        ):
            if known != name:
                raise UserError(
                    f"metric {metric}: label {index} of the export {export.path} is {known!r}, "
                    f"that of the data set {given.name} is {name!r}"
                )
