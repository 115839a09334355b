"""Charts: lines, heat maps, matrices and scatter plots."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvae.plots.figures import evenly, new_figure, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def mean_and_range(
    axes: "Axes",
    x: Sequence[float] | np.ndarray,
    lines: Sequence[np.ndarray] | np.ndarray,
    *,
    color: str,
    label: str,
    line: str = "-",
) -> None:
    """Draws the mean of several lines [N, T] over x [T], and their range as a shaded area.

    >>> axes = new_figure(4.0, 3.0, "Loss").subplots()
    >>> mean_and_range(axes, [0, 1], np.array([[1.0, 2.0], [3.0, 4.0]]), color="C0", label="vae")
    >>> axes.lines[0].get_ydata().tolist()
    [2.0, 3.0]
    """
    axes.plot(x, np.mean(lines, axis=0), f"o{line}", color=color, markersize=3, label=label)
    low, high = np.min(lines, axis=0), np.max(lines, axis=0)
    axes.fill_between(x, low, high, color=color, alpha=0.15, lw=0)


def heat_maps(
    maps: np.ndarray, labels: Sequence[str], title: str, bar_label: str, columns: int = 8
) -> "Figure":
    """Maps [N, H, W] of one quantity on one colour scale, each with its label.

    >>> figure = heat_maps(np.ones([2, 28, 28]), ["hat", "beard"], "Changes", "mean square")
    >>> [axes.get_title() for axes in figure.axes]  # the last is the colour bar
    ['hat', 'beard', '']
    """
    rows, columns = evenly(len(maps), columns)
    figure = new_figure(columns * 1.15 + 1, rows * 1.35 + 0.5, title)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    top = max(float(maps.max()), 1e-6)
    for axes, values, label in zip(grid.flat, maps, labels, strict=False):
        drawn = axes.imshow(values, cmap="magma", vmin=0, vmax=top)
        axes.set_title(shortened(label), fontsize=7, pad=2)
    figure.colorbar(drawn, ax=grid, label=bar_label, shrink=0.8)
    return figure


def matrix(
    values: np.ndarray,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    title: str,
    bar_label: str,
) -> "Figure":
    """A matrix [rows, columns] of quantities that aren't negative, with its entries.

    >>> figure = matrix(np.eye(2), ["z0", "z1"], ["shape", "scale"], "Codes", "nats")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1.00', '0.00', '0.00', '1.00']
    """
    rows, columns = values.shape
    figure = new_figure(max(4.5, 0.75 * columns + 2), 0.3 * rows + 1.8, title)
    axes = figure.subplots()
    drawn = axes.imshow(values, cmap="Blues", vmin=0, aspect="auto")
    axes.set_xticks(range(columns), column_labels, fontsize=8, rotation=30, ha="right")
    axes.set_yticks(range(rows), row_labels, fontsize=8)
    for (row, column), value in np.ndenumerate(values):
        dark = value > 0.6 * max(float(values.max()), 1e-9)
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7,
                  color="white" if dark else "black")  # fmt: skip
    figure.colorbar(drawn, ax=axes, label=bar_label)
    return figure


def matrices(maps: Mapping[str, np.ndarray], names: Sequence[str], title: str) -> "Figure":
    """Square matrices [n, n] side by side, each with its own colour scale around zero.

    The scale ends at the largest absolute entry off the diagonal, so that these entries are visible
    beside larger ones on the diagonal.

    >>> figure = matrices({"real": np.eye(3), "drawn": np.eye(3)}, ["hat", "scar", "bun"], "Labels")
    >>> [axes.get_title() for axes in figure.axes[:2]]
    ['real', 'drawn']
    """
    size = max(3.2, 0.11 * len(names) + 1.6)
    figure = new_figure(size * len(maps) + 0.5, size + 0.9, title)
    grid = figure.subplots(1, len(maps), squeeze=False)[0]
    ticks = range(len(names))
    for axes, (name, values) in zip(grid, maps.items(), strict=True):
        off = values[~np.eye(len(values), dtype=bool)]
        top = max(float(np.abs(off).max()), 1e-9) if off.size else 1.0
        drawn = axes.imshow(values, cmap="RdBu_r", vmin=-top, vmax=top)
        axes.set_title(name, fontsize=9)
        axes.set_xticks(ticks, names, rotation=90, fontsize=5)
        axes.set_yticks(ticks, names if axes is grid[0] else (), fontsize=5)
        figure.colorbar(drawn, ax=axes, shrink=0.7, extend="both")
    return figure


def scatter_groups(
    groups: Mapping[str, tuple[np.ndarray, np.ndarray]],
    title: str,
    x_label: str,
    y_label: str,
    point_names: Mapping[str, Sequence[str]] | None = None,
) -> "Figure":
    """A scatter plot with one colour per group and the mean of each group as a large marker.

    Args:
        groups: Name -> (x, y), each [N].
        title: Above the axes.
        x_label: Name of x.
        y_label: Name of y.
        point_names: Name of a group -> names of its points, written beside them.

    >>> groups = {"cvae": (np.array([0.0, 1.0]), np.array([0.0, 1.0]))}
    >>> figure = scatter_groups(groups, "Transfers", "rs", "ts", {"cvae": ["hat", "beard"]})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['hat', 'beard']
    """
    figure, axes = _scatter_axes(title, x_label, y_label)
    for color, (name, (x, y)) in zip(_colors(len(groups)), groups.items(), strict=True):
        axes.scatter(x, y, s=16, color=color, alpha=0.6, linewidths=0)
        axes.scatter(
            np.mean(x), np.mean(y), s=130, color=color, marker="D", edgecolors="black", label=name
        )
        names = (point_names or {}).get(name, ())
        for text, at in zip(names, zip(x, y, strict=True), strict=False):
            axes.annotate(text, at, xytext=(4, 3), textcoords="offset points", fontsize=7)
    axes.legend(loc="lower left", fontsize=8, title="mean over domains", title_fontsize=8)
    return figure


def scatter_panels(
    panels: Mapping[str, Mapping[str, np.ndarray]], title: str, columns: int = 2
) -> "Figure":
    """Scatter plots side by side, with the same groups and colours in each.

    Args:
        panels: Title -> name of a group -> points [N, 2].
        title: Above all panels.
        columns: Number of panels beside each other.

    >>> panels = {"PCA": {"photographs": np.zeros([3, 2]), "drawings": np.ones([3, 2])}}
    >>> figure = scatter_panels(panels, "Codes")
    >>> [axes.get_title() for axes in figure.axes if axes.get_title()]
    ['PCA']
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(3.6 * columns, 3.4 * rows + 0.8, title)
    grid = figure.subplots(rows, columns, squeeze=False).flat
    for axes, (name, groups) in zip(grid, panels.items(), strict=False):
        for color, points in zip(_colors(len(groups)), groups.values(), strict=True):
            axes.scatter(*points.T, s=7, color=color, alpha=0.5, linewidths=0)
        axes.set_title(name, fontsize=9)
        axes.set_xticks(())
        axes.set_yticks(())
    names = next(iter(panels.values()))
    figure.legend(names, loc="outside lower center", ncols=2, fontsize=8, markerscale=2)
    return figure


