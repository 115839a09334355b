"""Reads the option `labels`, which names the binary labels to keep; imports no TensorFlow."""

from tfvae.options import closest_name
from tfvae.schema import BINARY, DataSpec, UsageError, UserError


def chosen_columns(spec: DataSpec, labels: str) -> list[int]:
    """The columns of the label axis that `labels` names.

    Args:
        spec: `DataSpec`.
        labels: A number N for the first N, or names with commas between them.
    Returns:
        The column numbers, in the order of `labels`.
    Raises:
        UserError: the data set's labels are not binary.
        UsageError: a number outside 1..L, or a name that is unknown, missing or repeated.

    >>> spec = DataSpec("faces", (32, 32, 3), ("smiling", "hat", "beard"), BINARY)
    >>> chosen_columns(spec, "2"), chosen_columns(spec, "beard,smiling")
    ([0, 1], [2, 0])
    """
    if spec.label_kind != BINARY:
        has = "has classes" if spec.label_kind else "has no labels"
        raise UserError(
            f"data set {spec.name} {has}; only of binary labels can some be kept (--labels)"
        )
    text = labels.strip()
    known = spec.label_names
    # A number, unless the data set has a label of that name.
    if text not in known and text.lstrip("+-").isdecimal():
        if not 1 <= int(text) <= len(known):
            raise UsageError(f"--labels {text}: data set {spec.name} has 1 to {len(known)} to keep")
        return list(range(int(text)))
    names = [name.strip() for name in text.split(",")]
    for index, name in enumerate(names):
        if name not in known:
            near = closest_name(name, known)
            hint = f" (did you mean {near}?)" if near else ""
            raise UsageError(
                f"--labels: data set {spec.name} has no label {name!r}{hint}; "
                f"a number up to {len(known)}, or names out of {', '.join(known)}"
            )
        if name in names[:index]:
            raise UsageError(f"--labels: {name} stands there twice")
    return [known.index(name) for name in names]
