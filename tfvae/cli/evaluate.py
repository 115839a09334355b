"""`evaluate.py`: finds exports, their data and the metrics' options, and prints the scores."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfvae import files
from tfvae.cli.common import Parser, Settings, load_tensorflow, options_table, run_command
from tfvae.data import DATASETS, check_dataset_name
from tfvae.evaluation import ALL, METRICS, applicable_metrics, metric_needs, report
from tfvae.exports.reader import Export, newest_export
from tfvae.options import closest_name
from tfvae.schema import UsageError, UserError

EXAMPLES = """examples:
  python evaluate.py --metric cis
  python evaluate.py --metric all --saved-model saved_models/ccvae_mnist
  python evaluate.py --metric reconstruction,likelihood --seed 1 --json scores.json
  python evaluate.py --metric cis --saved-model saved_models/a --saved-model saved_models/b
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Scores as the arguments say; returns the exit status."""
    return run_command(_evaluate, argv)


def _evaluate(argv: Sequence[str]) -> None:
    parser = make_parser()
    given = vars(parser.parse_args(argv))
    names = metric_names(given["metric"]) if "metric" in given else []
    if given.get("help"):
        _print_help(parser, names)
        return
    if not names:
        raise UsageError(f"--metric is needed (valid: {_choices()})")
    seed = _seed(given.get("seed", "0"))
    if "dataset" in given:
        check_dataset_name(given["dataset"])
    everything = ALL in names
    if everything:
        # To know the options of every metric is to import them all.
        load_tensorflow()
    if not everything:
        settings = settings_by_metric(names, given.get("set", {}))

    paths = given.get("saved_model") or [
        newest_export(given.get("saved_models_dir", "saved_models"))
    ]
    exports = [Export.load(path) for path in paths]
    # Each export by its own metrics, on its own data.
    wanted = [applicable_metrics(export) if everything else names for export in exports]
    if everything:
        applicable = list(dict.fromkeys(name for metrics in wanted for name in metrics))
        settings = settings_by_metric(applicable, given.get("set", {}))
    sources = [dataset_for(export, given.get("dataset"), given.get("labels")) for export in exports]
    for name, _ in sources:
        check_dataset_name(name)
    # Metrics that compare score all exports at once, the others each on its own data.
    together = () if everything or len(exports) == 1 else comparing_metrics(names)
    for name in together:
        metric_needs(name).check_together(name, exports)

    load_tensorflow()
    from tfvae.data import load_dataset
    from tfvae.evaluation.evaluate import evaluate
    from tfvae.exports.reader import is_unchanged

    folders = {"data_dir": given.get("data_dir"), "manual_dir": given.get("manual_dir")}
    datasets: dict[str, Any] = {}
    keys = [json.dumps(source, sort_keys=True) for source in sources]
    for export, key, (name, options) in zip(exports, keys, sources, strict=True):
        if key not in datasets:
            datasets[key] = load_dataset(name, **folders, **options)
        if "dataset" not in given and not is_unchanged(export, datasets[key]):
            raise UserError(
                f"{name} has changed since {export.path} was trained: its test split may hold "
                f"images that were trained on; --dataset {name} scores the export on it even so"
            )
    jobs = [
        (metric, [export], key)
        for export, key, metrics in zip(exports, keys, wanted, strict=True)
        for metric in metrics
        if metric not in together
    ]
    jobs += [(metric, exports, keys[0]) for metric in together]
    documents = []
    for metric, scored, key in jobs:
        try:
            result = evaluate(
                metric,
                scored,
                datasets[key],
                seed=seed,
                output_dir=given.get("output_dir", "results"),
                settings=settings[metric],
            )
        except UserError as error:
            if not everything:
                raise
            # What these data can't tell doesn't keep the others from being scored.
            print(f"tfvae: {metric} left out: {error}", file=sys.stderr)
            continue
        report.print_result(result)
        documents.append(result.document)
    if not documents:
        raise UserError("no metric could be scored")
    if "json" in given:
        files.write_json(Path(given["json"]), documents[0] if len(documents) == 1 else documents)


def make_parser() -> Parser:
    """The options of `evaluate.py`."""
    parser = Parser(
        description="Score exported models.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--metric", metavar="NAME[,NAME]", help=f"which scores: {_choices()}")
    add(
        "--saved-model",
        action="append",
        metavar="PATH",
        help="export to score, repeatable (default the newest one)",
    )
    add(
        "--dataset",
        metavar="NAME",
        help=f"data set: {', '.join(DATASETS.choices)} (default the one it was trained on)",
    )
    add(
        "--labels",
        metavar="N|NAME,NAME",
        help="keep only these binary labels of --dataset: the first N, or these names",
    )
    add("--set", action=Settings, nargs="+", metavar="KEY=VALUE",
        help="options of the metric; --metric NAME --help lists them")  # fmt: skip
    add("--seed", metavar="SEED", help="of every random draw (default 0)")
    add("--output-dir", metavar="DIR", help="where results are written (default results)")
    add("--json", metavar="FILE", help="also write the scores here; a list where there are several")
    add("--data-dir", metavar="DIR", help="where TensorFlow Datasets keeps its files")
    add("--manual-dir", metavar="DIR", help="folder with archives fetched by hand, as in training")
    add("--saved-models-dir", metavar="DIR", help="where the newest export is looked for "
        "(default saved_models)")  # fmt: skip
    return parser


def metric_names(text: str) -> list[str]:
    """The names in `NAME[,NAME]`, each once.

    Raises:
        UsageError: an unknown name.
    """
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name != ALL:
            METRICS.check(name)
    return [ALL] if ALL in names else names


def comparing_metrics(names: Sequence[str]) -> tuple[str, ...]:
    """Those metrics that score several exports together."""
    return tuple(name for name in names if metric_needs(name).max_exports > 1)


def settings_by_metric(
    names: Sequence[str], settings: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Metric -> those settings that it has, in its types.

    Raises:
        UsageError: a key that none of the metrics has, or a bad value.
    """
    if len(names) == 1:
        return {names[0]: METRICS.check_options(names[0], settings)}
    known = {name: {option.name for option in METRICS.options(name)} for name in names}
    everything = set().union(*known.values())
    for key in settings:
        if key not in everything:
            closest = closest_name(key, everything)
            guess = f"did you mean {closest!r}? " if closest else ""
            raise UsageError(
                f"none of the metrics {', '.join(names)} has the option {key!r}; "
                f"{guess}(valid: {', '.join(sorted(everything))})"
            )
    return {
        name: METRICS.check_options(
            name, {key: value for key, value in settings.items() if key in known[name]}
        )
        for name in names
    }


