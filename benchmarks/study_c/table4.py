"""Table 4 and figure 1 of Vargas Aguilar & Gu: generators of single classes for MNIST.

    python -m benchmarks.study_c.table4 --manual-dir DIR    # MNIST, 3 seeds
    python -m benchmarks.study_c.table4 --quick             # trial run; its scores mean nothing

Each autoencoder is trained by `train.py`, and each generator is fitted to it as by
`train.py --generator`. At several accuracies, the candidate with the lowest cosine similarity is
chosen by the classifiers of the search; new draws of it are scored by an independent classifier,
that of `evaluate.py --metric generation`. The rows that the study reports are also searched and
scored by its own protocol, with one classifier of reconstructions. The default takes some two hours
on two cores. What was trained, searched and scored is kept under --work-dir and not repeated.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from benchmarks.bench import make_bench, make_parser
from benchmarks.pages import cells, write_page
from benchmarks.study_c.page import budgets, images_table, study_table, table, write_figures
from benchmarks.study_c.plan import MODELS, TABLE_LEVELS, Plan
from benchmarks.study_c.search import Searches
from tfvae.cli.common import Settings, load_tensorflow
from tfvae.data import check_dataset_name
from tfvae.evaluation.report import markdown_table
from tfvae.generators import GENERATORS
from tfvae.schema import UsageError

# Settings of `mmd_vae` that --mmd-set may not change.
FIXED = {"network", "latent_dim"}
# What --quick changes in the plan.
QUICK: dict[str, Any] = {
    "vaes": ("MMD-20",),
    "generators": ("simple", "medium2"),
    "seeds": (0,),
    "draws": 20,
    "searched_on": "images",
    "settings": {"medium2": {"steps": 10}},
}


def main(arguments: Sequence[str] | None = None) -> None:
    given = parse(arguments)
    plan = make_plan(given)
    if given.quick:
        given.dataset, given.epochs = "digits", 2
        plan = dataclasses.replace(plan, **QUICK)
    bench = make_bench(given, given.mmd_set)
    for run in plan.runs:
        bench.train(run)
    found = {run: Searches(bench, run, plan).results() for run in plan.runs}
    as_in_study = plan.scored_as_in_study()
    repeated = {run: Searches(bench, run, as_in_study).study_rows() for run in plan.runs}
    page = [
        f"Data set `{bench.dataset}`, {bench.epochs} epochs in batches of {bench.batch_size}, the "
        f"study's dense networks, seeds {', '.join(map(str, plan.seeds))}, settings of "
        f"`mmd_vae`: {' '.join(plan.mmd_settings) or 'the defaults'}. {plan.draws} images per "
        "class and row, scored by an independent classifier, trained on real images and never used "
        "during a search. Asked for: an accuracy by the classifiers of the search; the row shows "
        "the candidate with the lowest cosine among those that reach it (*: for one seed none "
        "does, and its most accurate candidate is taken). Search: time of the slowest seed. "
        f"{cells(plan.seeds)}",
        "",
        *markdown_table(table(found, plan)),
        "",
        "## As the study scores",
        "",
        "The rows of the study's table, searched and scored (on other draws) by one classifier "
        "that was trained on the autoencoder's reconstructions. It accepts as a 4 whatever the "
        "decoder makes of a 4.",
        "",
        *markdown_table(study_table(repeated)),
        "",
        "## Real images and reconstructions",
        "",
        "Cells of real images: 95 % interval over images.",
        "",
        *markdown_table(images_table(found)),
        "",
        "## Budgets, and the minimum of eq. 4",
        "",
        "Cosine and accuracy at eq. 4: those of the candidate with the lowest sum of cosine and "
        "error by the classifiers of the search, scored by the independent classifier. First: "
        f"seconds until a candidate had an accuracy of {TABLE_LEVELS[0]} (never: for one seed none "
        "has); whole: seconds of the search; both of the slowest seed.",
        "",
        *markdown_table(budgets(found, plan)),
    ]
    write_page(given.output, page)
    write_figures(bench, found, plan, given.output)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; wrong names and settings are reported before hours of training."""
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
    return given


def make_plan(given: argparse.Namespace) -> Plan:
    """The plan that the arguments describe; what is given twice counts once."""
    return Plan(
        vaes=tuple(dict.fromkeys(given.vaes)),
        generators=tuple(dict.fromkeys(given.generators)),
        seeds=tuple(dict.fromkeys(given.seeds)),
        mmd_settings=tuple(f"{key}={value}" for key, value in given.mmd_set.items()),
        draws=given.draws,
    )


def _kind(text: str) -> str:
    """An autoencoder's name in the study: objective and size of the code, such as MMD-20."""
    objective, _, size = text.partition("-")
    if objective not in MODELS or not size.isdecimal() or not int(size):
        raise argparse.ArgumentTypeError(
            f"{text!r} isn't {' or '.join(MODELS)} with the size of a code, such as MMD-20"
        )
    return f"{objective}-{int(size)}"


def _draws(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number of images, at least 2")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_c.table4",
        __doc__,
        "generation_table",
        dataset="mnist",
        epochs=60,
        batch_size=128,
        quick="trial run: two epochs of one autoencoder on digits",
        metrics=False,
    )
    add = parser.add_argument
    add("--vaes", nargs="+", type=_kind, default=["ELBO-20", "MMD-20", "MMD-10"], metavar="VAE",
        help="autoencoders: objective and size of the code")  # fmt: skip
    add("--generators", nargs="+", default=list(GENERATORS), choices=list(GENERATORS),
        metavar="NAME", help="generators to fit")  # fmt: skip
    add("--draws", type=_draws, default=Plan.draws, metavar="N",
        help="images per class in a score")  # fmt: skip
    add("--mmd-set", nargs="+", action=Settings, default={}, metavar="KEY=VALUE",
        help="settings of mmd_vae in place of its defaults")  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
