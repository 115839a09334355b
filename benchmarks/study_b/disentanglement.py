"""Disentanglement and reconstruction of sparse VAEs and of models made for it, at equal budgets.

    python -m benchmarks.study_b.disentanglement
    python -m benchmarks.study_b.disentanglement --quick      # trial run; its scores mean nothing

Every model is trained with the same networks, code, images and number of steps, and scored by
`evaluate.py --metric disentanglement,reconstruction,traversal`. Two rows without a model are for
comparison: codes that are the factors, and codes that are noise.

Trained runs and their scores are kept under --work-dir, in a folder for each budget and set of
options, and not repeated: the command goes on where it was stopped.
"""

import argparse
import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.bench import Bench, make_bench, make_parser
from benchmarks.pages import cells, summary, write_page
from tfvae.data import load_dataset
from tfvae.data.sources.sprites import FACTOR_SIZES, Sprites
from tfvae.evaluation import METRICS as METRIC_TABLE
from tfvae.evaluation import disentanglement
from tfvae.evaluation.report import markdown_table

# Name of a row -> model and its options.
MODELS = {
    "VAE": ("vae", ""),
    "beta-VAE, 4": ("beta_vae", "beta=4"),
    "beta-VAE, capacity 25": ("beta_vae", "beta=100 capacity=25 capacity_steps=5000"),
    "beta-TCVAE": ("beta_tcvae", ""),
    "FactorVAE": ("factor_vae", ""),
    "DIP-VAE I": ("dip_vae", ""),
    "DIP-VAE II": ("dip_vae", "variant=ii"),
    "sparse encoder, L1": ("sparse_vae", "code_prior=normal"),
    "sparse encoder, rates": ("sparse_vae", "code_prior=normal encoder_penalty=kl"),
    "sparse prior, Laplace": ("sparse_vae", "code_prior=laplace encoder_penalty=none"),
    "sparse prior, spike and slab": ("sparse_vae", "encoder_penalty=none"),
    "sparse encoder and prior": ("sparse_vae", ""),
}
LEARNING_RATE = 0.001
METRICS = ("disentanglement", "reconstruction", "traversal")
# Column -> metric and value.
COLUMNS = {
    "FactorVAE score": ("disentanglement", "factor_vae"),
    "beta-VAE score": ("disentanglement", "beta_vae"),
    "MIG": ("disentanglement", "mig"),
    "DCI": ("disentanglement", "dci"),
    "SAP": ("disentanglement", "sap"),
    "modularity": ("disentanglement", "modularity"),
    "MSE": ("reconstruction", "mse"),
    "active units": ("traversal", "active_units"),
}


@dataclasses.dataclass(frozen=True)
class Run:
    """One training.

    Args:
        row: A name of `MODELS`.
        seed: Of the training.
        latent_dim: Size of the code.

    >>> Run("beta-VAE, 4", seed=1, latent_dim=10).name
    'beta-vae-4-s1'
    """

    row: str
    seed: int
    latent_dim: int

    @property
    def name(self) -> str:
        return f"{self.row.lower().replace(', ', '-').replace(' ', '-')}-s{self.seed}"

    @property
    def arguments(self) -> list:
        model, settings = MODELS[self.row]
        return [
            # One rate for all; that of FactorVAE is lower by default.
            *("--model", model, "--seed", self.seed, "--learning-rate", LEARNING_RATE),
            *("--set", f"latent_dim={self.latent_dim}", *settings.split()),
        ]


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.models, given.seeds, given.epochs = ["VAE", "sparse encoder and prior"], [0], 1
        given.dataset, given.image_size = f"folder:{few_sprites(given.work_dir / 'sprites')}", 16
        given.latent_dim, given.set = 3, ["num_images=100"]
    bench = make_bench(given, MODELS, given.latent_dim)
    # Before hours of training.
    data = load_dataset(given.dataset, data_dir=bench.data_dir, manual_dir=bench.manual_dir)
    if not data.spec.factor_sizes:
        raise SystemExit(f"the factors of {given.dataset} aren't known")
    # All models by the first seed first: a stopped table is one of fewer seeds.
    rows: dict[str, list[Values]] = {row: [] for row in given.models}
    for seed in given.seeds:
        for row in given.models:
            rows[row].append(scored(given, bench, row, seed))
    write_page(given.output, page(given, rows, references(given, bench, data)))


