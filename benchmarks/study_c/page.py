"""The page of `table4`: its tables, figure 1 of the study and a sheet of images."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.pages import summary
from benchmarks.study_c.plan import STUDY, TABLE_LEVELS, Plan, Run
from tfvae import plots

# Run -> "images" or name of a generator -> its scores.
Found = Mapping[Run, Mapping[str, Any]]


def table(found: Found, plan: Plan) -> list[dict[str, Any]]:
    """Rows of table 4, one per autoencoder, generator and level; cells are over all seeds."""
    rows = []
    for kind in plan.vaes:
        runs = [run for run in found if run.kind == kind]
        for name in plan.generators:
            seconds = max(found[run][name]["seconds"] for run in runs)
            # The study's accuracy too, where it has one.
            for level in sorted({*TABLE_LEVELS, *STUDY.get((kind, name), ())[1:]}):
                first = level == TABLE_LEVELS[0]
                rows.append(
                    {"VAE": kind if first else "", "generator": f"`{name}`" if first else ""}
                    | seeds_together([point_at(found[run][name], level) for run in runs], level)
                    | {"search, s": f"{seconds:.0f}" if first else ""}
                    | {"study": study_cell(kind, name) if first else ""}
                )
    return rows


def study_table(found: Found) -> list[dict[str, Any]]:
    """The rows of the study's table, each at the accuracy that the study found."""
    rows = []
    for (kind, name), (_, level) in STUDY.items():
        results = [each[name] for run, each in found.items() if run.kind == kind and name in each]
        if not results:
            continue
        points = [point_at(result, level) for result in results]
        rows.append(
            {"VAE": kind, "generator": f"`{name}`"}
            | seeds_together(points, level)
            | {"study": study_cell(kind, name)}
        )
    return rows


def study_cell(kind: str, name: str) -> str:
    """What the study found: cosine / accuracy; empty where it has no such row."""
    return "{:.4f} / {}".format(*STUDY[kind, name]) if (kind, name) in STUDY else ""


def seeds_together(points: Sequence[Mapping], level: float) -> dict[str, Any]:
    """Cells of one level, over the points of all seeds."""
    scored = [point["scored"] for point in points]
    searched = [point["searched"]["accuracy"] for point in points]
    return {
        "asked for": str(level) if all(point["reached"] for point in points) else f"{level} *",
        "cosine": summary([score["cosine"] for score in scored], 4),
        "accuracy": summary([score["accuracy"] for score in scored], 4),
        "accuracy in the search": summary(searched, 4),
    }


def images_table(found: Found) -> list[dict[str, Any]]:
    """Scores of real test images and their reconstructions, and accuracies of the classifiers that
    search; cells are over all seeds."""
    # The same for every run.
    real = next(iter(found.values()))["images"]["real"]
    cells = {
        name: "{:.4f} [{:.4f}, {:.4f}]".format(real[name], *real["intervals"][name])
        for name in ("cosine", "accuracy")
    }
    rows = [{"VAE": "", "images": "real test images", **cells}]
    for kind in dict.fromkeys(run.kind for run in found):
        each = [results["images"] for run, results in found.items() if run.kind == kind]
        scores = {
            name: summary([one["reconstructed"][name] for one in each], 4)
            for name in ("cosine", "accuracy")
        }
        rows.append({"VAE": kind, "images": "reconstructed test images", **scores})
        for name in each[0]["classifiers"]:
            accuracy = summary([one["classifiers"][name] for one in each], 4)
            rows.append(
                {"VAE": kind, "images": f"searching classifier of {name}", "accuracy": accuracy}
            )
    return rows


def budgets(found: Found, plan: Plan) -> list[dict[str, Any]]:
    """How many candidates each search tried, how long it took, and its minimum of eq. 4."""
    rows = []
    for kind in plan.vaes:
        runs = [run for run in found if run.kind == kind]
        for name in plan.generators:
            results = [found[run][name] for run in runs]
            reached = [accurate_rows(result) for result in results]
            first = max((each[0]["seconds"] for each in reached if each), default=0.0)
            eq4 = [point_at(result, None)["scored"] for result in results]
            rows.append(
                {
                    "VAE": kind,
                    "generator": f"`{name}`",
                    "candidates": str(max(result["trials"] for result in results)),
                    "gradient steps": str(results[0]["best_so_far"][-1].get("step", "")),
                    "first, s": f"{first:.0f}" if all(reached) else "never",
                    "whole, s": f"{max(result['seconds'] for result in results):.0f}",
                    "cosine at eq. 4": summary([score["cosine"] for score in eq4], 4),
                    "accuracy at eq. 4": summary([score["accuracy"] for score in eq4], 4),
                }
            )
    return rows


