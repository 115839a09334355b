"""Encoders and decoders swapped between models of two data sets, as in Zeng et al.

    python -m benchmarks.study_a.swap                        # avatars and avatars_cartoon
    python -m benchmarks.study_a.swap --dataset mnist --target mnist     # two seeds on one data set
    python -m benchmarks.study_a.swap --quick                # trial run; its scores mean nothing

A model is trained on each of the two data sets with the same options, and every alignment is scored
in both directions by `evaluate.py --metric swap`. Models of two data sets get the same initial
weights, models of one data set differ in their seeds alone; --seed-offset changes that. With
--fine-tune half of a model is trained further on a few images of the other data set, the other half
frozen, with the budget in `TUNING`.

Trained runs and their scores are kept under --work-dir, in a folder for each budget and set of
options, and not repeated: the command goes on where it was stopped.
"""

import argparse
import dataclasses
from collections.abc import Callable, Sequence

from benchmarks.bench import Bench, make_bench, make_parser
from benchmarks.pages import cells, write_page
from benchmarks.study_a.tables import (
    Document,
    alignment_rows,
    draw_by_pairs,
    means,
    model_rows,
    pair_rows,
)
from tfvae.evaluation.report import markdown_table
from tfvae.evaluation.swap import ALIGNMENTS

# Name of a row -> model and its options.
MODELS = {
    "vae": ("vae", ""),
    "beta 0.5": ("beta_vae", "beta=0.5"),
    "beta 4": ("beta_vae", "beta=4"),
    "info_vae": ("info_vae", ""),
    "mmd_vae": ("mmd_vae", ""),
}
# Options of a fine-tuning.
TUNING = "--epochs 100 --batch-size 32"
# Seeds of two models of the same data differ by it.
OTHER_SEED = 100
# A fine-tuned target has an own error of its own, so ratios to it compare nothing.
TUNED_SCORES = ("agreement", "mse", "ssim", "realism")


@dataclasses.dataclass(frozen=True)
class Run:
    """One training.

    Args:
        row: A name of `MODELS`.
        dataset: Its data.
        seed: Of the training.
        settings: KEY=VALUE for every model.
        tuned: (Frozen half, run that it starts from, its export, training images), for fine-tuning.
    """

    row: str
    dataset: str
    seed: int
    settings: tuple[str, ...] = ()
    tuned: tuple[str, str, str, int] | None = None

    @property
    def name(self) -> str:
        row, data = self.row.replace(" ", ""), self.dataset.rpartition("/")[2].replace(":", "_")
        tuned = f"-{self.tuned[0]}_of_{self.tuned[1]}-{self.tuned[3]}" if self.tuned else ""
        return f"{row}-{data}-s{self.seed}{tuned}"

    @property
    def arguments(self) -> list:
        """With the data set, which takes the place of the bench's."""
        shared = ["--dataset", self.dataset, "--seed", self.seed]
        if self.tuned is not None:
            frozen, _, export, images = self.tuned
            started = ["--start-from", export, "--freeze", frozen, "--train-images", images]
            return [*shared, *started, *TUNING.split()]
        model, own = MODELS[self.row]
        settings = [*own.split(), *self.settings]
        return [*shared, "--model", model, *(["--set", *settings] if settings else [])]


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    if given.quick:
        given.dataset, given.target, given.models = "digits", "digits", ["vae"]
        given.seeds, given.epochs, given.num_pairs, given.fine_tune = [0], 1, [16], [50]
        given.set = ["num_images=40", "alignments=none,ortho", "classifier=cnn"]
        given.settings = ["network=dense", "latent_dim=4"]
    bench = make_bench(given, given.target, given.settings, MODELS, TUNING)
    write_page(given.output, page(given, bench))


def page(given: argparse.Namespace, bench: Bench) -> list[str]:
    """Tables for each model by alignment, then by number of pairs, then fine-tuned halves."""
    first, second = runs_of(given, given.models[0], 0)
    lines = [
        f"Models of `{given.dataset}` and of `{given.target}`, {given.epochs} epochs in batches of "
        f"{given.batch_size}, seeds {', '.join(map(str, given.seeds))}, those of the second model "
        f"larger by {second.seed - first.seed}"
        f"{', options ' + ' '.join(given.settings) if given.settings else ''}. "
        f"{cells(given.seeds)} Options of the metric: {' '.join(given.set) or 'the defaults'}.",
    ]
    directions = [f"{start} -> {end}" for start, end in _directions(given)]
    found = {
        row: [swaps(given, bench, row, seed, given.num_pairs[0]) for seed in given.seeds]
        for row in given.models
    }
    if len(found) > 1:
        lines += ["", "## Models, means of both directions", "", *markdown_table(model_rows(found))]
    for row, documents in found.items():
        lines += both_ways(f"## {row}, {{}}", directions, alignment_rows, documents)
    by_anchors = ",".join(name for name in ALIGNMENTS if ALIGNMENTS.load(name).anchors == "pairs")
    if len(given.num_pairs) > 1:
        others = {"alignments": by_anchors}
        by_pairs = {
            count: [
                swaps(given, bench, given.models[0], seed, count, **(others if index else {}))
                for seed in given.seeds
            ]
            for index, count in enumerate(given.num_pairs)
        }
        figure = given.output.with_name(f"{given.output.stem}-pairs.png")
        figure.parent.mkdir(parents=True, exist_ok=True)
        draw_by_pairs(by_pairs, given.num_pairs[0], directions, figure)
        title = f"## {given.models[0]}, {{}}, by number of pairs"
        lines += both_ways(title, directions, pair_rows, by_pairs)
    if given.standardise:
        documents = [
            swaps(given, bench, given.models[0], seed, given.num_pairs[0],
                  standardise="true", alignments=by_anchors)
            for seed in given.seeds
        ]  # fmt: skip
        title = f"## {given.models[0]}, {{}}, standardised by the pairs"
        lines += both_ways(title, directions, alignment_rows, documents)
    if given.fine_tune:
        lines += ["", f"## {given.models[0]}, one half fine-tuned", ""]
        lines += markdown_table(tuned_rows(given, bench))
    return lines


