"""What the benchmark trains, searches and scores, and where the results are kept."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, digest
from tfvae.generators.config import SearchedOn

# Objective, as the study calls it -> model.
MODELS = {"ELBO": "vae", "MMD": "mmd_vae"}
# Accuracies by the classifiers of a search -> the candidate with the lowest cosine among those that
# reach it; None: the candidate with the minimum of eq. 4.
LEVELS = (None, 0.95, 0.98, 0.99, 0.995, 0.996, 0.9968, 0.998, 0.999)
TABLE_LEVELS = (0.995, 0.999)
# Table 4 of the study: cosine and accuracy (one of `LEVELS`), by its classifier of reconstructions.
STUDY = {
    ("ELBO-20", "simple"): (0.9200, 0.995),
    ("MMD-20", "simple"): (0.8870, 0.9968),
    ("MMD-10", "medium1"): (0.8168, 0.9960),
}


@dataclasses.dataclass(frozen=True)
class Run:
    """One autoencoder, trained once.

    Args:
        objective: "ELBO" or "MMD".
        latent_dim: Size of the code.
        seed: Seed of the training.
        settings: What differs from the model's defaults, KEY=VALUE.
    """

    objective: str
    latent_dim: int
    seed: int
    settings: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The autoencoder's name in the study, such as MMD-20."""
        return f"{self.objective}-{self.latent_dim}"

    @property
    def name(self) -> str:
        return f"{MODELS[self.objective]}-d{self.latent_dim}-s{self.seed}"

    @property
    def arguments(self) -> list:
        settings = ["network=dense", f"latent_dim={self.latent_dim}", *self.settings]
        return ["--model", MODELS[self.objective], "--seed", self.seed, "--set", *settings]


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which generators are fitted to which autoencoders, and how they are scored.

    Args:
        vaes: Kinds of autoencoders: objective and size of the code, such as MMD-20.
        generators: Names of `tfvae.generators.GENERATORS`.
        seeds: Seeds of the trainings; figures show the first.
        mmd_settings: Settings of `mmd_vae` in place of its defaults, KEY=VALUE.
        draws: Images per class in a score.
        searched_on: What the classifiers of a search are trained on.
        own_score: Whether the classifiers of the search score too; by default an independent one
            does.
        settings: Generator -> options in place of its defaults.
    """

    vaes: tuple[str, ...]
    generators: tuple[str, ...]
    seeds: tuple[int, ...]
    mmd_settings: tuple[str, ...] = ()
    draws: int = 1000
    searched_on: SearchedOn = "both"
    own_score: bool = False
    settings: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def runs(self) -> list[Run]:
        """All autoencoders: every kind with every seed."""
        kinds = [kind.split("-") for kind in self.vaes]
        return [
            Run(objective, int(size), seed, self.mmd_settings if objective == "MMD" else ())
            for seed in self.seeds
            for objective, size in kinds
        ]

    def scored_as_in_study(self) -> "Plan":
        """The same plan with the study's protocol: a classifier of reconstructions (its section
        3.4) searches, and scores what it found."""
        return dataclasses.replace(self, searched_on="reconstructions", own_score=True)

    def result_path(self, bench: Bench, run: Run, name: str) -> Path:
        """File of the scores of a generator, or of "images"; its sheet of images ends in .png."""
        how = [self.draws, self.searched_on, self.own_score, self.settings, list(map(str, LEVELS))]
        return bench.folder / "results" / f"{run.name}-{name}-{digest(how)}.json"
