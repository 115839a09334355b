"""Figures: image grids with labelled rows and columns, drawn without a display."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL_INCHES = 0.72
GAP = 0.08
# Longer column labels, in letters, are slanted.
SLANTED = 9


def new_figure(width: float, height: float, title: str) -> "Figure":
    """An empty figure for files, without a window, with a title that is wrapped to its width.

    Args:
        width, height: Inches.
        title: Above the axes.

    >>> figure = new_figure(4.0, 3.0, "Accuracy")
    >>> figure.get_size_inches().tolist(), figure.get_suptitle()
    ([4.0, 3.0], 'Accuracy')
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(textwrap.fill(title, max(20, int(width * 11))), fontsize=11)
    return figure


def image_grid(
    images: np.ndarray,
    title: str,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    x_label: str = "",
    y_label: str = "",
) -> "Figure":
    """A grid of images on one axes, with row and column labels at its ticks.

    Args:
        images: [rows, columns, H, W, C] in [0, 1]; values outside are clipped.
        title: Above the grid.
        row_labels: One per row, left of it; may be empty.
        column_labels: One per column, above it; may be empty.
        x_label: Name of the columns, below the grid.
        y_label: Name of the rows, left of it.
    Returns:
        A matplotlib figure.

    >>> images = np.zeros([2, 3, 28, 28, 1])
    >>> figure = image_grid(images, "Digits", row_labels=["real", "drawn"], x_label="label")
    >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    ['real', 'drawn']
    """
    rows, columns, height, width = images.shape[:4]
    longest = max((len(label) for label in column_labels), default=0)
    scale = CELL_INCHES * max(1.0, height / 48)
    # Slanted labels stand above the grid, and out beyond its last column.
    above, beyond = (0.06 * longest, 0.05 * longest) if longest > SLANTED else (0.2, 0.0)
    figure = new_figure(
        max(4.5, columns * scale + _margin(row_labels) + 0.6 + beyond),
        rows * scale * height / width + 0.8 + above,
        title,
    )
    axes = figure.subplots()
    _draw_grid(axes, images, row_labels, column_labels)
    axes.set_xlabel(x_label, fontsize=9)
    axes.set_ylabel(y_label, fontsize=9)
    return figure


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


def image_blocks(
    images: np.ndarray,
    title: str,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    columns: int = 10,
) -> "Figure":
    """A wide grid cut into blocks below each other; each block repeats the first column.

    Args:
        images: [rows, 1 + N, H, W, C] in [0, 1].
        title: Above the blocks.
        row_labels: One per row, left of it; may be empty.
        column_labels: One per column, above it; may be empty.
        columns: The largest number of the N further columns in a block.

    >>> figure = image_blocks(np.zeros([1, 1 + 40, 28, 28, 1]), "Transfers", columns=10)
    >>> len(figure.axes)
    4
    """
    rows, total, height, width = images.shape[:4]
    blocks, columns = _evenly(total - 1, columns)
    longest = max((len(label) for label in column_labels), default=0)
    scale = CELL_INCHES * max(1.0, height / 48)
    block_height = rows * scale * height / width + 0.25 + 0.06 * longest
    figure = new_figure(
        max(4.5, (columns + 1) * scale + _margin(row_labels) + 0.6),
        blocks * block_height + 0.6,
        title,
    )
    for block, axes in enumerate(figure.subplots(blocks, 1, squeeze=False).flat):
        start = 1 + block * columns
        chosen = [0, *range(start, min(start + columns, total))]
        part = images[:, chosen]
        missing = columns + 1 - part.shape[1]
        part = np.pad(part, [(0, 0), (0, missing)] + [(0, 0)] * 3, constant_values=1)
        names = [column_labels[index] for index in chosen] if column_labels else ()
        _draw_grid(axes, part, row_labels, names)
    return figure


def heat_maps(
    maps: np.ndarray, labels: Sequence[str], title: str, bar_label: str, columns: int = 8
) -> "Figure":
    """Maps [N, H, W] of one quantity on one colour scale, each with its label.

    >>> figure = heat_maps(np.ones([2, 28, 28]), ["hat", "beard"], "Changes", "mean square")
    >>> [axes.get_title() for axes in figure.axes]  # the last is the colour bar
    ['hat', 'beard', '']
    """
    rows, columns = _evenly(len(maps), columns)
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
    axes.legend(loc="lower right", fontsize=8)
    return figure


def shortened(text: str, length: int = 18) -> str:
    """The text, cut to `length` letters with an ellipsis where it is longer.

    >>> shortened("smiling"), shortened("wearing_a_necklace_of_gold")
    ('smiling', 'wearing_a_necklac…')
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def _draw_grid(
    axes: "Axes", images: np.ndarray, row_labels: Sequence[str], column_labels: Sequence[str]
) -> None:
    """Images [rows, columns, H, W, C] on one axes, with row and column labels at its ticks."""
    rows, columns, height, width = images.shape[:4]
    gap = max(1, round(GAP * width))
    canvas = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap, 3))
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + gap), column * (width + gap)
            canvas[top : top + height, left : left + width] = _to_rgb(images[row, column])
    slanted = max((len(label) for label in column_labels), default=0) > SLANTED
    axes.imshow(canvas, interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.tick_params(
        length=0, labelsize=8, top=False, bottom=False, labeltop=True, labelbottom=False
    )
    axes.set_xticks(
        np.arange(len(column_labels)) * (width + gap) + (width - 1) / 2,
        list(column_labels),
        rotation=40 if slanted else 0,
        ha="left" if slanted else "center",
    )
    axes.set_yticks(
        np.arange(len(row_labels)) * (height + gap) + (height - 1) / 2, list(row_labels)
    )


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


def _margin(row_labels: Sequence[str]) -> float:
    return 0.075 * max((len(label) for label in row_labels), default=0)


def _evenly(count: int, columns: int) -> tuple[int, int]:
    """Rows and columns for `count` cells in at most `columns` columns, in rows of equal length."""
    rows = -(-count // columns)
    return rows, -(-count // rows)


def _to_rgb(image: np.ndarray) -> np.ndarray:
    """[H, W, 3] in [0, 1]; for grey images and other numbers of channels the first channel."""
    image = np.clip(np.nan_to_num(image), 0, 1)
    return image if image.shape[-1] == 3 else np.repeat(image[..., :1], 3, axis=-1)
