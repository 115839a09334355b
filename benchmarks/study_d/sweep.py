"""The sweeps of the characteristic-capture study (D): CCVAE over beta and the size of the code.

    python -m benchmarks.study_d.sweep            # MNIST, 4 betas, 2 sizes, 3 seeds, and `cvae`
    python -m benchmarks.study_d.sweep --quick    # does it run? one epoch on `digits`; no result

Every model sees the same images equally often in batches of the same size, on the dense networks
of study C. The default trains and scores 33 runs: about 95 minutes on one core. `cvae`, whose
decoder takes the label beside the code (concatenate) or as z + MLP(y) (add), stands beside for the
study's question: do labels that differ a little give images that do? Its rate has weight 1, so the
comparison also has a CCVAE of beta 1. Trained runs and scored ones are kept under --work-dir and
not repeated: the command goes on where it was stopped.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence

from benchmarks.bench import Bench, Scores, bench_of, cells, make_parser, summary, write_page
from benchmarks.study_d.figures import figures
from tfvae.evaluation.report import markdown_table

METRICS = ("reconstruction", "classification", "generation", "interpolation", "label_mixing")
CONDITIONINGS = ("concatenate", "add")
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
# Of these, each model's difference to z + MLP(y).
COMPARED = ("first step", "first step, share", "largest step, share")


@dataclasses.dataclass(frozen=True)
class Case:
    """What a row of the tables is: a model, trained once per seed.

    Args:
        model: Its name.
        latent_dim: Size of the code.
        value: beta of `ccvae`, conditioning of `cvae`.
        network: Name of its networks.
    """

    model: str
    latent_dim: int
    value: float | str
    network: str

    @property
    def title(self) -> str:
        """As figures name it."""
        value = self.value if self.model == "cvae" else f"β = {self.value:g}"
        return f"{self.model}, {value}"


@dataclasses.dataclass(frozen=True)
class Run:
    """One training of a case."""

    case: Case
    seed: int

    @property
    def name(self) -> str:
        case = self.case
        value = case.value if case.model == "cvae" else f"beta{case.value:g}"
        return f"{case.model}-{value}-{case.network}-d{case.latent_dim}-s{self.seed}"

    @property
    def arguments(self) -> list:
        case = self.case
        key = "conditioning" if case.model == "cvae" else "beta"
        settings = [f"network={case.network}", f"latent_dim={case.latent_dim}"]
        settings += [f"{key}={case.value}"]
        return ["--model", case.model, "--seed", self.seed, "--set", *settings]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    given = parser.parse_args(arguments)
    for name in ("betas", "latent_dims", "compared_betas", "seeds"):
        setattr(given, name, list(dict.fromkeys(getattr(given, name))))
    if given.shown_beta not in given.betas:
        parser.error(f"--shown-beta {given.shown_beta:g} is none of --betas")
    if given.quick:
        given.dataset, given.epochs, given.seeds = "digits", 1, [0]
        given.betas, given.latent_dims, given.compared_betas = [0.05, 0.4], [16], []
        given.set = ["num_images=20", "num_pairs=10", "classifier=cnn"]
    bench = bench_of(given)
    if given.quick:
        # So short a training doesn't repay the compiler.
        bench = dataclasses.replace(bench, train_options=[*bench.train_options, "--jit", "off"])
    cases = all_cases(given)
    runs = [Run(case, seed) for case in cases for seed in given.seeds]
    print(
        f"{len(runs)} runs of {given.epochs} epochs, then evaluate.py for each of "
        f"{len(given.seeds)} seeds",
        file=sys.stderr,
    )
    for run in runs:
        bench.train(run)
    scores: Scores = {}
    for seed in given.seeds:
        scores |= bench.scores([Run(case, seed) for case in cases], METRICS, f"scores-s{seed}")
    page = [*_introduction(bench, given, runs), *_tables(bench, cases, given.seeds, scores)]
    page += ["", "## Figures", "", f"Images: seed {given.seeds[0]}. Curves: mean over seeds, their "
             "range shaded."]  # fmt: skip
    given.output.parent.mkdir(parents=True, exist_ok=True)
    for name, (title, figure) in figures(bench, cases, given, Run).items():
        path = given.output.with_name(f"{given.output.stem}-{name}.png")
        figure.savefig(path, dpi=100)
        page += ["", f"![{title}]({path.name})"]
    write_page(given.output, page)


def all_cases(given: argparse.Namespace) -> list[Case]:
    """The sweep, then what it is compared with at the smallest code."""
    smallest = min(given.latent_dims)
    sweep = [("ccvae", size, beta) for size in sorted(given.latent_dims) for beta in given.betas]
    more = [("ccvae", smallest, beta) for beta in given.compared_betas if beta not in given.betas]
    more += [("cvae", smallest, conditioning) for conditioning in CONDITIONINGS]
    return [Case(*what, given.network) for what in (*sweep, *more)]


def _introduction(bench: Bench, given: argparse.Namespace, runs: Sequence[Run]) -> list[str]:
    minutes = sum(bench.seconds(run) for run in runs) / 60
    return [
        f"Data set `{given.dataset}`, {given.epochs} epochs in batches of {given.batch_size} for "
        f"every model, network `{given.network}`, seeds {', '.join(map(str, given.seeds))}: "
        f"{len(runs)} runs, {minutes:.0f} minutes of training in all. {cells(given.seeds)} All are "
        "scored by one classifier on the same draws, so intervals are over trainings alone. "
        f"Options of the metrics: {' '.join(given.set) or 'the defaults'}.",
    ]


def _tables(bench: Bench, cases: Sequence[Case], seeds: Sequence[int], scores: Scores) -> list[str]:
    """All that is scored of single exports, and labels mixed."""

    def values(case: Case, metric: str, name: str) -> list[float]:
        """One per seed; empty where a seed's is undefined."""
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
        "For the label: dimensions of the code that `ccvae` gives it; `cvae` has its whole code "
        "beside the label, and its interpolations go between the labels of the images too.",
        *("", "## Labels mixed", ""),
        "Distances are root mean squares over pixels in [0, 1], the noise kept: what the first of "
        "ten steps to another label changes, what all of them do, and beside them what other noise "
        "does at the same label. Shares are of the length of the path, 0.1 is even. Read them "
        "beside the distances and the accuracy above: a model that hardly follows its label "
        "changes evenly too. `add`: z + MLP(y).",
        *("", *markdown_table(mixed)),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        __doc__,
        "ccvae_sweep",
        dataset="mnist",
        epochs=20,
        batch_size=128,
        quick="one epoch of four models on digits",
    )
    add = parser.add_argument
    add("--betas", type=float, nargs="+", default=[0.001, 0.05, 0.2, 0.4], help="of ccvae")
    add("--latent-dims", type=int, nargs="+", default=[16, 128], help="of ccvae")
    add("--compared-betas", type=float, nargs="*", default=[1.0],
        help="more, of the smallest code alone")  # fmt: skip
    add("--shown-beta", type=float, default=0.05, help="in figures by latent size")
    add("--network", default="dense", choices=["auto", "dense", "conv"])
    return parser


if __name__ == "__main__":
    main()
