"""Figures to files, whatever their texts hold."""

import logging
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

logger = logging.getLogger("tfvae")

_MISSING = re.compile(r"Glyph (\d+) .*missing from")


def save_figure(figure: "Figure", path: str | Path, dpi: int = 120) -> None:
    """Writes a figure, with all texts as they are: `$` is a dollar and no mathematics.

    Characters that no font of the figure has are drawn as boxes, which a warning says.

    Args:
        figure: The figure.
        path: Its ending is the format.
        dpi: Pixels per inch.

    >>> import tempfile
    >>> from tfvae.plots.figures import new_figure
    >>> figure = new_figure(2, 1, "costs $5 or $6")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_figure(figure, Path(folder) / "prices.png")
    ...     (Path(folder) / "prices.png").stat().st_size > 0
    True
    """
    _as_they_are(figure)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.savefig(path, dpi=dpi)
    missing = set()
    for warning in caught:
        found = _MISSING.search(str(warning.message))
        if found:
            missing.add(chr(int(found[1])))
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    if missing:
        logger.warning("no font of the figures has %s: drawn as boxes", " ".join(sorted(missing)))


def _as_they_are(figure: "Figure") -> None:
    from matplotlib.text import Text
    from matplotlib.ticker import LogFormatter

    # findobj lacks the labels of ticks on some axes.
    ticks = [
        (axis, label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in axis.get_ticklabels(which="both")
    ]
    for text in [*figure.findobj(Text), *(label for _, label in ticks)]:
        text.set_parse_math(False)
    for axis, label in ticks:
        # Its labels are powers, written as mathematics.
        label.set_parse_math(isinstance(axis.get_major_formatter(), LogFormatter))
