"""What a metric returns."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Result:
    """Scores of one export by one metric.

    Args:
        values: Name -> number; the names are listed in docs/metrics.md.
        intervals: Name -> (low, high), 95 %, for names of `values`.
        num_images: Images that the values are taken over.
        settings: Options and what the metric decided itself (the strength that it chose).
        tables: Title -> rows, each a mapping from column to cell.
        figures: Name -> matplotlib figure.
        notes: Sentences that a reader of the values must know.
        document: The JSON form, filled by `evaluate`.
        files: What was written, filled by `evaluate`.
    """

    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    num_images: int
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tables: Mapping[str, Rows] = dataclasses.field(default_factory=dict)
    figures: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
    document: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    files: tuple[Path, ...] = ()
