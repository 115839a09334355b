"""Results in files and on the terminal: JSON, PNG, GIF, Markdown, and printed tables."""

import dataclasses
import importlib.metadata
import logging
import math
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import files, plots
from tfvae.evaluation.context import Result, Rows
from tfvae.schema import UserError

logger = logging.getLogger("tfvae")


@dataclasses.dataclass(frozen=True)
class Report:
    """The result of a metric, and the files that it was written to.

    Args:
        result: The result.
        document: Its JSON form.
        files: The files, the JSON first.

    >>> result = Result({"mse": 0.02}, {}, num_images=100)
    >>> about = document("reconstruction", "saved_models/vae/1", "digits", 0, result)
    >>> report = Report(result, about, files=())
    >>> report.document["values"]
    {'mse': 0.02}
    """

    result: Result
    document: Mapping[str, Any]
    files: tuple[Path, ...]


# Bytes of a file's name, without the name of the figure and the ending.
LONGEST_NAME = 200
PACKAGES = ("tfvae", "tensorflow", "keras", "tensorflow-probability", "numpy", "scikit-learn")


def document(
    metric: str,
    saved_model: str | list[str],
    dataset: str | list[str],
    seed: int,
    result: Result,
) -> dict[str, Any]:
    """The JSON form of a result; NumPy's numbers become plain ones.

    Raises:
        UserError: a value is NaN or infinite; the message names it.

    >>> result = Result({"mse": np.float64(0.02)}, {"mse": (0.01, 0.03)}, num_images=100)
    >>> about = document("reconstruction", "saved_models/vae/1", "digits", 0, result)
    >>> about["values"], about["intervals"], about["num_images"]
    ({'mse': 0.02}, {'mse': [0.01, 0.03]}, 100)
    """
    for name, value in result.values.items():
        bounds = result.intervals.get(name, ())
        if not np.isfinite([value, *bounds]).all():
            raise UserError(f"metric {metric}: {name} is {value} with interval {bounds}")
    return {
        "metric": metric,
        "saved_model": saved_model,
        "dataset": dataset,
        "seed": seed,
        "num_images": int(result.num_images),
        "values": {name: float(value) for name, value in result.values.items()},
        "intervals": {
            name: [float(bound) for bound in bounds] for name, bounds in result.intervals.items()
        },
        "settings": {name: _plain(value) for name, value in result.settings.items()},
        "tables": {
            title: [{name: _plain(cell) for name, cell in row.items()} for row in rows]
            for title, rows in result.tables.items()
        },
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Package -> installed version, for the packages that scores depend on.

    >>> versions()["numpy"] == np.__version__
    True
    """
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write(result: Result, document: Mapping[str, Any], output_dir: Path, name: str) -> Report:
    """Writes `<metric>/<name>.json`, `.md`, a PNG per figure and a GIF per animation.

    The JSON is written last: if it exists, the other files do, but for figures that can't be drawn.

    Raises:
        UserError: a file can't be written.

    >>> import tempfile
    >>> result = Result({"mse": 0.02}, {}, num_images=100)
    >>> about = document("reconstruction", "saved_models/vae/1", "digits", 0, result)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = write(result, about, Path(folder), "vae")
    ...     [file.relative_to(folder).as_posix() for file in report.files]
    ['reconstruction/vae.json', 'reconstruction/vae.md']
    """
    folder = Path(output_dir) / document["metric"]
    pictures = []
    drawings: list[tuple[str, str, Callable, Any]] = [
        *((title, "png", plots.save_figure, each) for title, each in result.figures.items()),
        *((title, "gif", plots.save_gif, each) for title, each in result.animations.items()),
    ]
    for title, ending, save, drawing in drawings:
        path = folder / f"{name}-{title}.{ending}"
        try:
            with tempfile.TemporaryDirectory() as scratch:
                drawn = Path(scratch, path.name)
                save(drawing, str(drawn))
                content = drawn.read_bytes()
        # The numbers are there, whatever a figure lacks; one of an earlier run has others.
        except Exception as error:
            logger.warning("the figure %s can't be drawn: %s", title, error)
            path.unlink(missing_ok=True)
            continue
        pictures.append((title, files.write_bytes(path, content)))
    table = files.write_text(folder / f"{name}.md", markdown(result, document, pictures))
    written = files.write_json(folder / f"{name}.json", document)
    return Report(result, document, (written, table, *(path for _, path in pictures)))


def file_name(run: str, trained_on: str, dataset: str) -> str:
    """The name of the run; if it was scored on other data, followed by the name of those.

    >>> file_name("vae", "digits", "digits"), file_name("vae", "digits", "folder:/data/my faces")
    ('vae', 'vae-on-folder_data_my_faces')
    """
    name = run if dataset == trained_on else f"{run}-on-{dataset}"
    return files.short_name(re.sub(r"[^\w.+-]+", "_", name).strip("._") or "export", LONGEST_NAME)


def markdown(result: Result, about: Mapping[str, Any], pictures: Sequence[tuple[str, Path]]) -> str:
    """A result as a Markdown page.

    Args:
        result: The result.
        about: Its JSON form.
        pictures: Name and file of each figure and animation.

    >>> result = Result({"mse": 0.02}, {}, num_images=100)
    >>> about = document("reconstruction", "saved_models/vae/1", "digits", 0, result)
    >>> page = markdown(result, about, pictures=())
    >>> page.splitlines()[0], page.splitlines()[6]
    ('# reconstruction: saved_models/vae/1', '| mse | 0.0200 |  |')
    """
    lines = [
        f"# {about['metric']}: {about['saved_model']}",
        "",
        f"Data set `{_joined(about['dataset'])}`, {about['num_images']} images, "
        f"seed {about['seed']}; 95 % intervals.",
        "",
        *markdown_table(value_rows(result)),
    ]
    for title, rows in result.tables.items():
        if not rows:
            continue
        lines += ["", f"## {title}", "", *markdown_table(rows)]
    lines += ["", *(f"* {note}" for note in result.notes)] if result.notes else []
    lines += ["", "Settings: " + ", ".join(f"`{k}={v}`" for k, v in about["settings"].items())]
    for title, path in pictures:
        lines += ["", f"![{title.replace('-', ' ')}]({path.name})"]
    return "\n".join(lines) + "\n"


def print_report(report: Report) -> None:
    """Prints the values, the tables, the notes and the paths of the files.

    >>> result = Result({"mse": 0.02}, {}, num_images=100)
    >>> about = {"metric": "reconstruction", "saved_model": "vae/1", "dataset": "digits"}
    >>> print_report(Report(result, about, files=()))  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
    reconstruction: vae/1 on digits
    ...
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    result, about = report.result, report.document
    head = f"{about['metric']}: {about['saved_model']} on {_joined(about['dataset'])}"
    for title, rows in {head: value_rows(result), **result.tables}.items():
        if not rows:
            continue
        table = Table(title=Text(title), title_justify="left", title_style="bold")
        for index, column in enumerate(_columns(rows)):
            table.add_column(Text(column), justify="left" if index == 0 else "right")
        for row in rows:
            table.add_row(*(Text(_cell(row.get(column))) for column in _columns(rows)))
        console.print(table)
    for note in result.notes:
        console.print(note, highlight=False, markup=False)
    for path in report.files:
        console.print(str(path), soft_wrap=True, highlight=False, markup=False)


def value_rows(result: Result) -> Rows:
    """The values with their intervals as the rows of a table.

    >>> value_rows(Result({"mse": 0.02}, {"mse": (0.01, 0.03)}, num_images=100))
    [{'value': 'mse', 'score': 0.02, '95 % interval': '[0.0100, 0.0300]'}]
    """
    rows = []
    for name, value in result.values.items():
        bounds = result.intervals.get(name)
        interval = f"[{_cell(bounds[0])}, {_cell(bounds[1])}]" if bounds else ""
        rows.append({"value": name, "score": float(value), "95 % interval": interval})
    return rows


def markdown_table(rows: Rows) -> list[str]:
    """The lines of a Markdown table with a column per key of the rows; no line without rows.

    >>> markdown_table([{"label": "cat", "accuracy": 0.5}])
    ['| label | accuracy |', '|---|---|', '| cat | 0.5000 |']
    """
    if not rows:
        return []
    columns = _columns(rows)
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    cells = [[_cell(row.get(name)).replace("|", r"\|") for name in columns] for row in rows]
    return lines + [f"| {' | '.join(row)} |" for row in cells]


def _joined(names: str | list[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names)


def _columns(rows: Rows) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.4f}" if abs(float(value)) < 100 else f"{value:.2f}"
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no NaN
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
