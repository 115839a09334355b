"""Error of `classify` where few training labels are known, as in Kingma et al. (2014), table 1.

    python -m benchmarks.study_d.few_labels --manual-dir DIR     # DIR holds the four MNIST files
    python -m benchmarks.study_d.few_labels --quick      # trial run; its scores mean nothing

The seed chooses the labels that are kept, equally many of each class. The other training images are
used without theirs. The options in `OPTIONS` were chosen on validation images
(docs/results/few-labels.md).

Trained runs and their scores are kept under --work-dir, in a folder for each budget and set of
options, and not repeated: the command goes on where it was stopped.
"""

import argparse
import dataclasses
from collections.abc import Mapping, Sequence

from benchmarks.bench import Bench, Scores, make_bench, make_parser
from benchmarks.pages import cells, summary, write_page
from tfvae.data import load_dataset
from tfvae.evaluation.report import markdown_table
from tfvae.schema import TRAIN

# Model -> what differs from the defaults of `train.py`.
OPTIONS = {
    "ccvae": "--lr-schedule cosine --learning-rate 2e-3 "
    "--set latent_dim=66 characteristic_dim=64 label_weight=0.02",
    # Convolutions for the classifier alone: images are decoded with all ten classes.
    "m2": "--lr-schedule cosine --learning-rate 2e-3 --set network=dense classifier_network=conv",
}
# Labels -> mean error on MNIST in per cent (Kingma et al. 2014, table 1).
PUBLISHED = {100: "11.97", 600: "4.94", 1000: "3.60", 3000: "3.92"}


@dataclasses.dataclass(frozen=True)
class Run:
    """One training.

    Args:
        model: Its name.
        labels: Number of training images with a known label.
        images: Number of training images.
        seed: Seed of the training and of the choice of labels.
    """

    model: str
    labels: int
    images: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.model}-{self.labels}labels-s{self.seed}"

    @property
    def arguments(self) -> list:
        return [
            *("--model", self.model, "--seed", self.seed),
            *("--missing-labels", 1 - self.labels / self.images),
            *OPTIONS.get(self.model, "").split(),
        ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.quick:
        given.dataset, given.epochs, given.models = "digits", 1, ["ccvae"]
        given.labels, given.seeds = [100], [0]
    # A folder for each model: new options for one don't train the others again.
    benches = {model: make_bench(given, model, OPTIONS.get(model)) for model in given.models}
    images = num_images(next(iter(benches.values())))
    if not 1 <= min(given.labels) <= max(given.labels) <= images:
        parser.error(f"--labels: there are {images:,} training images, give 1 to {images:,}")
    scores: Scores = {}
    for model, bench in benches.items():
        for labels in given.labels:
            for seed in given.seeds:
                run = Run(model, labels, images, seed)
                bench.train(run)
                scores |= bench.scores([run], ["classification"], f"scores-{run.name}")
    write_page(given.output, _page(given, images, scores))


def num_images(bench: Bench) -> int:
    """Number of training images."""
    dataset = load_dataset(bench.dataset, data_dir=bench.data_dir, manual_dir=bench.manual_dir)
    return dataset.spec.num_examples[TRAIN]


def _page(given: argparse.Namespace, images: int, scores: Scores) -> list[str]:
    """A row per model, a column per number of labels."""

    def error(model: str, labels: int) -> str:
        found = [scores[Run(model, labels, images, seed).name] for seed in given.seeds]
        return summary([100 * (1 - each["classification"]["accuracy"]) for each in found], 2)

    rows: list[Mapping[str, str]] = [
        {"model": f"`{model}`", **{f"{labels:,}": error(model, labels) for labels in given.labels}}
        for model in given.models
    ]
    if given.dataset == "mnist":
        published = {f"{labels:,}": PUBLISHED.get(labels, "") for labels in given.labels}
        rows.append({"model": "M2, published", **published})
    return [
        f"Data set `{given.dataset}`, {images:,} training images, {given.epochs} epochs in batches "
        f"of {given.batch_size}, seeds {', '.join(map(str, given.seeds))}. Error of `classify` on "
        f"test images in per cent, by number of known labels. {cells(given.seeds)}",
        *("", *markdown_table(rows)),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_d.few_labels",
        __doc__,
        "few_labels",
        dataset="mnist",
        epochs=12,
        batch_size=128,
        quick="trial run: one epoch of `ccvae` on digits",
    )
    add = parser.add_argument
    add("--models", nargs="+", default=["ccvae", "m2"], metavar="NAME", help="models to compare")
    add("--labels", type=int, nargs="+", default=[100, 600, 1000, 3000], metavar="N",
        help="numbers of known labels")  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
