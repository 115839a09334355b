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
from collections.abc import Sequence

from benchmarks.bench import make_bench, make_parser
from benchmarks.pages import cells, write_page
from benchmarks.study_e.plan import OPTIONS
from benchmarks.study_e.tables import missing_table, models_table

MODELS = ("cvae", "fader", "stargan", "dualvae")


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
        page += ["", f"## {domains} domains", ""]
        page += models_table(bench, given.models, domains, given.seeds)
    if given.missing and given.missing_models:
        shares = [0.0, *sorted(given.missing)]
        domains = max(given.domains)
        page += ["", f"## Missing labels, {domains} domains", ""]
        page += missing_table(bench, given.missing_models, domains, shares, given.seeds)
    write_page(given.output, page)


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
