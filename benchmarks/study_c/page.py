"""The page of `table4`: its tables, figure 1 and a sheet of images."""

import argparse
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, digest, summary

# Accuracy by the searching classifiers -> the candidate with the lowest cosine; None: eq. 4.
LEVELS = (None, 0.95, 0.98, 0.99, 0.995, 0.996, 0.9968, 0.998, 0.999)
TABLE_LEVELS = (0.995, 0.999)
# Table 4: cosine and accuracy (one of `LEVELS`), by the paper's classifier of reconstructions.
PAPER = {
    ("ELBO-20", "simple"): (0.9200, 0.995),
    ("MMD-20", "simple"): (0.8870, 0.9968),
    ("MMD-10", "medium1"): (0.8168, 0.9960),
}
# Run -> "images" or generator -> what was found.
Found = Mapping[Any, Mapping[str, Any]]


def table(found: Found, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Rows of table 4: autoencoder, generator and level, seeds together."""
    rows = []
    for kind in given.vaes:
        runs = [run for run in found if run.kind == kind]
        for name in given.generators:
            seconds = max(found[run][name]["seconds"] for run in runs)
            # The paper's accuracy too, where it has one.
            for level in sorted({*TABLE_LEVELS, *PAPER.get((kind, name), ())[1:]}):
                first = level == TABLE_LEVELS[0]
                rows.append(
                    {"VAE": kind if first else "", "generator": f"`{name}`" if first else ""}
                    | seeds_together([point_at(found[run][name], level) for run in runs], level)
                    | {"search, s": f"{seconds:.0f}" if first else ""}
                    | {"study": papers_cell(kind, name) if first else ""}
                )
    return rows


def study_table(found: Found) -> list[dict[str, Any]]:
    """The rows that the paper has, seeds together, for its own accuracy."""
    rows = []
    for (kind, name), (_, level) in PAPER.items():
        results = [each[name] for run, each in found.items() if run.kind == kind and name in each]
        if not results:
            continue
        points_ = [point_at(result, level) for result in results]
        rows.append(
            {"VAE": kind, "generator": f"`{name}`"}
            | seeds_together(points_, level)
            | {"study": papers_cell(kind, name)}
        )
    return rows


def papers_cell(kind: str, name: str) -> str:
    """What the paper found, if it did."""
    return "{:.4f} / {}".format(*PAPER[kind, name]) if (kind, name) in PAPER else ""


def seeds_together(points_: Sequence[Mapping], level: float) -> dict[str, Any]:
    """Cells of an accuracy that was asked for."""
    scored = [point["scored"] for point in points_]
    searched = [point["searched"]["accuracy"] for point in points_]
    return {
        "asked for": str(level) if all(point["reached"] for point in points_) else f"{level} *",
        "cosine": summary([score["cosine"] for score in scored], 4),
        "accuracy": summary([score["accuracy"] for score in scored], 4),
        "accuracy in the search": summary(searched, 4),
    }


def points(found: Found) -> list[dict[str, Any]]:
    """Real test images, their reconstructions and the searching classifiers, seeds together."""
    # The same for every run.
    real = next(iter(found.values()))["images"]["real"]
    cells = {
        name: "{:.4f} [{:.4f}, {:.4f}]".format(real[name], *real["intervals"][name])
        for name in ("cosine", "accuracy")
    }
    rows = [{"VAE": "", "images": "real test images", **cells}]
    for kind in dict.fromkeys(run.kind for run in found):
        each = [results["images"] for run, results in found.items() if run.kind == kind]
        figures_ = {
            name: summary([one["reconstructed"][name] for one in each], 4)
            for name in ("cosine", "accuracy")
        }
        rows.append({"VAE": kind, "images": "reconstructed test images", **figures_})
        for name in each[0]["classifiers"]:
            accuracy = summary([one["classifiers"][name] for one in each], 4)
            rows.append(
                {"VAE": kind, "images": f"searching classifier of {name}", "accuracy": accuracy}
            )
    return rows


def budgets(found: Found, given: argparse.Namespace) -> list[dict[str, Any]]:
    """How many candidates each search tried, how long it took, and what eq. 4 would take."""
    rows = []
    for kind in given.vaes:
        runs = [run for run in found if run.kind == kind]
        for name in given.generators:
            results = [found[run][name] for run in runs]
            reached = [reached_rows(result) for result in results]
            first = max((rows_[0]["seconds"] for rows_ in reached if rows_), default=0.0)
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


def reached_rows(result: Mapping) -> list[Mapping]:
    """The best so far, from the first candidate on that has the table's first accuracy by the
    search; none where no candidate has."""
    return [row for row in result["best_so_far"] if row["best accuracy"] >= TABLE_LEVELS[0]]


def point_at(result: Mapping, level: float | None) -> Mapping:
    """What a search gave for an accuracy."""
    return next(point for point in result["points"] if point["level"] == level)


def result_of(bench: Bench, run: Any, name: str, given: argparse.Namespace) -> Path:
    """Where the results of a search are kept, and with another suffix its sheet of images."""
    how = [given.draws, given.searched_on, given.own_score, given.settings, list(map(str, LEVELS))]
    return bench.folder / "results" / f"{run.name}-{name}-{digest(how)}.json"


def best_of(found: Found, given: argparse.Namespace) -> tuple[Any, str]:
    """Autoencoder and generator with the lowest cosine, by the search alone, among those of the
    first seed that reach the table's first accuracy (or any, where none does)."""
    points_ = {
        (run, name): point_at(results[name], TABLE_LEVELS[0])
        for run, results in found.items()
        if run.seed == given.seeds[0]
        for name in given.generators
    }
    return min(
        points_,
        key=lambda key: (not points_[key]["reached"], points_[key]["searched"]["cosine"]),
    )


def panels(given: argparse.Namespace, title: str):
    """A figure, and axes beside each other for the autoencoders."""
    from tfvae import plots

    figure = plots.new_figure(4.2 * len(given.vaes), 4, title)
    axes = figure.subplots(1, len(given.vaes), sharey=True, squeeze=False)[0]
    for axis, kind in zip(axes, given.vaes, strict=True):
        axis.set_title(kind)
    return figure, axes


def best_so_far(found: Found, given: argparse.Namespace):
    """The lowest cosine that each search of the first seed had found by a time."""
    title = (
        f"Seed {given.seeds[0]}: lowest cosine so far at an accuracy of {TABLE_LEVELS[0]} or more, "
        "by the classifiers that search"
    )
    figure, axes = panels(given, title)
    for axis, kind in zip(axes, given.vaes, strict=True):
        run = next(run for run in found if run.kind == kind and run.seed == given.seeds[0])
        for name in given.generators:
            reached = reached_rows(found[run][name])
            # Carried on to the end of the search.
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


def figures(bench: Bench, found: Found, given: argparse.Namespace) -> None:
    """Figure 1 and the searches of the first seed, and the sheet of the best generator's images."""
    seed = given.seeds[0]
    figure, axes = panels(given, f"Seed {seed}: accuracy (from 0.88 on) against cosine similarity")
    for axis, kind in zip(axes, given.vaes, strict=True):
        run = next(run for run in found if run.kind == kind and run.seed == seed)
        for name in given.generators:
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
    curves = given.output.with_name(f"{given.output.stem}-curves.png")
    figure.savefig(curves, dpi=100)
    progress = given.output.with_name(f"{given.output.stem}-progress.png")
    best_so_far(found, given).savefig(progress, dpi=100)
    best = given.output.with_name(f"{given.output.stem}-best.png")
    shutil.copyfile(result_of(bench, *best_of(found, given), given).with_suffix(".png"), best)
    print(curves, progress, best, sep="\n")
