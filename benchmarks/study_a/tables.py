"""Tables and the figure on swaps, from what `evaluate.py --metric swap` writes for each seed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pages import summary
from tfvae import plots
from tfvae.evaluation.swap import ALIGNMENTS

SCORES = ("agreement", "mse ratio", "ssim", "realism")
# Alignments of the table over models.
COMPARED = ("none", "cumulants", "linear", "ortho")
# Scores that are drawn by number of pairs, and rows that are lines across: name -> style.
DRAWN, LEVELS = ("agreement", "mse ratio"), {"none": ":", "(within)": "--"}

# The JSON document of a score.
Document = Mapping[str, Any]


def alignment_rows(documents: Sequence[Document], direction: int) -> list[dict[str, str]]:
    """A row per alignment and reference, scores as means over seeds.

    Args:
        documents: One per seed.
        direction: 0 from the first run to the second, 1 back.
    """
    return [{"alignment": name} | means(documents, name, direction) for name in names(documents)]


def pair_rows(by_pairs: Mapping[int, Sequence[Document]], direction: int) -> list[dict[str, str]]:
    """A row per number of pairs and alignment by pairs."""
    return [
        {"pairs": str(count), "alignment": name} | means(documents, name, direction)
        for count, documents in sorted(by_pairs.items())
        for name in _by_pairs(documents)
    ]


def model_rows(by_model: Mapping[str, Sequence[Document]]) -> list[dict[str, str]]:
    """A row per model: how well its codes swap, and how far those of both sides are from each
    other; means over both directions and over seeds."""
    rows = []
    for model, documents in by_model.items():
        found = {"own mse": _both_ways(documents, "(within)", "mse")}
        for name in [name for name in COMPARED if name in names(documents)]:
            score = "mse ratio" if found["own mse"] else "agreement"
            found[f"{score}, {name}"] = _both_ways(documents, name, score)
        if "ortho" in names(documents):
            found["mse, ortho"] = _both_ways(documents, "ortho", "mse")
        for distance in ("MMD^2", "linear CKA"):
            found[distance] = _unaligned(documents, distance)
        cells = {name: summary(values) for name, values in found.items() if values}
        rows.append({"model": model} | cells)
    return rows


def means(
    documents: Sequence[Document], name: str, direction: int, scores: Sequence[str] = SCORES
) -> dict[str, str]:
    """Score -> mean over seeds with its interval, for a row of the tables by alignment."""
    found = {score: values(documents, name, direction, score) for score in scores}
    return {score: summary(each) for score, each in found.items() if each}


def values(documents: Sequence[Document], name: str, direction: int, score: str) -> list[float]:
    """A score of each seed, for a row of the tables by alignment; [] where it isn't known."""
    found = []
    for document in documents:
        title = [title for title in document["tables"] if "by alignment" in title][direction]
        row = next(row for row in document["tables"][title] if row["alignment"] == name)
        found.append(row.get(score))
    return [] if None in found else found


def names(documents: Sequence[Document]) -> list[str]:
    """Alignments and references, the rows of the tables by alignment."""
    tables = documents[0]["tables"]
    rows = next(rows for title, rows in tables.items() if "by alignment" in title)
    return [row["alignment"] for row in rows]


def draw_by_pairs(
    by_pairs: Mapping[int, Sequence[Document]], whole: int, directions: Sequence[str], path: Path
) -> None:
    """Draws agreement and error against the number of pairs: mean and range over seeds.

    Args:
        by_pairs: Number of pairs -> documents, one per seed.
        whole: The number whose documents hold the other alignments, too.
        directions: Titles.
        path: Of the figure.
    """
    first = by_pairs[whole]
    by_pairs = dict(sorted(by_pairs.items()))
    scores = [score for score in DRAWN if values(first, "(within)", 0, score)]
    figure = plots.new_figure(
        4.2 * len(directions),
        3.2 * len(scores),
        "Swaps by number of pairs: mean and range of seeds",
    )
    panels = figure.subplots(len(scores), len(directions), sharex=True, squeeze=False)
    for row, score in zip(panels, scores, strict=True):
        for direction, axes in enumerate(row):
            for index, name in enumerate(_by_pairs(first)):
                lines = [values(each, name, direction, score) for each in by_pairs.values()]
                plots.mean_and_range(
                    axes, list(by_pairs), np.transpose(lines), color=f"C{index}", label=name
                )
            for name in [name for name in LEVELS if name in names(first)]:
                level, style = np.mean(values(first, name, direction, score)), LEVELS[name]
                axes.axhline(level, color="black", linestyle=style, label=name.strip("()"))
            axes.set(xscale="log", xticks=list(by_pairs), xticklabels=list(by_pairs))
            if score == "mse ratio":
                axes.set(yscale="log", yticks=[1, 2, 5, 10], yticklabels=[1, 2, 5, 10])
            axes.minorticks_off()
        row[0].set_ylabel(score)
    for axes, title in zip(panels[0], directions, strict=True):
        axes.set_title(title, fontsize=10)
    for axes in panels[-1]:
        axes.set_xlabel("pairs")
    panels[0][-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8)
    plots.save_figure(figure, path)
    print(path)


def _by_pairs(documents: Sequence[Document]) -> list[str]:
    known = [name for name in names(documents) if name in ALIGNMENTS]
    return [name for name in known if ALIGNMENTS.load(name).anchors == "pairs"]


def _both_ways(documents: Sequence[Document], name: str, score: str) -> list[float]:
    there, back = (values(documents, name, direction, score) for direction in (0, 1))
    return [float(np.mean(both)) for both in zip(there, back, strict=True)]


def _unaligned(documents: Sequence[Document], distance: str) -> list[float]:
    found = []
    for document in documents:
        rows = document["tables"]["Distances between codes of test images"]
        both = [row.get(distance) for row in rows if row["alignment"] == "none"]
        found.append(None if None in both else float(np.mean(both)))
    return [] if None in found else found
