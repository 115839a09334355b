"""Disentanglement and reconstruction of sparse VAEs and of models made for it, at equal budgets.

    python -m benchmarks.study_b.disentanglement
    python -m benchmarks.study_b.disentanglement --quick      # trial run; its scores mean nothing

Every model is trained with the same networks, code, images and number of steps, and scored by
`evaluate.py --metric disentanglement,reconstruction,latents`. Two rows without a model are for
comparison: codes that are the factors, and codes that are noise. Beside the page lies a figure, and
an animation, of traversals by all models at one test image.

Trained runs and their scores are kept under --work-dir, in a folder for each budget and set of
options, and not repeated: the command goes on where it was stopped.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.bench import Bench, by_run, make_bench, make_parser
from benchmarks.pages import cells, write_page
from benchmarks.study_b.page import Values, page
from benchmarks.study_b.plan import MODELS, Run, add_model_arguments
from benchmarks.study_b.together import agreement, kept, traversals
from tfvae.data import load_dataset
from tfvae.data.sources.sprites import FACTOR_SIZES, Sprites
from tfvae.evaluation import METRICS as METRIC_TABLE
from tfvae.evaluation import disentanglement

METRICS = ("disentanglement", "reconstruction", "latents")


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.models, given.seeds, given.epochs = ["VAE", "sparse encoder and prior"], [0, 1], 1
        given.dataset, given.image_size = f"folder:{few_sprites(given.work_dir / 'sprites')}", 16
        given.latent_dim, given.set = 3, ["num_images=100"]
    bench = make_bench(given, MODELS, given.latent_dim)
    # Before hours of training.
    data = load_dataset(given.dataset, data_dir=bench.data_dir, manual_dir=bench.manual_dir)
    if not data.spec.factor_sizes:
        raise SystemExit(f"the factors of {given.dataset} aren't known")
    # All models by the first seed first: a stopped table is one of fewer seeds.
    found: dict[str, list[Values]] = {row: [] for row in given.models}
    for seed in given.seeds:
        for row in given.models:
            found[row].append(scored(bench, Run(row, seed, given.latent_dim)))
    for row, values in found.items():
        runs = [Run(row, seed, given.latent_dim) for seed in given.seeds]
        for each, udr in zip(values, agreement(bench, runs), strict=True):
            each["udr"] = udr
    first = [Run(row, given.seeds[0], given.latent_dim) for row in given.models]
    traversals(bench, first, given.output)
    write_page(given.output, page(head(given), found, references(given, bench, data)))


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


def scored(bench: Bench, run: Run) -> dict[str, Mapping[str, float]]:
    """Metric -> name -> value of one run; `told` has the FactorVAE score of each factor."""
    bench.train(run)
    name = bench.call_name([run], METRICS, f"scores-{run.name}")
    documents = bench.documents([run], METRICS, name)
    factors = documents[METRICS.index("disentanglement")]["tables"]["Factors"]
    told = {row["factor"]: row["factor_vae"] for row in factors if row["factor_vae"] is not None}
    return {**by_run(documents, [run.name])[run.name], "told": told}


def references(given: argparse.Namespace, bench: Bench, data) -> dict[str, Values]:
    """Scores of codes that are the factors, and of codes that are noise; of as many test images as
    the metric takes."""

    def make() -> dict[str, Values]:
        options = METRIC_TABLE.check_options("disentanglement", own_settings(given.set))
        rng = np.random.default_rng(0)
        factors = data.factors("test")
        factors = factors[rng.permutation(len(factors))[: options.pop("num_images", 10_000)]]
        noise = rng.normal(size=[len(factors), given.latent_dim])
        return {
            name: {"disentanglement": disentanglement.all_scores(codes, factors, **options)}
            for name, codes in {"(factors)": factors, "(noise)": noise}.items()
        }

    return kept(bench, "references", make)


def own_settings(settings: Sequence[str]) -> dict[str, str]:
    """The options KEY=VALUE that the metric `disentanglement` has.

    >>> own_settings(["num_images=100", "shown=4"])
    {'num_images': '100'}
    """
    given = dict(entry.split("=", 1) for entry in settings)
    return {name: given[name] for name in given if name in METRIC_TABLE.defaults("disentanglement")}


def head(given: argparse.Namespace) -> str:
    return (
        f"Data set `{given.dataset}`, {given.epochs} epochs in batches of {given.batch_size}, "
        f"seeds {', '.join(map(str, given.seeds))}, {given.latent_dim} dimensions. "
        f"{cells(given.seeds)} Options of the metrics: {' '.join(given.set) or 'the defaults'}."
    )


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
    add_model_arguments(parser, MODELS, latent_dim=10)
    return parser


if __name__ == "__main__":
    main()
