"""Units that follow attributes of faces, in sparse VAEs and the VAE.

    python -m benchmarks.study_b.faces
    python -m benchmarks.study_b.faces --quick      # trial run; its scores mean nothing

The study shows traversals that change hair, gender and smile. Here a unit is the dimension of the
code that follows an attribute most closely on validation images, and its correlation with the
attribute is measured on test images by `evaluate.py --metric latents`. The models of a row are
ranked by UDR, which needs no labels: do they find the same dimensions as the other seeds?

Beside the page lies a figure of traversals by the best-ranked model of each row. Trained runs and
their scores are kept under --work-dir, as by `benchmarks.study_b.disentanglement`.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import Bench, make_bench, make_parser
from benchmarks.pages import cells, summary, write_page
from benchmarks.study_b.disentanglement import few_sprites
from benchmarks.study_b.plan import MODELS, Run, add_model_arguments
from benchmarks.study_b.together import agreement, traversals
from tfvae.data import load_dataset
from tfvae.evaluation.report import markdown_table
from tfvae.schema import BINARY

ROWS = ("VAE", "beta-TCVAE", "sparse encoder, L1", "sparse prior, spike and slab",
        "sparse encoder and prior")  # fmt: skip
ATTRIBUTES = ("Male", "Smiling", "Bangs")

_BEST = "The seed with the highest UDR"

# What is known of one run: {"udr": ..., "mse": ..., "labels": {attribute: row of `latents`}, ...}.
Found = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.models, given.seeds, given.epochs = ["sparse encoder and prior"], [0, 1], 1
        given.dataset = f"folder:{few_attributes(given.work_dir / 'attributes')}"
        given.image_size, given.latent_dim = 16, 3
        given.attributes, given.set = ["large", "right"], ["num_images=100"]
    bench = make_bench(given, MODELS, given.latent_dim)
    data = load_dataset(given.dataset, data_dir=bench.data_dir, manual_dir=bench.manual_dir)
    known = data.spec.label_names if data.spec.label_kind == BINARY else ()
    missing = [name for name in given.attributes if name not in known]
    if missing:
        raise SystemExit(f"{given.dataset} has no attribute {', '.join(missing)}")
    found: dict[str, list[Found]] = {row: [] for row in given.models}
    for seed in given.seeds:
        for row in given.models:
            found[row].append(measured(bench, Run(row, seed, given.latent_dim), given.attributes))
    best = []
    for row, values in found.items():
        runs = [Run(row, seed, given.latent_dim) for seed in given.seeds]
        for each, udr in zip(values, agreement(bench, runs), strict=True):
            each |= udr
        best.append(runs[int(np.argmax([each.get("udr", 0.0) for each in values]))])
    # All, so that the unit of an attribute is among them.
    traversals(bench, best, given.output, given.latent_dim)
    write_page(given.output, page(given, found, {run.row: run for run in best}))


def few_attributes(folder: Path) -> Path:
    """Writes 576 sprites with two attributes into a folder: data in no time."""
    few_sprites(folder)
    with (folder / "factors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = ["image,large,right"]
    lines += [f"{r['image']},{int(r['scale']) // 3},{int(r['x_position']) // 16}" for r in rows]
    (folder / "attributes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def measured(bench: Bench, run: Run, attributes: Sequence[str]) -> Found:
    """Scores of a run, and the row of each attribute in the table of `latents`."""
    bench.train(run)
    metrics = ("latents", "reconstruction")
    documents = {
        each["metric"]: each for each in bench.documents([run], metrics, f"scores-{run.name}")
    }
    latents = documents["latents"]
    labels = {row["label"]: row for row in latents["tables"]["Labels"]}
    unknown = [name for name in attributes if name not in labels]
    if unknown:
        raise SystemExit(f"hardly any test image has a known {', '.join(unknown)}")
    mse = documents["reconstruction"]["values"]["mse"]
    return {**latents["values"], "mse": mse, "labels": labels}


def page(
    given: argparse.Namespace, found: Mapping[str, Sequence[Found]], best: Mapping[str, Run]
) -> list[str]:
    """A table of means over seeds, and one of the best-ranked run of each model."""
    return [
        f"Data set `{given.dataset}`, {given.epochs} epochs in batches of {given.batch_size}, "
        f"seeds {', '.join(map(str, given.seeds))}, {given.latent_dim} dimensions.",
        *("", "## Means over seeds", ""),
        "Correlation of the dimension that follows an attribute, with the sign that it has on "
        "validation images; in parentheses that of the best linear function of the whole code. "
        f"{cells(given.seeds)}",
        *("", *markdown_table([_means(row, found[row], given.attributes) for row in found])),
        *("", f"## {_BEST if len(given.seeds) > 1 else 'The units'}", ""),
        "The dimension that follows each attribute, its correlation with it [95 % interval over "
        "test images], and the largest correlation of another dimension.",
        *("", *markdown_table(_units(found, best, given))),
    ]


def _means(row: str, values: Sequence[Found], attributes: Sequence[str]) -> dict[str, str]:
    cell = {"model": row}
    for name in attributes:
        rows = [each["labels"][name] for each in values]
        whole = np.mean([each["all dimensions"] for each in rows])
        units = [each["correlation"] * np.sign(each["on validation"]) for each in rows]
        cell[name] = f"{summary(units, 2)} ({whole:.2f})"
    columns = {"UDR": "udr", "active units": "active_units", "units per image": "units_per_image",
               "MSE": "mse"}  # fmt: skip
    for column, name in columns.items():
        numbers = [each[name] for each in values if name in each]
        cell[column] = summary(numbers, 5 if name == "mse" else 2) if numbers else ""
    return cell


def _units(
    found: Mapping[str, Sequence[Found]], best: Mapping[str, Run], given: argparse.Namespace
) -> list[dict[str, Any]]:
    rows = []
    for row, run in best.items():
        labels = found[row][given.seeds.index(run.seed)]["labels"]
        for name in given.attributes:
            each = labels[name]
            rows.append(
                {
                    "model": f"{row}, seed {run.seed}",
                    "attribute": name,
                    "dimension": f"z{each['dimension']}",
                    "correlation": f"{each['correlation']:.2f} "
                    f"[{each['from']:.2f}, {each['to']:.2f}]",
                    "next": _next(each),
                    "all dimensions": f"{each['all dimensions']:.2f}",
                }
            )
    return rows


def _next(row: Mapping[str, Any]) -> str:
    """The second dimension of a label, and its correlation; a code of one dimension has none."""
    if "next dimension" not in row:
        return ""
    return f"z{row['next dimension']} {row['its correlation']:.2f}"


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_b.faces",
        __doc__,
        "faces",
        dataset="celeb_a",
        epochs=20,
        batch_size=64,
        quick="trial run: one model on a few sprites with attributes",
    )
    add_model_arguments(parser, ROWS, latent_dim=20)
    parser.add_argument("--attributes", nargs="+", default=list(ATTRIBUTES), metavar="NAME",
        help="attributes that are looked for")  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