def dataset_for(
    export: Export, given: str | None, labels: str | None = None
) -> tuple[str, dict[str, Any]]:
    """(data set, options to load it with) to score an export on.

    By default the very examples it was trained and tested on; other data come in the size of its
    images, with all labels but for those that are asked for.

    Raises:
        UsageError: labels are chosen of the export's own data, which come with its own.
    """
    own = export.manifest["dataset"]
    if given in (None, own):
        if labels is not None:
            raise UsageError(
                f"--labels goes with another --dataset; {export.path} is scored with its own labels"
            )
        return own, export.manifest.get("dataset_options", {})
    height, width, _ = export.spec.image_shape
    options = {"image_size": height} if height == width else {}
    return given, options if labels is None else {**options, "labels": labels}


def _seed(text: str) -> int:
    # As in training; Keras' generators end at 2**32.
    if not (text.isdecimal() and int(text) < 2**31):
        raise UsageError(f"--seed must be an integer from 0 to {2**31 - 1}, got {text!r}")
    return int(text)


def _choices() -> str:
    return ", ".join(METRICS.choices)


def _print_help(parser: Parser, names: Sequence[str]) -> None:
    print(parser.format_help())
    if not names or ALL in names:
        print("--metric NAME --help lists the options of a metric.")
        return
    for name in names:
        print(options_table(f"options of {name}", METRICS.options(name)), end="\n\n")
