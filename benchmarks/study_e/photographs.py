"""The study on photographs: models trained to their ends, and what the CIS can't see.

    python -m benchmarks.study_e.photographs --dataset folder:PATH/celeba --image-size 32
    python -m benchmarks.study_e.photographs --quick    # trial run; its scores mean nothing

Every model is trained until its own score on validation images no longer rises (`plan.ENDS`), with
the options of table 1. Two protocols stand side by side: strength 1 for all models, at which a
transfer arrives at its label, and the strength chosen on validation images. Beside the CIS come the
distance of transferred images from real ones with the label, and how much of the image is kept; a
figure shows both over strengths.

Trained runs and their scores are kept under --work-dir and not repeated, as by
`benchmarks.study_e.table1`.
"""

import argparse
import dataclasses
import functools
from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.bench import Bench, make_bench, make_parser
from benchmarks.pages import cells, summary, write_page
from benchmarks.study_e.plan import ENDS, OPTIONS, Run
from benchmarks.study_e.tables import missing_table, models_table, score
from tfvae import plots
from tfvae.evaluation import METRICS
from tfvae.evaluation.report import markdown_table

AT_ONE = ("--set", "strength=1")
# The strengths of the figure.
STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
MODELS = tuple(ENDS)
# Column of the tables on what the CIS doesn't see -> value of `fidelity` or `style`.
KEPT = {
    "distance from real": "transfers_kid",
    "of reconstructions": "label_reconstructions_kid",
    "ratio": "transfers_ratio",
    "cosine kept": "cosine_kept",
    "cosine kept by reconstructions": "reconstruction_cosine_kept",
    "own nearest": "own_nearest",
    "outside change": "outside_change",
    "MSE to the true edit": "edit_mse",
    "SSIM to it": "edit_ssim",
}
# Of the study's claim on the number of attributes.
COMPARED = ("dualvae", "cvae")


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.dataset, given.models, given.seeds = "avatars", ["cvae", "dualvae"], [0]
        given.domains, given.epochs, given.missing = [5], 1, [0.9]
        given.set = ["classifier=cnn", "num_images=40", "repeats=1", "validation_images=20"]
        given.kept = ["num_images=20", "features=classifier"]
        given.strengths = [1.0, 4.0]
    bench = make_bench(given, OPTIONS, ENDS)
    make_run = functools.partial(Run, most_epochs=given.epochs)
    most = max(given.domains)
    page = [
        f"Data set `{bench.dataset}`, batches of {bench.batch_size}, seeds "
        f"{', '.join(map(str, given.seeds))}. {cells(given.seeds)} Options of `cis`: "
        f"{' '.join(given.set) or 'the defaults'}.",
        *("", f"## Strength 1, {most} domains", ""),
        *models_table(bench, given.models, most, given.seeds, make_run, AT_ONE),
        *("", f"## Strength chosen on validation images, {most} domains", ""),
        *models_table(bench, given.models, most, given.seeds, make_run),
        *("", "## Until when each model was trained", ""),
        *markdown_table([_ends(bench, model, most, given, make_run) for model in given.models]),
    ]
    for title, chosen in (("strength 1", False), ("strength chosen", True)):
        rows = [_kept_row(bench, model, most, given, make_run, chosen) for model in given.models]
        page += ["", f"## What the CIS doesn't see, {title}", "", *markdown_table(rows)]
    page += ["", "## Reached and kept", "", *_front(bench, most, given, make_run)]
    if given.missing and given.missing_models:
        shares = [0.0, *sorted(given.missing)]
        page += ["", f"## Missing labels, {most} domains", ""]
        page += missing_table(bench, given.missing_models, most, shares, given.seeds, make_run)
    if len(given.domains) > 1:
        page += ["", "## Number of attributes", "", *_numbers(bench, given, make_run)]
    write_page(given.output, page)


def _ends(bench: Bench, model: str, domains: int, given, make_run) -> dict[str, str]:
    runs = [make_run(model, domains, seed) for seed in given.seeds]
    about = [bench.manifest(run)["training"] for run in runs]
    return {
        "model": f"`{model}`",
        "epochs": ", ".join(str(each["epochs"]) for each in about),
        "best": ", ".join(str(each["exported_epoch"]) for each in about),
        "at most": str(min(given.epochs, ENDS[model][0])),
        "training, s": ", ".join(f"{each['seconds']:.0f}" for each in about),
    }


def _kept_row(
    bench: Bench, model: str, domains: int, given, make_run, chosen: bool
) -> dict[str, str]:
    """Distance from real images, and what is kept, of a model: means over seeds."""
    found = []
    for seed in given.seeds:
        run = make_run(model, domains, seed)
        strength = 1.0
        if chosen:
            strength = score(bench, run)["strength"]
        found.append(_kept(bench, run, given, strength))
    # A ratio is left out where its denominator may be 0, which may be so for some seeds alone.
    return {"model": f"`{model}`"} | {
        column: summary([each[name] for each in found])
        for column, name in KEPT.items()
        if all(name in each for each in found)
    }


