"""Images that change in time, and the files that hold them."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfvae.plots.figures import evenly, new_figure
from tfvae.plots.grids import Panel, to_rgb

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MILLISECONDS = 120
DPI = 100
# Pixels: of an image about, of a line of text, of a letter, between cells, around everything.
IMAGE, LINE, LETTER, GAP, MARGIN = 72, 16, 6, 8, 10


def animated_cells(panels: Sequence[Panel], title: str, captions: Sequence[str]) -> np.ndarray:
    """Frames in which each row of a panel is one cell that goes through its columns and back.

    Args:
        panels: From left to right, each a block of cells below its title; the label of a row stands
            above its cell.
        title: Above all panels, in every frame.
        captions: One per column, below the title as long as that column is shown.
    Returns:
        Frames that can be repeated without a jump, uint8 [2 columns - 2, height, width, 3].

    >>> panel = Panel(np.zeros([4, 9, 28, 28, 1]), ["z0", "z1", "z2", "z3"], "vae")
    >>> len(animated_cells([panel], "Digits", captions=[f"value {step}" for step in range(9)]))
    16
    """
    images = [_enlarged(panel.images) for panel in panels]
    count, (height, width) = max(map(len, images)), images[0].shape[2:4]
    longest = max((len(label) for panel in panels for label in panel.row_labels), default=0)
    cell_width, cell_height = max(width, LETTER * longest) + GAP, LINE + height + GAP
    # The whole is about as wide as high.
    rows, across = evenly(count, max(1, round((count / len(panels)) ** 0.5)))
    panel_width = across * cell_width + 2 * GAP
    total_width = max(300, len(panels) * panel_width + 2 * MARGIN)
    left = (total_width - len(panels) * panel_width + 3 * GAP) // 2
    lines = textwrap.wrap(title, (total_width - 2 * MARGIN) // LETTER)
    top = MARGIN + LINE * (len(lines) + 1 + any(panel.title for panel in panels)) + GAP

    axes = _pixel_axes(total_width, top + rows * cell_height + MARGIN)
    style: dict[str, Any] = {"fontsize": 8, "ha": "center", "va": "top"}
    for number, line in enumerate(lines):
        axes.text(total_width / 2, MARGIN + number * LINE, line, **style)
    caption = axes.text(total_width / 2, MARGIN + len(lines) * LINE, "", **style)
    cells = []
    for panel, own in zip(panels, images, strict=True):
        middle = left + (across * cell_width - GAP) / 2
        axes.text(middle, top - GAP - LINE, panel.title, weight="bold", **style)
        for row, columns in enumerate(own):
            x, y = left + row % across * cell_width, top + row // across * cell_height
            if panel.row_labels:
                axes.text(x, y, panel.row_labels[row], fontsize=7, va="top")
            cells.append((x, y + LINE, columns))
        left += panel_width
    frames = []
    for column, text in enumerate(captions):
        caption.set_text(text)
        frame = _drawn(axes)
        for x, y, columns in cells:
            frame[y : y + height, x : x + width] = columns[column]
        frames.append(frame)
    return np.stack(frames + frames[-2:0:-1])


def save_gif(frames: np.ndarray, path: str) -> None:
    """Writes frames, uint8 [T, H, W, 3], as a GIF that is repeated without end.

    All frames share 128 colours, so that nothing flickers.

    >>> import tempfile
    >>> from PIL import Image
    >>> frames = np.arange(0, 240, 80, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    >>> with tempfile.NamedTemporaryFile(suffix=".gif") as file:
    ...     save_gif(frames, file.name)
    ...     with Image.open(file.name) as image:
    ...         image.n_frames, image.info["loop"], image.info["duration"]
    (3, 0, 120)
    """
    from PIL import Image

    palette = Image.fromarray(frames.reshape(-1, *frames.shape[2:])).quantize(128)
    first, *others = (
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    )
    first.save(path, "GIF", save_all=True, append_images=others, duration=MILLISECONDS, loop=0)


def _enlarged(images: np.ndarray) -> np.ndarray:
    """Images [rows, columns, H, W, C] in [0, 1] as whole multiples of their size, uint8 RGB."""
    zoom = max(1, round(IMAGE / images.shape[3]))
    pixels = np.round(255 * to_rgb(images)).astype(np.uint8)
    return pixels.repeat(zoom, axis=2).repeat(zoom, axis=3)


def _pixel_axes(width: int, height: int) -> "Axes":
    """Invisible axes over a whole figure, with pixels as units, from the upper left corner."""
    figure = new_figure(width / DPI, height / DPI, title="")
    figure.set_layout_engine("none")
    figure.set_dpi(DPI)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return axes


def _drawn(axes: "Axes") -> np.ndarray:
    """The figure of the axes as pixels, uint8 [H, W, 3]."""
    canvas: Any = axes.figure.canvas
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]
