"""Figures without a display: image grids, charts and animations."""

from tfvae.plots.animations import animated_cells, save_gif
from tfvae.plots.charts import (
    heat_maps,
    matrices,
    matrix,
    mean_and_range,
    paths,
    scatter_groups,
    scatter_panels,
)
from tfvae.plots.codes import codes_by_factor, label_correlations, posterior_moments
from tfvae.plots.figures import new_figure, shortened
from tfvae.plots.grids import Panel, image_blocks, image_grid, image_panels
from tfvae.plots.save import save_figure

__all__ = [
    "Panel",
    "animated_cells",
    "codes_by_factor",
    "heat_maps",
    "image_blocks",
    "image_grid",
    "image_panels",
    "label_correlations",
    "matrices",
    "matrix",
    "mean_and_range",
    "new_figure",
    "paths",
    "posterior_moments",
    "save_figure",
    "save_gif",
    "scatter_groups",
    "scatter_panels",
    "shortened",
]
