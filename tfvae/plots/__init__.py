"""Figures without a display: image grids and charts."""

from tfvae.plots.charts import (
    heat_maps,
    matrices,
    matrix,
    mean_and_range,
    paths,
    scatter_groups,
    scatter_panels,
)
from tfvae.plots.figures import new_figure, shortened
from tfvae.plots.grids import image_blocks, image_grid

__all__ = [
    "heat_maps",
    "image_blocks",
    "image_grid",
    "matrices",
    "matrix",
    "mean_and_range",
    "new_figure",
    "paths",
    "scatter_groups",
    "scatter_panels",
    "shortened",
]
