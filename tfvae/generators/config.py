"""What the fit of a generator depends on; imports no TensorFlow."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tfvae.config import CommandConfig

# "both" or one of the others: what the classifiers that search were trained on.
SearchedOn = Literal["both", "reconstructions", "images"]


class GeneratorConfig(CommandConfig):
    """Everything that the fit of a generator depends on."""

    generator: str = Field(description="which generator")
    saved_model: Path | None = Field(
        None, description="export to fit it to, with encode and decode (default: the newest)"
    )
    min_accuracy: float | None = Field(
        None,
        gt=0,
        le=1,
        description="take the most varied generator whose images the searching classifiers take "
        "for the right class this often; default: the least sum of cosine and error (eq. 4)",
    )
    searched_on: SearchedOn = Field(
        "both",
        description="what the searching classifiers were trained on; reconstructions: study C's",
    )
    draws: int = Field(300, ge=2, description="images per class that tell how good a candidate is")
    seed: int = Field(0, ge=0, lt=2**31, description="of the search, its classifier and all draws")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        alias="set",
        description="options of the generator; --generator NAME --help lists them",
    )
    data_dir: str | None = Field(None, description="where TensorFlow Datasets keeps its files")
    manual_dir: str | None = Field(None, description="folder with archives fetched by hand")
    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][\w.+-]*$",
        description="of the run and its export; default: EXPORT_GENERATOR, numbered when taken",
    )
    output_dir: Path = Field(
        Path("results"), description="its folder `classifiers` keeps the searching classifier"
    )
    runs_dir: Path = Field(Path("runs"), description="where runs are kept")
    saved_models_dir: Path = Field(Path("saved_models"), description="where exports are kept")