def _kept(
    bench: Bench, run: Run, given, strength: float, metrics: Sequence[str] = ("fidelity", "style")
) -> dict[str, float]:
    """Values of metrics, without the name of the network whose features they compare."""
    taken = {option.name for metric in metrics for option in METRICS.options(metric)}
    options = ["--set", f"strength={strength:g}"]
    options += [each for each in given.kept if each.partition("=")[0] in taken]
    # Without the options of `cis`.
    bench = dataclasses.replace(bench, evaluate_options=())
    scores = bench.scores([run], metrics, f"kept-{run.name}", options)[run.name]
    values = {name: value for each in scores.values() for name, value in each.items()}
    # Some names end with that of the network whose features are compared.
    return {
        name: value
        for name in KEPT.values()
        for full, value in values.items()
        if full.startswith(name)
    }


def _front(bench: Bench, domains: int, given, make_run) -> list[str]:
    """Reached and kept over strengths, first seed: a figure, and who is on the Pareto front."""
    seed = given.seeds[0]
    lines: dict[str, list[tuple[float, float, str]]] = {}
    runs = [make_run(model, domains, seed) for model in given.models]
    for strength in given.strengths:
        options = ["--set", f"strength={strength:g}", "repeats=1"]
        for run in runs:
            reached = score(bench, run, options)["ts_absent"]
            kept = _kept(bench, run, given, strength, ["style"])["cosine_kept"]
            point = kept, reached, f"{strength:g}"
            lines.setdefault(run.model, []).append(point)
    figure = plots.paths(
        lines,
        f"{bench.dataset.rstrip('/').rsplit('/', 1)[-1]}: numbers are strengths; better is up and "
        "right",
        "kept: cosine of the features of a transferred image and its original",
        "reached: gain of the target's probability",
    )
    path = given.output.with_name(f"{given.output.stem}-reached-kept.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    plots.save_figure(figure, path)
    front = pareto_front(lines)
    listed = "; ".join(f"`{model}` at {', '.join(texts)}" for model, texts in front.items())
    return [
        f"![Reached and kept]({path.name})",
        "",
        f"On the Pareto front (seed {seed}): {listed}.",
    ]


def pareto_front(
    lines: Mapping[str, Sequence[tuple[float, float, str]]],
) -> dict[str, list[str]]:
    """The points that no other one reaches in both coordinates: name of the line -> their texts.

    >>> pareto_front({"a": [(0.9, 0.1, "1"), (0.2, 0.2, "2")], "b": [(0.5, 0.5, "1")]})
    {'a': ['1'], 'b': ['1']}
    """
    points = [(name, *point) for name, line in lines.items() for point in line]
    places = np.array([point[1:3] for point in points])
    front: dict[str, list[str]] = {}
    for (name, _, _, text), place in zip(points, places, strict=True):
        as_good = (places >= place).all(axis=1) & (places > place).any(axis=1)
        if not as_good.any():
            front.setdefault(name, []).append(text)
    return front


def _numbers(bench: Bench, given, make_run) -> list[str]:
    """DualVAE's lead over the CVAE for each number of attributes, under both protocols."""
    rows = []
    for domains in sorted(given.domains):
        row = {"attributes": str(domains)}
        for title, options in (("strength 1", AT_ONE), ("chosen", ())):
            both = []
            for seed in given.seeds:
                runs = [make_run(model, domains, seed) for model in COMPARED]
                both.append([score(bench, run, options)["cis"] for run in runs])
            for model, column in zip(COMPARED, np.transpose(both), strict=True):
                row[f"{model}, {title}"] = summary(column)
            row[f"lead, {title}"] = summary([ours - other for ours, other in both])
        rows.append(row)
    return markdown_table(rows)


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_e.photographs",
        __doc__,
        "photographs",
        dataset="celeb_a",
        epochs=60,
        batch_size=64,
        quick="trial run: one epoch of two models on a few labels of avatars",
    )
    add = parser.add_argument
    add("--models", nargs="+", default=list(MODELS), choices=MODELS, metavar="MODEL",
        help="rows of the tables")  # fmt: skip
    add("--domains", type=int, nargs="+", default=[10, 20, 40], metavar="N",
        help="numbers of labels; all models are trained for the largest one")  # fmt: skip
    add("--missing", type=float, nargs="*", default=[0.9], metavar="SHARE",
        help="shares of the training labels to hide")  # fmt: skip
    add("--missing-models", nargs="*", default=["dualvae", "m2"], choices=MODELS, metavar="MODEL",
        help="rows of the table with labels hidden")  # fmt: skip
    add("--kept", nargs="*", default=[], metavar="KEY=VALUE",
        help="options of fidelity and style, such as features=network.keras")  # fmt: skip
    add("--strengths", type=float, nargs="+", default=list(STRENGTHS), metavar="S",
        help="of the figure of what is reached and kept")  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
