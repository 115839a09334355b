"""Figures: image grids with labelled rows and columns, drawn without a display."""

import textwrap
from collections.abc import Sequence

import numpy as np

CELL_INCHES = 0.72
GAP = 0.08


def new_figure(width: float, height: float, title: str):
    """A figure (inches) that belongs to no window system, with a title, wrapped to its width."""
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
):
    """A grid of images on one axes, its ticks naming rows and columns.

    Args:
        images: [rows, columns, H, W, C] in [0, 1]; values outside are clipped.
        title: Above the grid.
        row_labels: One per row, left of it; may be empty.
        column_labels: One per column, above it; may be empty.
        x_label: What the columns are.
        y_label: What the rows are.
    Returns:
        A matplotlib figure.
    """
    rows, columns, height, width = images.shape[:4]
    gap = max(1, round(GAP * width))
    canvas = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap, 3))
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + gap), column * (width + gap)
            canvas[top : top + height, left : left + width] = _to_rgb(images[row, column])
    longest = max((len(label) for label in column_labels), default=0)
    slanted = longest > 9
    scale = CELL_INCHES * max(1.0, height / 48)
    margin = 0.075 * max((len(label) for label in row_labels), default=0)
    figure = new_figure(
        max(4.5, columns * scale + margin + 0.6),
        rows * scale * height / width + 0.8 + (0.06 * longest if slanted else 0.2),
        title,
    )
    axes = figure.subplots()
    axes.imshow(canvas, interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.tick_params(
        length=0, labelsize=8, top=False, bottom=False, labeltop=True, labelbottom=False
    )
    axes.set_xticks(
        np.arange(columns if column_labels else 0) * (width + gap) + (width - 1) / 2,
        list(column_labels),
        rotation=40 if slanted else 0,
        ha="left" if slanted else "center",
    )
    axes.set_yticks(
        np.arange(rows if row_labels else 0) * (height + gap) + (height - 1) / 2, list(row_labels)
    )
    axes.set_xlabel(x_label, fontsize=9)
    axes.set_ylabel(y_label, fontsize=9)
    return figure


def image_sheet(images: np.ndarray, labels: Sequence[str], title: str, columns: int = 9):
    """Images one after another in rows, each with its own label above it.

    Args:
        images: [N, H, W, C] in [0, 1].
        labels: N texts.
        title: Above the sheet.
        columns: Images per row, at most.
    """
    rows, columns = _evenly(len(images), columns)
    figure = new_figure(columns * 1.15, rows * 1.35 + 0.5, title)
    for axes in figure.subplots(rows, columns, squeeze=False).flat:
        axes.set_axis_off()
    for axes, image, label in zip(figure.axes, images, labels, strict=False):
        axes.imshow(_to_rgb(image), interpolation="nearest")
        axes.set_title(shortened(label), fontsize=7, pad=2)
    return figure


def heat_maps(
    maps: np.ndarray, labels: Sequence[str], title: str, bar_label: str, columns: int = 8
):
    """Maps [N, H, W] of one quantity on one colour scale, each with its label."""
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


def scatter(points: dict[str, tuple[float, float]], title: str, x_label: str, y_label: str):
    """Named points with their names beside them."""
    figure = new_figure(6.4, 4.8, title)
    axes = figure.subplots()
    for name, (x, y) in points.items():
        axes.scatter(x, y, s=22, color="tab:blue")
        axes.annotate(name, (x, y), xytext=(4, 3), textcoords="offset points", fontsize=7)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.margins(0.12)
    axes.grid(alpha=0.3)
    return figure


def shortened(text: str, length: int = 18) -> str:
    """The text, cut with an ellipsis where it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _evenly(count: int, columns: int) -> tuple[int, int]:
    """Rows and columns for so many cells, the last row as full as the others where it can be."""
    rows = -(-count // columns)
    return rows, -(-count // rows)


def _to_rgb(image: np.ndarray) -> np.ndarray:
    """[H, W, 3] in [0, 1]: grey and other channel counts are shown by their first channel."""
    image = np.clip(np.nan_to_num(image), 0, 1)
    return image if image.shape[-1] == 3 else np.repeat(image[..., :1], 3, axis=-1)
