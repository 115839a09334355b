"""Pages of the benchmarks: their files, and cells that hold a mean over seeds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import stats


def write_page(path: Path, lines: Sequence[str]) -> None:
    """Writes the benchmark's page and prints it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path}\n\n" + "\n".join(lines))


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of the mean over seeds (Student's t); None for a single seed."""
    if len(values) < 2:
        return None
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return np.mean(values) - half, np.mean(values) + half


def cells(seeds: Sequence[int]) -> str:
    """What the cells that `summary` makes hold, as a sentence for the page."""
    if len(seeds) < 2:
        return "Cells: one seed, so differences between rows may be chance."
    return "Cells: mean over seeds [95 % t-interval over seeds, which may end past 1]."


def summary(values: Sequence[float], digits: int = 3) -> str:
    """Mean over seeds with its interval, as a cell of a table.

    >>> summary([1.0, 2.0, 3.0], digits=1), summary([0.25])
    ('2.0 [-0.5, 4.5]', '0.250')
    """
    bounds = interval(values)
    spread = "" if bounds is None else f" [{bounds[0]:.{digits}f}, {bounds[1]:.{digits}f}]"
    return f"{np.mean(values):.{digits}f}{spread}"


def difference(values: Sequence[float], others: Sequence[float], digits: int = 3) -> str:
    """Difference of two means over seeds with its 95 % interval (Welch), as a cell of a table.

    It is set in bold where the interval leaves out 0. Without an interval, where each has one seed
    or all values are equal, it is the difference alone.

    >>> difference([2.0, 2.1, 2.2], [1.0, 1.1, 1.2], digits=1)
    '**1.0 [0.8, 1.2]**'
    """
    gap = f"{np.mean(values) - np.mean(others):.{digits}f}"
    if min(len(values), len(others)) < 2 or not np.ptp(values) + np.ptp(others):
        return gap
    low, high = stats.ttest_ind(values, others, equal_var=False).confidence_interval(0.95)
    cell = f"{gap} [{low:.{digits}f}, {high:.{digits}f}]"
    return f"**{cell}**" if low > 0 or high < 0 else cell
