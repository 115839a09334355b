"""Table 4 and figure 1 of study C: generators of classes, scored by a classifier of their own.

    python -m benchmarks.study_c.table4 --manual-dir DIR    # MNIST, 3 seeds
    python -m benchmarks.study_c.table4 --quick             # does it run? digits; no result

Each autoencoder is trained by `train.py`. Each generator is fitted to it as `train.py --generator`
does; of its search the most varied candidates at several accuracies, by the classifiers that
searched, are drawn anew and scored by the classifier of `evaluate.py --metric generation`. The rows
that the study reports are also searched and scored as there, by one classifier of reconstructions.
The default takes some two hours on two cores. What was trained, searched and scored is kept under
--work-dir and not repeated.
"""

import argparse
import dataclasses
from collections.abc import Sequence

from benchmarks.bench import bench_of, cells, make_parser, write_page
from benchmarks.study_c.page import TABLE_LEVELS, budgets, figures, points, study_table, table
from benchmarks.study_c.search import Scored
from tfvae.cli.common import Settings, load_tensorflow
from tfvae.data import check_dataset_name
from tfvae.evaluation.report import markdown_table
from tfvae.generators import GENERATORS
from tfvae.schema import UsageError

DRAWS = 1000
# Who searches, and whether the same classifiers score.
PROTOCOL = {"searched_on": "both", "own_score": False}
STUDY_PROTOCOL = {"searched_on": "reconstructions", "own_score": True}
MODELS = {"ELBO": "vae", "MMD": "mmd_vae"}
# Settings that a run has of its own.
FIXED = {"network", "latent_dim"}


@dataclasses.dataclass(frozen=True)
class Run:
    """One autoencoder.

    Args:
        objective: "ELBO" or "MMD".
        latent_dim: Size of the code.
        seed: Of the training.
        settings: What differs from the model's defaults, KEY=VALUE; the same for all of a bench.
    """

    objective: str
    latent_dim: int
    seed: int
    settings: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """As the paper calls it."""
        return f"{self.objective}-{self.latent_dim}"

    @property
    def name(self) -> str:
        return f"{MODELS[self.objective]}-d{self.latent_dim}-s{self.seed}"

    @property
    def arguments(self) -> list:
        settings = ["network=dense", f"latent_dim={self.latent_dim}", *self.settings]
        return ["--model", MODELS[self.objective], "--seed", self.seed, "--set", *settings]


def main(arguments: Sequence[str] | None = None) -> None:
    given = _arguments(arguments)
    if given.quick:
        given.dataset, given.epochs, given.seeds, given.vaes = "digits", 2, [0], ["MMD-20"]
        given.generators, given.draws = ["simple", "medium2"], 20
        given.searched_on, given.settings = "images", {"medium2": {"steps": 10}}
    bench = bench_of(given, given.mmd_set)
    settings = {"ELBO": (), "MMD": tuple(f"{key}={value}" for key, value in given.mmd_set.items())}
    runs = [
        Run(objective, size, seed, settings[objective])
        for seed in given.seeds
        for objective, size in map(parts_of, given.vaes)
    ]
    for run in runs:
        bench.train(run)
    found = {run: Scored(bench, run, given).results() for run in runs}
    as_there = argparse.Namespace(**vars(given) | STUDY_PROTOCOL)
    repeated = {run: Scored(bench, run, as_there).study_rows() for run in runs}
    page = [
        f"Data set `{given.dataset}`, {given.epochs} epochs in batches of {given.batch_size}, "
        f"study C's dense networks, seeds {', '.join(map(str, given.seeds))}, settings of "
        f"`mmd_vae`: {' '.join(settings['MMD']) or 'the defaults'}. {given.draws} images "
        "per class and row, scored by one classifier of real images that no search asked. "
        "Asked for: the accuracy by the classifiers that searched, of which the candidate with the "
        "lowest cosine is taken (*: a seed didn't reach it and takes its most accurate one). "
        f"Search: the longest of the seeds. {cells(given.seeds)}",
        "",
        *markdown_table(table(found, given)),
        "",
        "## As the study scores",
        "",
        "The study's rows, searched and scored (on other draws) by one classifier, trained on the "
        "autoencoder's reconstructions. It takes for a 4 what the decoder makes of a 4.",
        "",
        *markdown_table(study_table(repeated)),
        "",
        "## Beside them",
        "",
        "Cells of real images: 95 % interval over images.",
        "",
        *markdown_table(points(found)),
        "",
        "## Budgets, and the minimum of eq. 4",
        "",
        "Cosine and accuracy, by the classifier of real images, of the candidate with the least "
        "sum of cosine and error by those that searched. First: seconds until a candidate was "
        f"right in {TABLE_LEVELS[0]} (never: a seed has none); whole: of the search; both of the "
        "slowest seed.",
        "",
        *markdown_table(budgets(found, given)),
    ]
    write_page(given.output, page)
    figures(bench, found, given)


def parts_of(kind: str) -> tuple[str, int]:
    """Objective and size of the code; raises ArgumentTypeError unless it is one that can be."""
    objective, _, size = kind.partition("-")
    if objective not in MODELS or not size.isdecimal() or not int(size):
        raise argparse.ArgumentTypeError(
            f"{kind!r} isn't {' or '.join(MODELS)} with the size of a code, such as MMD-20"
        )
    return objective, int(size)


def _kind(text: str) -> str:
    return "{}-{}".format(*parts_of(text))


def _draws(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number of images, at least 2")
    return int(text)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was given; wrong names and settings are told before hours of training."""
    parser = _parser()
    try:
        given = parser.parse_args(arguments)
        check_dataset_name(given.dataset)
        if fixed := FIXED & given.mmd_set.keys():
            names = ", ".join(sorted(fixed))
            raise UsageError(f"--mmd-set {names}: the study's networks and --vaes say it")
        if given.mmd_set:
            load_tensorflow()
            from tfvae import models

            models.MODELS.check_options(MODELS["MMD"], given.mmd_set)
    except UsageError as error:
        parser.error(str(error))
    for name in ("vaes", "generators", "seeds"):
        setattr(given, name, list(dict.fromkeys(getattr(given, name))))
    return given


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        __doc__,
        "generation_table",
        dataset="mnist",
        epochs=60,
        batch_size=128,
        quick="digits, one autoencoder of two epochs",
        metrics=False,
    )
    add = parser.add_argument
    add("--vaes", nargs="+", type=_kind, default=["ELBO-20", "MMD-20", "MMD-10"],
        help="objective and size of the code")  # fmt: skip
    add("--generators", nargs="+", default=list(GENERATORS), choices=list(GENERATORS))
    add("--draws", type=_draws, default=DRAWS, help="images per class in a score")
    add("--mmd-set", nargs="+", action=Settings, default={}, metavar="KEY=VALUE",
        help="settings of mmd_vae in place of its defaults")  # fmt: skip
    parser.set_defaults(settings={}, **PROTOCOL)
    return parser


if __name__ == "__main__":
    main()
