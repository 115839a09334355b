"""Results on disk and on the terminal: JSON, PNG, a Markdown table and a printed one."""

import dataclasses
import functools
import importlib.metadata
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfvae import files
from tfvae.evaluation.context import Result, Rows
from tfvae.schema import UserError


@dataclasses.dataclass(frozen=True)
class Report:
    """A metric's result as it was written.

    Args:
        result: What the metric returned.
        document: Its JSON form.
        files: What was written, the JSON first.
    """

    result: Result
    document: Mapping[str, Any]
    files: tuple[Path, ...]


PACKAGES = ("tfvae", "tensorflow", "keras", "tensorflow-probability", "numpy", "scikit-learn")


def document(
    metric: str, saved_model: str | list[str], dataset: str, seed: int, result: Result
) -> dict[str, Any]:
    """The JSON form of a result: plain numbers only.

    Raises:
        UserError: a value is NaN or infinite; the message names it.
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
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Package -> installed version, for those that scores depend on."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write(result: Result, document: Mapping[str, Any], output_dir: Path, name: str) -> Report:
    """Writes `<metric>/<name>.json`, `.md` and one PNG per figure under the output folder.

    The JSON comes last, so where it is, everything is.

    Raises:
        UserError: a file can't be written.
    """
    folder = Path(output_dir) / document["metric"]
    figures = {title: folder / f"{name}-{title}.png" for title in result.figures}
    for title, path in figures.items():
        files.write(path, functools.partial(result.figures[title].savefig, dpi=120))
    table = files.write_text(folder / f"{name}.md", markdown(result, document, figures))
    written = files.write_json(folder / f"{name}.json", document)
    return Report(result, document, (written, table, *figures.values()))


def file_name(run: str, trained_on: str, dataset: str) -> str:
    """The run's name; on another data set than its own, that one's name behind it."""
    name = run if dataset == trained_on else f"{run}-on-{dataset}"
    return re.sub(r"[^\w.+-]+", "_", name).strip("._") or "export"


def markdown(result: Result, about: Mapping[str, Any], figures: Mapping[str, Path]) -> str:
    """The result and its JSON form as a Markdown page."""
    lines = [
        f"# {about['metric']}: {about['saved_model']}",
        "",
        f"Data set `{about['dataset']}`, {about['num_images']} images, seed {about['seed']}; "
        "intervals are 95 % bootstrap over images.",
        "",
        *markdown_table(value_rows(result)),
    ]
    for title, rows in result.tables.items():
        if not rows:
            continue
        lines += ["", f"## {title}", "", *markdown_table(rows)]
    lines += ["", *(f"* {note}" for note in result.notes)] if result.notes else []
    lines += ["", "Settings: " + ", ".join(f"`{k}={v}`" for k, v in about["settings"].items())]
    for title, path in figures.items():
        lines += ["", f"![{title.replace('-', ' ')}]({path.name})"]
    return "\n".join(lines) + "\n"


def print_report(report: Report) -> None:
    """Prints the values, the tables, the notes and where the files are."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    result, about = report.result, report.document
    head = f"{about['metric']}: {about['saved_model']} on {about['dataset']}"
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
    """The values with their intervals as the rows of a table."""
    rows = []
    for name, value in result.values.items():
        bounds = result.intervals.get(name)
        interval = f"[{_cell(bounds[0])}, {_cell(bounds[1])}]" if bounds else ""
        rows.append({"value": name, "score": float(value), "95 % interval": interval})
    return rows


def markdown_table(rows: Rows) -> list[str]:
    """The lines of a Markdown table, a column per key of the rows; none without rows."""
    if not rows:
        return []
    columns = _columns(rows)
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    cells = [[_cell(row.get(name)).replace("|", r"\|") for name in columns] for row in rows]
    return lines + [f"| {' | '.join(row)} |" for row in cells]


def _columns(rows: Rows) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.4f}" if abs(float(value)) < 100 else f"{value:.2f}"
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