def few_sprites(folder: Path) -> Path:
    """Writes 576 sprites of three factors into a folder with `factors.csv`: data in no time."""
    sprites = Sprites()
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["image,shape,scale,x_position"]
    for number, (shape, scale, x) in enumerate(np.ndindex(3, 6, 32)):
        row = np.ravel_multi_index((shape, scale, 0, x, 15), tuple(FACTOR_SIZES.values()))
        Image.fromarray(sprites[[row]][0, ..., 0]).save(folder / f"{number:03}.png")
        lines.append(f"{number:03}.png,{shape},{scale},{x}")
    (folder / "factors.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


Values = Mapping[str, Mapping[str, float]]


def scored(given: argparse.Namespace, bench: Bench, row: str, seed: int) -> Values:
    """Metric -> name -> value of one run."""
    run = Run(row, seed, given.latent_dim)
    bench.train(run)
    return bench.scores([run], METRICS, f"scores-{run.name}")[run.name]


def references(given: argparse.Namespace, bench: Bench, data) -> dict[str, Mapping[str, float]]:
    """Scores of codes that are the factors, and of codes that are noise; of as many test images as
    the metric takes."""
    path = bench.folder / "results" / "references.json"
    if not path.exists():
        options = METRIC_TABLE.check_options("disentanglement", own_settings(given.set))
        rng = np.random.default_rng(0)
        factors = data.factors("test")
        factors = factors[rng.permutation(len(factors))[: options.pop("num_images", 10_000)]]
        noise = rng.normal(size=[len(factors), given.latent_dim])
        scores = {
            "(factors)": disentanglement.all_scores(factors, factors, **options),
            "(noise)": disentanglement.all_scores(noise, factors, **options),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(scores), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def own_settings(settings: Sequence[str]) -> dict[str, str]:
    """The options KEY=VALUE that the metric `disentanglement` has.

    >>> own_settings(["num_images=100", "shown=4"])
    {'num_images': '100'}
    """
    given = dict(entry.split("=", 1) for entry in settings)
    return {name: given[name] for name in given if name in METRIC_TABLE.defaults("disentanglement")}


def page(
    given: argparse.Namespace,
    found: Mapping[str, Sequence[Values]],
    known: Mapping[str, Mapping[str, float]],
) -> list[str]:
    """A row per model, then the rows for comparison."""
    rows = [
        {"model": row}
        | {
            column: summary([each[metric][name] for each in values])
            for column, (metric, name) in COLUMNS.items()
        }
        for row, values in found.items()
    ]
    for row, scores in known.items():
        cells_of = {
            column: summary([scores[name]])
            for column, (metric, name) in COLUMNS.items()
            if metric == "disentanglement"
        }
        rows.append({"model": row} | cells_of)
    return [
        f"Data set `{given.dataset}`, {given.epochs} epochs in batches of {given.batch_size}, "
        f"seeds {', '.join(map(str, given.seeds))}, {given.latent_dim} dimensions. "
        f"{cells(given.seeds)} Options of the metrics: {' '.join(given.set) or 'the defaults'}.",
        *("", *markdown_table(rows)),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_b.disentanglement",
        __doc__,
        "disentanglement",
        dataset="sprites",
        epochs=2,
        batch_size=128,
        quick="trial run: two models on a few sprites",
    )
    parser.set_defaults(image_size=32)
    add = parser.add_argument
    add("--models", nargs="+", default=list(MODELS), choices=MODELS, metavar="ROW",
        help=f"models to compare, among {', '.join(MODELS)}")  # fmt: skip
    add("--latent-dim", type=int, default=10, metavar="D", help="size of the code")
    return parser


if __name__ == "__main__":
    main()
