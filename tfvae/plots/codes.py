"""Figures of codes: their distributions, and how they go with labels and factors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfvae.plots.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 60


def posterior_moments(
    mean: np.ndarray, stddev: np.ndarray, names: Sequence[str], title: str
) -> "Figure":
    """Histograms, one row per dimension, of the posterior's mean and of its standard deviation.

    Args:
        mean, stddev: Of the posteriors of N images, [N, D].
        names: Of the dimensions.
        title: Above both panels.

    >>> figure = posterior_moments(np.zeros([5, 2]), np.ones([5, 2]), ["z0", "z1"], "Codes")
    >>> [axes.get_xlabel() for axes in figure.axes[:2]]
    ['mean', 'standard deviation']
    """
    figure = new_figure(8.0, 0.3 * len(names) + 2.0, title)
    left, right = figure.subplots(1, 2, sharey=True)
    reach = max(3.0, float(np.abs(mean).max()))
    drawn = _ridges(left, mean, (-reach, reach))
    _ridges(right, stddev, (0.0, max(1.2, float(stddev.max()))))
    left.set_yticks(range(len(names)), names, fontsize=8)
    left.set_xlabel("mean")
    right.set_xlabel("standard deviation")
    figure.colorbar(drawn, ax=[left, right], label="images, relative to the fullest bin")
    return figure


def _ridges(axes: "Axes", values: np.ndarray, extremes: tuple[float, float]):
    counts = np.stack([np.histogram(column, BINS, extremes)[0] for column in values.T])
    # Each row has its own scale: a dimension that isn't used has all its images in one bin.
    shares = counts / np.maximum(counts.max(axis=1, keepdims=True), 1)
    rows = len(counts)
    return axes.imshow(
        shares,
        cmap="Blues",
        aspect="auto",
        interpolation="nearest",
        extent=(*extremes, rows - 0.5, -0.5),
    )


def label_correlations(
    values: np.ndarray, row_names: Sequence[str], column_names: Sequence[str], title: str
) -> "Figure":
    """A matrix [dimensions, labels] of correlations, from -1 to 1 in colour.

    >>> figure = label_correlations(np.eye(2), ["z0", "z1"], ["smiling", "hat"], "Codes")
    >>> [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    ['smiling', 'hat']
    """
    rows, columns = values.shape
    figure = new_figure(max(4.5, 0.24 * columns + 2), 0.24 * rows + 2.4, title)
    axes = figure.subplots()
    drawn = axes.imshow(values, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    axes.set_xticks(range(columns), column_names, fontsize=8, rotation=90)
    axes.set_yticks(range(rows), row_names, fontsize=8)
    figure.colorbar(drawn, ax=axes, label="correlation with the label")
    return figure


def codes_by_factor(
    mean: np.ndarray,
    factors: np.ndarray,
    names: Sequence[str],
    factor_names: Sequence[str],
    title: str,
) -> "Figure":
    """Each dimension of the code against each factor: mean and spread at every value.

    A dimension that follows one factor has one panel that is a curve, and others that are flat.

    Args:
        mean: Means of the posteriors of N images, [N, D].
        factors: [N, F], whole numbers.
        names: Of the dimensions.
        factor_names: Of the factors.
        title: Above all panels.

    >>> codes, factors = np.array([[0.0], [1.0]]), np.array([[0], [1]])
    >>> figure = codes_by_factor(codes, factors, ["z0"], ["scale"], "Codes")
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [0.0, 1.0]
    """
    size = len(names), len(factor_names)
    figure = new_figure(1.3 * size[1] + 1.2, 0.75 * size[0] + 1.2, title)
    grid = figure.subplots(*size, sharex="col", sharey=True, squeeze=False)
    for factor, column in enumerate(factors.T):
        values, groups = np.unique(column, return_inverse=True)
        counts = np.bincount(groups)
        for row in range(size[0]):
            code, axes = mean[:, row], grid[row, factor]
            centre = np.bincount(groups, code) / counts
            variance = np.bincount(groups, np.square(code)) / counts - np.square(centre)
            spread = np.sqrt(np.maximum(variance, 0))
            axes.plot(values, centre, color="C0", lw=1.2)
            axes.fill_between(values, centre - spread, centre + spread, alpha=0.2, lw=0)
            axes.tick_params(labelsize=6)
    for axes, name in zip(grid[-1], factor_names, strict=True):
        axes.set_xlabel(name, fontsize=8)
    for axes, name in zip(grid[:, 0], names, strict=True):
        axes.set_ylabel(name, fontsize=8)
    return figure
