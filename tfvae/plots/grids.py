"""Grids of images with labelled rows and columns."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfvae.plots.figures import evenly, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL_INCHES = 0.72
GAP = 0.08
# Longer column labels, in letters, are slanted.
SLANTED = 9


@dataclasses.dataclass(frozen=True)
class Panel:
    """A grid of images among several.

    Args:
        images: [rows, columns, H, W, C] in [0, 1]; values outside are clipped.
        row_labels: One per row; may be empty.
        title: Of this panel; may be empty.

    >>> Panel(np.zeros([2, 3, 28, 28, 1]), title="vae").row_labels
    ()
    """

    images: np.ndarray
    row_labels: Sequence[str] = ()
    title: str = ""


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
    return image_panels([Panel(images, row_labels)], title, column_labels, x_label, y_label)


def image_panels(
    panels: Sequence[Panel],
    title: str,
    column_labels: Sequence[str] = (),
    x_label: str = "",
    y_label: str = "",
    across: int = 3,
) -> "Figure":
    """Grids of images side by side, with the same columns in each.

    Args:
        panels: From left to right; their images have one size. The first rows are level.
        title: Above all panels.
        column_labels: One per column, above it; may be empty.
        x_label: Name of the columns, below each panel.
        y_label: Name of the rows, left of each row of panels.
        across: Largest number of panels beside each other.

    >>> panels = [Panel(np.zeros([rows, 3, 28, 28, 1]), title=f"{rows} rows") for rows in (1, 2)]
    >>> [axes.get_title() for axes in image_panels(panels, "Digits").axes]
    ['1 rows', '2 rows']
    """
    rows = max(len(panel.images) for panel in panels)
    columns, height, width = panels[0].images.shape[1:4]
    longest = max((len(label) for label in column_labels), default=0)
    scale = CELL_INCHES * max(1.0, height / 48)
    # Slanted labels stand above the grid, and out beyond its last column.
    above, beyond = (0.06 * longest, 0.05 * longest) if longest > SLANTED else (0.2, 0.0)
    above += 0.3 * any(panel.title for panel in panels)
    blocks, across = evenly(len(panels), across)
    margin = max(_margin(panel.row_labels) for panel in panels)
    figure = new_figure(
        max(4.5, across * (columns * scale + margin + 0.6 + beyond)),
        blocks * (rows * scale * height / width + above + 0.25 * bool(x_label)) + 0.8,
        title,
    )
    grid = figure.subplots(blocks, across, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, panel in zip(grid.flat, panels, strict=False):
        missing = rows - len(panel.images)
        images = np.pad(panel.images, [(0, missing)] + [(0, 0)] * 4, constant_values=1)
        _draw_grid(axes, images, panel.row_labels, column_labels)
        axes.set_title(panel.title, fontsize=10)
        axes.set_xlabel(x_label, fontsize=9)
    for axes in grid[:, 0]:
        axes.set_ylabel(y_label, fontsize=9)
    return figure


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
    blocks, columns = evenly(total - 1, columns)
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


def to_rgb(image: np.ndarray) -> np.ndarray:
    """[..., 3] in [0, 1]; for grey images and other numbers of channels the first channel.

    >>> to_rgb(np.array([[[2.0]]])).tolist()
    [[[1.0, 1.0, 1.0]]]
    """
    image = np.clip(np.nan_to_num(image), 0, 1)
    return image if image.shape[-1] == 3 else np.repeat(image[..., :1], 3, axis=-1)


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
            canvas[top : top + height, left : left + width] = to_rgb(images[row, column])
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


def _margin(row_labels: Sequence[str]) -> float:
    return 0.075 * max((len(label) for label in row_labels), default=0)
