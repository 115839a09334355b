"""Table 1 of Okamoto et al. (2018): models trained alike, and compared by the CIS.

    python -m benchmarks.study_e.table1              # avatars, 20 and 40 domains, 3 seeds
    python -m benchmarks.study_e.table1 --quick      # trial run; its scores mean nothing

Every model sees the same images equally often in batches of the same size, with the options in
`plan.OPTIONS`, which were chosen on validation images (docs/results/cis.md). The strength of a
model's transfer is chosen on validation images too, by `evaluate.py --metric cis`.

Trained runs and their scores are kept under --work-dir, in a folder for each budget and set of
options, and not repeated: the command goes on where it was stopped. It does not notice that the
code has changed since a run was trained; give another --work-dir then.
"""

import argparse
import itertools
from collections.abc import Sequence

import numpy as np

from benchmarks.bench import Bench, digest, make_bench, make_parser
from benchmarks.pages import cells, summary, write_page
from benchmarks.study_e.plan import OPTIONS, STUDY, Run
from tfvae.evaluation.report import markdown_table

MODELS = ("cvae", "fader", "stargan", "dualvae")


def score(bench: Bench, runs: Sequence[Run], name: str) -> dict:
    """Values of `cis` for several runs that are compared, each value of a run as `RUN/NAME`."""
    name = f"{name}-{digest([run.name for run in runs])}"
    values = bench.documents(runs, ["cis"], name)[0]["values"]
    if len(runs) == 1:
        # The values of a single export lack its name.
        values |= {f"{runs[0].name}/{part}": value for part, value in values.items()}
    return values


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.models, given.seeds, given.domains = ["cvae", "dualvae"], [0], [5]
        given.epochs, given.missing = 1, [0.9]
        given.set = ["classifier=cnn", "num_images=40", "repeats=1", "validation_images=20"]
    bench = make_bench(given, OPTIONS)
    page = [
        f"Data set `{bench.dataset}`, {bench.epochs} epochs in batches of {bench.batch_size} for "
        f"every model, seeds {', '.join(map(str, given.seeds))}. "
        f"{cells(given.seeds)} Options of the metric: "
        f"{' '.join(given.set) or 'the defaults'}.",
    ]
    for domains in given.domains:
        page += _table(bench, given.models, domains, given.seeds)
    if given.missing and given.missing_models:
        shares = [0.0, *sorted(given.missing)]
        page += _missing(bench, given.missing_models, max(given.domains), shares, given.seeds)
    write_page(given.output, page)


def _table(bench: Bench, models: Sequence[str], domains: int, seeds: Sequence[int]) -> list[str]:
    """The models for one number of domains, best first, with the lead of DualVAE over each."""
    runs = {model: [Run(model, domains, seed) for seed in seeds] for model in models}
    for run in itertools.chain(*runs.values()):
        bench.train(run)
    found = [
        score(bench, [Run(model, domains, seed) for model in models], f"table-{domains}-s{seed}")
        for seed in seeds
    ]

    def values(model: str, part: str) -> list[float]:
        return [each[f"{run.name}/{part}"] for each, run in zip(found, runs[model], strict=True)]

    first, rows = found[0], []
    for model in sorted(models, key=lambda name: -np.mean(values(name, "cis"))):
        row = {"model": f"`{model}`", "CIS": summary(values(model, "cis"))}
        row |= {part: summary(values(model, part)) for part in ("ts", "rs")}
        if "oracle_cis" in first:
            row["share of oracle"] = summary(values(model, "share_of_oracle"))
        if "dualvae" in models and model != "dualvae":
            pairs = zip(values("dualvae", "cis"), values(model, "cis"), strict=True)
            row["dualvae's CIS less it"] = summary([ours - other for ours, other in pairs])
        row["strength"] = ", ".join(f"{value:g}" for value in values(model, "strength"))
        row["training, s"] = f"{np.mean([bench.seconds(run) for run in runs[model]]):.0f}"
        row["study, on CelebA"] = STUDY.get(model, {}).get(domains, "")
        rows.append(row)
    for name in ("oracle", "identity"):
        if f"{name}_cis" in first:
            rows.append({"model": name, "CIS": f"{first[f'{name}_cis']:.3f}"})
    return [
        *("", f"## {domains} domains", ""),
        *markdown_table(rows),
        "",
        f"The classifier is right on {first['classifier_accuracy']:.3f} of the test labels"
        f" (balanced: {first['classifier_balanced_accuracy']:.3f}).",
    ]


def _missing(
    bench: Bench,
    models: Sequence[str],
    domains: int,
    shares: Sequence[float],
    seeds: Sequence[int],
) -> list[str]:
    """CIS of models trained with shares of their labels hidden, compared to none hidden."""
    cases = list(itertools.product(models, shares))
    found = []
    for seed in seeds:
        runs = [Run(model, domains, seed, share) for model, share in cases]
        for run in runs:
            bench.train(run)
        found.append(score(bench, runs, f"missing-{domains}-s{seed}"))

    def values(model: str, share: float, part: str) -> list[float]:
        names = [Run(model, domains, seed, share).name for seed in seeds]
        return [each[f"{name}/{part}"] for each, name in zip(found, names, strict=True)]

    rows = []
    for model, share in cases:
        pairs = list(zip(values(model, share, "cis"), values(model, 0.0, "cis"), strict=True))
        row = {"model": f"`{model}`", "labels hidden": f"{share:.0%}"}
        row |= {part: summary(values(model, share, part)) for part in ("cis", "ts", "rs")}
        row["less than with all labels"] = summary([some - full for some, full in pairs])
        if all(full > 0 for _, full in pairs):
            row["share of it"] = summary([some / full for some, full in pairs])
        rows.append(row)
    return ["", f"## Missing labels, {domains} domains", "", *markdown_table(rows)]


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_e.table1",
        __doc__,
        "cis_table",
        dataset="avatars",
        epochs=8,
        batch_size=64,
        quick="trial run: one epoch of two models",
    )
    add = parser.add_argument
    add("--domains", type=int, nargs="+", default=[20, 40], metavar="N",
        help="numbers of labels; a table for each")  # fmt: skip
    add("--models", nargs="+", default=list(MODELS), metavar="MODEL", help="rows of the tables")
    add("--missing", type=float, nargs="*", default=[0.9], metavar="SHARE",
        help="shares of the training labels to hide, in a table with the most domains")  # fmt: skip
    add("--missing-models", nargs="*", default=["dualvae"], metavar="MODEL",
        help="rows of the table with labels hidden")  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