def paths(
    lines: Mapping[str, Sequence[tuple[float, float, str]]], title: str, x_label: str, y_label: str
) -> "Figure":
    """A line per name through its points (x, y, text) in their order; each text is at its point.

    >>> lines = {"cvae": [(0.1, 0.9, "strength 1"), (0.2, 0.8, "strength 2")]}
    >>> figure = paths(lines, "Strengths", "rs", "ts")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['strength 1', 'strength 2']
    """
    figure, axes = _scatter_axes(title, x_label, y_label)
    for color, (name, points) in zip(_colors(len(lines)), lines.items(), strict=True):
        x, y, texts = zip(*points, strict=True)
        axes.plot(x, y, "o-", color=color, markersize=5, label=name)
        for text, at in zip(texts, zip(x, y, strict=True), strict=True):
            axes.annotate(text, at, xytext=(5, 4), textcoords="offset points", fontsize=8)
    axes.legend(loc="best", fontsize=8)
    return figure


def _scatter_axes(title: str, x_label: str, y_label: str) -> tuple["Figure", "Axes"]:
    figure = new_figure(6.8, 5.0, title)
    axes = figure.subplots()
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.margins(0.12)
    axes.grid(alpha=0.3)
    return figure, axes


def _colors(count: int) -> list[Any]:
    """`count` colours; up to 20 are distinct."""
    import matplotlib

    table = matplotlib.colormaps["tab10" if count <= 10 else "tab20"]
    return [table(index % table.N) for index in range(count)]
