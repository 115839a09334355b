"""The sweeps of Benyahia et al.: CCVAEs with several values of beta and sizes of the code.

    python -m benchmarks.study_d.sweep              # MNIST, 4 betas, 2 sizes, 3 seeds, and `cvae`
    python -m benchmarks.study_d.sweep --quick      # trial run; its scores mean nothing

Every model sees the same images equally often in batches of the same size, by default on the dense
networks of Vargas Aguilar & Gu (tables 1 and 2). The default trains and scores 33 runs: about 95
minutes on one core.

The study asks whether small changes of the label cause small changes of the image. So the CCVAE is
compared to `cvae`, whose decoder takes the label beside the code (concatenate) or as z + MLP(y)
(add). The rate of `cvae` has weight 1, so the comparison includes a CCVAE with beta = 1.

Trained runs and their scores are kept under --work-dir and not repeated: the command goes on where
it was stopped.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.bench import Bench, Scores, make_bench, make_parser
from benchmarks.pages import cells, summary, write_page
from benchmarks.study_d.figures import figures
from benchmarks.study_d.plan import Case, Plan, Run
from tfvae import plots
from tfvae.evaluation.report import markdown_table

METRICS = ("reconstruction", "classification", "generation", "interpolation", "label_mixing")
# Column -> metric, its value and the digits shown.
COLUMNS = {
    "distortion, nats": ("reconstruction", "distortion", 1),
    "MSE": ("reconstruction", "mse", 4),
    "SSIM": ("reconstruction", "ssim", 3),
    "classify: accuracy": ("classification", "accuracy", 3),
    "drawn for a label: accuracy": ("generation", "accuracy", 3),
    "drawn for a label: cosine": ("generation", "cosine_similarity", 3),
    "interpolation: largest step": ("interpolation", "largest_step", 2),
    "interpolation: path length": ("interpolation", "path_length", 2),
}
MIXING_COLUMNS = {
    "first step": ("label_mixing", "first_step", 4),
    "ends": ("label_mixing", "distance", 3),
    "other noise": ("label_mixing", "seed_distance", 3),
    "path length": ("label_mixing", "path_length", 2),
    "first step, share": ("label_mixing", "first_step_share", 3),
    "largest step, share": ("label_mixing", "largest_step_share", 3),
}
# Columns for which each model is compared to `cvae` with z + MLP(y).
COMPARED = ("first step", "first step, share", "largest step, share")
# What --quick changes in the plan.
QUICK: dict[str, Any] = {
    "betas": (0.05, 0.4),
    "latent_dims": (16,),
    "compared_betas": (),
    "shown_beta": 0.05,
    "seeds": (0,),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.shown_beta not in given.betas:
        parser.error(f"--shown-beta {given.shown_beta:g} is none of --betas")
    plan = make_plan(given)
    if given.quick:
        plan = dataclasses.replace(plan, **QUICK)
        given.dataset, given.epochs = "digits", 1
        given.set = ["num_images=20", "num_pairs=10", "classifier=cnn"]
    bench = make_bench(given)
    if given.quick:
        # Compiling would take longer than it saves in so short a training.
        bench = dataclasses.replace(bench, train_options=[*bench.train_options, "--jit", "off"])
    runs = [Run(case, seed) for case in plan.cases for seed in plan.seeds]
    print(
        f"{len(runs)} runs of {bench.epochs} epochs, then evaluate.py for each of "
        f"{len(plan.seeds)} seeds",
        file=sys.stderr,
    )
    for run in runs:
        bench.train(run)
    scores: Scores = {}
    for seed in plan.seeds:
        of_seed = [Run(case, seed) for case in plan.cases]
        scores |= bench.scores(of_seed, METRICS, f"scores-s{seed}")
    page = [*_introduction(bench, plan, runs, given.set), *_tables(bench, plan, scores)]
    page += ["", "## Figures", "", f"Images: seed {plan.seeds[0]}. Curves: mean over seeds, their "
             "range shaded."]  # fmt: skip
    given.output.parent.mkdir(parents=True, exist_ok=True)
    for name, (title, figure) in figures(bench, plan).items():
        path = given.output.with_name(f"{given.output.stem}-{name}.png")
        plots.save_figure(figure, path)
        page += ["", f"![{title}]({path.name})"]
    write_page(given.output, page)


def make_plan(given: argparse.Namespace) -> Plan:
    """The plan that the arguments describe; what is given twice counts once."""
    return Plan(
        betas=tuple(dict.fromkeys(given.betas)),
        latent_dims=tuple(dict.fromkeys(given.latent_dims)),
        compared_betas=tuple(dict.fromkeys(given.compared_betas)),
        shown_beta=given.shown_beta,
        network=given.network,
        seeds=tuple(dict.fromkeys(given.seeds)),
    )


def _introduction(
    bench: Bench, plan: Plan, runs: Sequence[Run], settings: Sequence[str]
) -> list[str]:
    minutes = sum(bench.seconds(run) for run in runs) / 60
    return [
        f"Data set `{bench.dataset}`, {bench.epochs} epochs in batches of {bench.batch_size} for "
        f"every model, network `{plan.network}`, seeds {', '.join(map(str, plan.seeds))}: "
        f"{len(runs)} runs, {minutes:.0f} minutes of training in all. {cells(plan.seeds)} All are "
        "scored by one classifier on the same draws, so intervals are over trainings alone. "
        f"Options of the metrics: {' '.join(settings) or 'the defaults'}.",
    ]


def _tables(bench: Bench, plan: Plan, scores: Scores) -> list[str]:
    """Two tables with a row per case: scores of the models, and of images for mixed labels."""
    cases, seeds = plan.cases, plan.seeds

    def values(case: Case, metric: str, name: str) -> list[float]:
        """One value per seed; empty if it is undefined for any of them."""
        found = [scores[Run(case, seed).name].get(metric, {}).get(name) for seed in seeds]
        return [] if None in found else found

    def cells_of(case: Case, columns) -> dict[str, str]:
        settings = bench.manifest(Run(case, seeds[0]))["hyperparameters"]
        row = {
            "model": f"`{case.model}`",
            "β or conditioning": str(case.value),
            "latent size": str(case.latent_dim),
            "for the label": str(settings.get("characteristic_dim", "")),
        }
        for column, (metric, name, digits) in columns.items():
            parts = values(case, metric, name)
            row[column] = summary(parts, digits) if parts else ""
        return row

    rows, mixed = [], []
    added = next(case for case in cases if case.value == "add")
    for case in cases:
        seconds = [bench.seconds(Run(case, seed)) for seed in seeds]
        rows.append(cells_of(case, COLUMNS) | {"training, s": f"{sum(seconds) / len(seeds):.0f}"})
        mixed.append(cells_of(case, MIXING_COLUMNS))
        for column in COMPARED:
            metric, name, digits = MIXING_COLUMNS[column]
            pairs = list(zip(values(case, metric, name), values(added, metric, name)))
            if pairs and case != added:
                difference = summary([own - other for own, other in pairs], digits)
                mixed[-1][f"{column}: difference to `add`"] = difference
    lines = ["", "## Beta and latent size", "", *markdown_table(rows)]
    real = values(cases[0], "generation", "real_accuracy")
    if real:
        cosine = values(cases[0], "generation", "real_cosine_similarity")
        lines += [
            "",
            f"Real test images: accuracy {real[0]:.3f} by the same classifier, cosine similarity "
            f"{cosine[0]:.3f}.",
        ]
    return [
        *lines,
        "",
        "For the label: how many dimensions of its code `ccvae` reserves for the label. `cvae` has "
        "its whole code beside the label; its interpolations also go from the label of one image "
        "to that of the other.",
        *("", "## Labels mixed", ""),
        "Distances are root mean squares over pixels in [0, 1], between images drawn with the same "
        "noise: after the first of ten steps from one label to another, and after all of them "
        "(ends); for comparison, the distance between images of one label drawn with other noise. "
        "Shares are of the length of the whole path; with ten equal steps each is 0.1. Read them "
        "together with the distances and the accuracy above: a model that hardly follows its label "
        "also changes evenly. `add`: z + MLP(y).",
        *("", *markdown_table(mixed)),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_d.sweep",
        __doc__,
        "ccvae_sweep",
        dataset="mnist",
        epochs=20,
        batch_size=128,
        quick="trial run: one epoch of four models on digits",
    )
    add = parser.add_argument
    add("--betas", type=float, nargs="+", default=[0.001, 0.05, 0.2, 0.4], metavar="BETA",
        help="weights of the rate of ccvae")  # fmt: skip
    add("--latent-dims", type=int, nargs="+", default=[16, 128], metavar="SIZE",
        help="sizes of the code of ccvae")  # fmt: skip
    add("--compared-betas", type=float, nargs="*", default=[1.0], metavar="BETA",
        help="further betas, with the smallest code alone")  # fmt: skip
    add("--shown-beta", type=float, default=0.05, metavar="BETA",
        help="beta of the figures that compare sizes of the code")  # fmt: skip
    add("--network", default="dense", choices=["auto", "dense", "conv"],
        help="networks of all models")  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