def both_ways(
    title: str, directions: Sequence[str], rows: Callable[..., list[dict[str, str]]], found
) -> list[str]:
    """A title and a table per direction: the rows of what was found."""
    lines = []
    for index, direction in enumerate(directions):
        lines += ["", title.format(direction), "", *markdown_table(rows(found, index))]
    return lines


def runs_of(given: argparse.Namespace, row: str, seed: int) -> tuple[Run, Run]:
    """The run of the source and that of the target."""
    offset = given.seed_offset
    if offset is None:
        offset = OTHER_SEED if given.dataset == given.target else 0
    settings = tuple(given.settings)
    second = Run(row, given.target, seed + offset, settings)
    return Run(row, given.dataset, seed, settings), second


def swaps(
    given: argparse.Namespace, bench: Bench, row: str, seed: int, pairs: int, **settings: str
) -> Document:
    """What `evaluate.py --metric swap` says of the two runs of a seed; see `scored`."""
    runs = runs_of(given, row, seed)
    for run in runs:
        bench.train(run)
    return scored(given, bench, runs, seed, num_pairs=str(pairs), **settings)


def scored(
    given: argparse.Namespace, bench: Bench, runs: Sequence[Run], seed: int, **settings: str
) -> Document:
    """What `evaluate.py` says of an encoder and a decoder, by options of the metric before those
    of the command."""
    of_command = dict(entry.split("=", 1) for entry in given.set)
    if given.class_map:
        of_command["class_map"] = given.class_map
    merged = settings | {name: of_command[name] for name in of_command if name not in settings}
    options = ["--set", *(f"{name}={value}" for name, value in merged.items()), "--seed", str(seed)]
    bench = dataclasses.replace(bench, evaluate_options=())
    name = bench.call_name(runs, ["swap"], f"swap-{runs[0].name}", options)
    return bench.documents(runs, ["swap"], name, options)[0]


def tuned_rows(given: argparse.Namespace, bench: Bench) -> list[dict[str, str]]:
    """The source's encoder with its own decoder tuned on target images, and the target's decoder
    with its own encoder tuned on source images."""
    rows = []
    for images in given.fine_tune:
        for frozen in ("encoder", "decoder"):
            documents = []
            for seed in given.seeds:
                source, target = runs_of(given, given.models[0], seed)
                start, other = (source, target) if frozen == "encoder" else (target, source)
                origin = bench.export(start)
                tuned = Run(
                    start.row, other.dataset, seed, (), (frozen, start.name, str(origin), images)
                )
                bench.train(tuned)
                # The frozen encoder meets the decoder that was tuned, or the other way round.
                runs = (source, tuned) if frozen == "encoder" else (tuned, target)
                settings = {"num_pairs": "16", "alignments": "none"}
                documents.append(scored(given, bench, runs, seed, **settings))
            part = "decoder" if frozen == "encoder" else "encoder"
            scores = means(documents, "none", 0, TUNED_SCORES)
            rows.append({"tuned": f"{part}, {images} images"} | scores)
    return rows


def _directions(given: argparse.Namespace) -> list[tuple[str, str]]:
    if given.dataset == given.target:
        return [("first seed", "second seed"), ("second seed", "first seed")]
    names = [name.rpartition("/")[2] for name in (given.dataset, given.target)]
    return [(names[0], names[1]), (names[1], names[0])]


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_a.swap",
        __doc__,
        "swap",
        dataset="avatars",
        epochs=10,
        batch_size=128,
        quick="trial run: one epoch of `vae` on digits",
    )
    add = parser.add_argument
    add("--target", default="avatars_cartoon", metavar="NAME", help="the other data set")
    add("--models", nargs="+", default=["vae"], choices=MODELS, metavar="ROW",
        help=f"models to compare, among {', '.join(MODELS)}; a table for each")  # fmt: skip
    add("--settings", nargs="*", default=[], metavar="KEY=VALUE",
        help="hyper-parameters of every model")  # fmt: skip
    add("--num-pairs", type=int, nargs="+", default=[256], metavar="N",
        help="numbers of pairs, that of the tables by alignment first; a table over them if there "
        "are several")  # fmt: skip
    add("--standardise", action="store_true",
        help="score the alignments by pairs also on codes standardised by the pairs")  # fmt: skip
    add("--seed-offset", type=int, metavar="N",
        help="seed of the second model less that of the first (default: 0 for two data sets, "
        f"{OTHER_SEED} for one)")  # fmt: skip
    add("--fine-tune", type=int, nargs="*", default=[], metavar="N",
        help="numbers of images to fine-tune halves of the first model on")  # fmt: skip
    add("--class-map", metavar="A:B,...", help="labels that stand for each other")
    return parser


if __name__ == "__main__":
    main()
