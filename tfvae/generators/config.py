"""Options of the fit of a generator; imports no TensorFlow."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tfvae.config import CommandConfig, RunName
from tfvae.exports.versions import newest_export

# Training images of the classifiers of the search; both: one classifier for each kind of images.
SearchedOn = Literal["both", "reconstructions", "images"]


class GeneratorConfig(CommandConfig):
    """Everything that the fit of a generator depends on.

    >>> config = GeneratorConfig.checked({"generator": "simple", "set": {"counts": "1,2"}})
    >>> config.settings, config.draws
    ({'counts': '1,2'}, 300)
    """

    generator: str = Field(description="which generator")
    saved_model: Path | None = Field(
        None,
        description="export to fit it to, with signatures encode and decode (default: the newest)",
    )
    min_accuracy: float | None = Field(
        None,
        gt=0,
        le=1,
        description="choose the candidate with the lowest cosine similarity among those of at "
        "least this accuracy; default: the one with the lowest cosine similarity + 1 - accuracy "
        "(Vargas Aguilar & Gu, eq. 4)",
    )
    searched_on: SearchedOn = Field(
        "both",
        description="training images of the classifiers that score candidates; reconstructions: "
        "as in Vargas Aguilar & Gu (section 3.4)",
    )
    draws: int = Field(300, ge=2, description="images drawn per class to score a candidate")
    seed: int = Field(0, ge=0, lt=2**31, description="of the search, its classifiers and all draws")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        alias="set",
        description="options of the generator; --generator NAME --help lists them",
    )
    data_dir: str | None = Field(None, description="where TensorFlow Datasets keeps its files")
    manual_dir: str | None = Field(None, description="folder with archives fetched by hand")
    name: RunName | None = Field(
        None,
        description="of the run and its export; default: EXPORT_GENERATOR, numbered when taken",
    )
    output_dir: Path = Field(
        Path("results"),
        description="folder of results; the classifiers of the search are kept in `classifiers` "
        "there",
    )
    runs_dir: Path = Field(Path("runs"), description="where runs are kept")
    saved_models_dir: Path = Field(Path("saved_models"), description="where exports are kept")

    def find_export(self) -> Path:
        """`saved_model`, or by default the newest export that isn't itself a fitted generator.

        Raises:
            UserError: there is no such export.
        """
        if self.saved_model is not None:
            return self.saved_model
        return newest_export(self.saved_models_dir, lambda about: "generator" not in about)
