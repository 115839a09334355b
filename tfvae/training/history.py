"""`history.csv` of a run: the scores of its epochs, to which Keras appends."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from tfvae import files
from tfvae.reading import read_table
from tfvae.schema import UserError

# Models have a few dozen terms.
MOST_COLUMNS = 1000


def truncate_history(path: Path, epochs: int, renamed: Mapping[str, str] = {}) -> None:
    """Removes the rows from an epoch on: a run that is killed may have written them before the
    checkpoint.

    Args:
        path: The file; nothing is done if it isn't there.
        epochs: Epochs done.
        renamed: Old name -> name today, of columns that an earlier version wrote; columns are put
            in the order in which Keras appends to them.
    Raises:
        UserError: the file is damaged, but for a last row that was cut off.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "history.csv")
    ...     _ = path.write_text("epoch,loss\\n0,3.5\\n1,2.5\\n")
    ...     truncate_history(path, epochs=1)
    ...     path.read_text().split()
    ['epoch,loss', '0,3.5']
    """
    if not path.exists():
        return
    (_, header), *rest = read_table(path, MOST_COLUMNS) or [(1, [])]
    done = {str(epoch) for epoch in range(epochs)}
    rows = [row for _, row in rest if row[0] in done]
    if rows and rest[-1][1] is rows[-1] and len(rows[-1]) < len(header):
        rows.pop()
    if any(len(row) != len(header) for row in rows):
        raise UserError(
            f"{path} is damaged: its rows differ in length; delete it to go on without the scores "
            "of earlier epochs"
        )
    header = [renamed_column(name, renamed) for name in header]
    order = [*range(len(header))[:1], *sorted(range(1, len(header)), key=header.__getitem__)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([row[column] for column in order] for row in [header, *rows])
    files.write_text(path, text.getvalue())


def renamed_column(name: str, renamed: Mapping[str, str]) -> str:
    """The name today of a column, with its `val_`.

    >>> renamed_column("val_judge", {"judge": "auxiliary_classifier"})
    'val_auxiliary_classifier'
    """
    prefix = "val_" if name.startswith("val_") else ""
    own = name.removeprefix(prefix)
    return prefix + renamed.get(own, own)
