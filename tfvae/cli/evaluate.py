"""`evaluate.py`: scores exports by metrics, prints the scores and writes them to files."""

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfvae import files
from tfvae.cli.common import Parser, Settings, load_tensorflow, options_table, run_command
from tfvae.data import DATASETS
from tfvae.evaluation import ALL, METRICS, report
from tfvae.evaluation.plan import Plan, check_seed, metric_names
from tfvae.schema import UsageError, UserError

EXAMPLES = """examples:
  python evaluate.py --metric cis
  python evaluate.py --metric all --saved-model saved_models/ccvae_mnist
  python evaluate.py --metric reconstruction,likelihood --seed 1 --json scores.json
  python evaluate.py --metric cis --saved-model saved_models/a --saved-model saved_models/b
  python evaluate.py --metric swap --saved-model saved_models/a --saved-model saved_models/b
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Scores exports as the arguments say.

    Args:
        argv: Arguments; None: those of the process.
    Returns:
        Exit status, as `run_command`. Errors are printed on stderr in one line.

    >>> import contextlib, io
    >>> with contextlib.redirect_stderr(io.StringIO()) as printed:
    ...     status = main(["--metric", "cross"])
    >>> status, printed.getvalue().split(" (")[0]
    (2, "tfvae: error: unknown metric 'cross'; did you mean 'crosstalk'?")
    """
    return run_command(_evaluate, argv)


def _evaluate(argv: Sequence[str]) -> None:
    parser = make_parser()
    given = vars(parser.parse_args(argv))
    if given.get("help"):
        _print_help(parser, metric_names(given["metric"]) if "metric" in given else [])
        return
    # A wrong seed is reported before any export is looked for.
    seed = check_seed(given.get("seed", "0"))
    plan = Plan.make(
        given.get("metric", ""),
        given.get("saved_model", ()),
        dataset=given.get("dataset"),
        labels=given.get("labels"),
        settings=given.get("set"),
        saved_models_dir=given.get("saved_models_dir", "saved_models"),
    )
    if "json" in given:
        path = Path(given["json"])
        if path.is_dir():
            raise UsageError(f"--json {path} is a folder: give the name of a file")
        files.check_places({"--json": path.parent})
    files.check_places({"--output-dir": Path(given.get("output_dir", "results"))})
    load_tensorflow()
    documents: list = []
    with _written(given.get("json"), documents, single=len(plan.jobs) == 1):
        for scored in plan.run(
            seed=seed,
            output_dir=given.get("output_dir", "results"),
            data_dir=given.get("data_dir"),
            manual_dir=given.get("manual_dir"),
        ):
            report.print_report(scored)
            documents.append(scored.document)


@contextlib.contextmanager
def _written(path: str | None, documents: list, single: bool) -> Iterator[None]:
    """Writes the documents that a `with` block has added, also where it fails."""

    def write() -> None:
        if path is not None and documents:
            files.write_json(Path(path), documents[0] if single else documents)

    try:
        yield
    except BaseException:
        # The error that came first is the one to tell.
        with contextlib.suppress(UserError):
            write()
        raise
    write()


def make_parser() -> Parser:
    """The parser of the options of `evaluate.py`.

    >>> vars(make_parser().parse_args(["--metric", "cis", "--set", "repeats=1"]))
    {'metric': 'cis', 'set': {'repeats': '1'}}
    """
    parser = Parser(
        description="Score exported models.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--metric", metavar="NAME[,NAME]", help=f"metrics to compute: {_choices()}")
    add(
        "--saved-model",
        action="append",
        metavar="PATH",
        help="export to score; may be given several times (default the newest one). An export is a "
        "program, which can read and write files: score those of people whom you trust",
    )
    add(
        "--dataset",
        action="append",
        metavar="NAME",
        help=f"data set: {', '.join(DATASETS.choices)} (default the one that the export was "
        "trained on); may be given once for each export",
    )
    add(
        "--labels",
        metavar="N|NAME,NAME",
        help="keep only these binary labels of --dataset: the first N, or these names",
    )
    add("--set", action=Settings, nargs="+", metavar="KEY=VALUE",
        help="options of the metric; --metric NAME --help lists them")  # fmt: skip
    add("--seed", metavar="SEED", help="seed of every random draw (default 0)")
    add("--output-dir", metavar="DIR", help="folder that results are written to (default results)")
    add("--json", metavar="FILE", help="also write the scores to this file, as a list if there are "
        "several")  # fmt: skip
    add("--data-dir", metavar="DIR", help="folder in which TensorFlow Datasets keeps its files")
    add("--manual-dir", metavar="DIR", help="folder with archives that were downloaded by hand, "
        "as in training")  # fmt: skip
    add("--saved-models-dir", metavar="DIR", help="folder in which the newest export is looked for "
        "(default saved_models)")  # fmt: skip
    return parser


def _choices() -> str:
    return ", ".join(METRICS.choices)


def _print_help(parser: Parser, names: Sequence[str]) -> None:
    print(parser.format_help())
    if not names or ALL in names:
        print("--metric NAME --help lists the options of a metric.")
        return
    for name in names:
        print(options_table(f"options of {name}", METRICS.options(name)), end="\n\n")