def accurate_rows(result: Mapping) -> list[Mapping]:
    """The rows of the best candidate so far, once it reaches the table's first accuracy by the
    classifiers of the search; empty where no candidate does."""
    return [row for row in result["best_so_far"] if row["best accuracy"] >= TABLE_LEVELS[0]]


def point_at(result: Mapping, level: float | None) -> Mapping:
    """The candidate that a search chose for one of `LEVELS`, with its scores."""
    return next(point for point in result["points"] if point["level"] == level)


def best_of(found: Found, plan: Plan) -> tuple[Run, str]:
    """The autoencoder and generator of the first seed that reach the table's first accuracy with
    the lowest cosine, both by the classifiers of the search (of all, where none reaches it)."""
    points = {
        (run, name): point_at(results[name], TABLE_LEVELS[0])
        for run, results in found.items()
        if run.seed == plan.seeds[0]
        for name in plan.generators
    }
    return min(
        points,
        key=lambda key: (not points[key]["reached"], points[key]["searched"]["cosine"]),
    )


def panels(plan: Plan, title: str):
    """A figure, and its axes: one panel per kind of autoencoder, side by side."""
    figure = plots.new_figure(4.2 * len(plan.vaes), 4, title)
    axes = figure.subplots(1, len(plan.vaes), sharey=True, squeeze=False)[0]
    for axis, kind in zip(axes, plan.vaes, strict=True):
        axis.set_title(kind)
    return figure, axes


def best_so_far(found: Found, plan: Plan):
    """Figure: the lowest cosine that each search of the first seed had found, against time."""
    title = (
        f"Seed {plan.seeds[0]}: lowest cosine so far at an accuracy of {TABLE_LEVELS[0]} or more, "
        "by the classifiers that search"
    )
    figure, axes = panels(plan, title)
    for axis, kind in zip(axes, plan.vaes, strict=True):
        run = next(run for run in found if run.kind == kind and run.seed == plan.seeds[0])
        for name in plan.generators:
            reached = accurate_rows(found[run][name])
            # The line goes on to the end of the search.
            last = [{**row, "seconds": found[run][name]["seconds"]} for row in reached[-1:]]
            ends = [*reached, *last]
            axis.step(
                [row["seconds"] for row in ends],
                [row["best cosine"] for row in ends],
                where="post",
                label=name,
            )
        axis.set(xlabel="seconds of search", xscale="log")
        axis.grid(alpha=0.3)
    axes[0].set(ylabel="cosine similarity")
    axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8)
    return figure


def write_figures(bench: Bench, found: Found, plan: Plan, output: Path) -> None:
    """Writes figure 1 of the study, the progress of the searches and the sheet of the best
    generator's images beside the page, all of the first seed, and prints their paths."""
    seed = plan.seeds[0]
    figure, axes = panels(plan, f"Seed {seed}: accuracy (from 0.88 on) against cosine similarity")
    for axis, kind in zip(axes, plan.vaes, strict=True):
        run = next(run for run in found if run.kind == kind and run.seed == seed)
        for name in plan.generators:
            scored = sorted(
                (point["scored"]["cosine"], point["scored"]["accuracy"])
                for point in found[run][name]["points"]
            )
            axis.plot(*zip(*scored, strict=True), "o-", markersize=3, label=name)
        for name, marker in (("real", "*"), ("reconstructed", "P")):
            point = found[run]["images"][name]
            axis.plot(point["cosine"], point["accuracy"], marker, color="black", label=name)
        axis.set(xlabel="cosine similarity")
    axes[0].set(ylabel="accuracy", ylim=(0.88, 1.003))
    axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8)
    curves = output.with_name(f"{output.stem}-curves.png")
    plots.save_figure(figure, curves)
    progress = output.with_name(f"{output.stem}-progress.png")
    plots.save_figure(best_so_far(found, plan), progress)
    best = output.with_name(f"{output.stem}-best.png")
    shutil.copyfile(plan.result_path(bench, *best_of(found, plan)).with_suffix(".png"), best)
    print(curves, progress, best, sep="\n")
