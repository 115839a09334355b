"""An empty figure, and what all drawings share."""

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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


def shortened(text: str, length: int = 18) -> str:
    """The text, cut to `length` letters with an ellipsis where it is longer.

    >>> shortened("smiling"), shortened("wearing_a_necklace_of_gold")
    ('smiling', 'wearing_a_necklac…')
    """
    return text if len(text) <= length else text[: length - 1] + "…"


def evenly(count: int, columns: int) -> tuple[int, int]:
    """Rows and columns for `count` cells in at most `columns` columns, in rows of equal length.

    >>> evenly(12, columns=10)
    (2, 6)
    """
    rows = -(-count // columns)
    return rows, -(-count // rows)
