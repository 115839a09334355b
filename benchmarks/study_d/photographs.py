"""CCVAE and M2 on photographs of faces: accuracy by share of known labels, and reconstruction.

    python -m benchmarks.study_d.photographs --dataset folder:PATH/celeba --image-size 64
    python -m benchmarks.study_d.photographs --quick     # trial run; its scores mean nothing

The labels are the 18 attributes of CelebA that the published code of the CCVAE takes, which can be
seen in a small picture; a last row has all attributes. The seed chooses which entries of the labels
are known, as `--missing-labels` does: 0.06 of them are 6 % of each attribute, each at images of its
own.

Trained runs and their scores are kept under --work-dir, and not repeated.
"""

import argparse
import dataclasses
from collections.abc import Sequence

from benchmarks.bench import Bench, make_bench, make_parser
from benchmarks.pages import cells, summary, write_page
from benchmarks.study_d.few_labels import num_images
from tfvae.evaluation.report import markdown_table

# The attributes of the published code.
ATTRIBUTES = (
    "Arched_Eyebrows", "Bags_Under_Eyes", "Bangs", "Black_Hair", "Blond_Hair", "Brown_Hair",
    "Bushy_Eyebrows", "Chubby", "Eyeglasses", "Heavy_Makeup", "Male", "No_Beard", "Pale_Skin",
    "Receding_Hairline", "Smiling", "Wavy_Hair", "Wearing_Necktie", "Young",
)  # fmt: skip
ALL = "all"
OPTIONS = "--lr-schedule cosine --set pixel_likelihood=gaussian_learned latent_dim=128"


@dataclasses.dataclass(frozen=True)
class Run:
    """One training.

    Args:
        model: Its name.
        share: Share of the training labels that is known, entry by entry.
        seed: Seed of the training and of the choice of the known labels.
        labels: Names of attributes, separated by commas; "all" for those of the data set.
    """

    model: str
    share: float
    seed: int
    labels: str

    @property
    def name(self) -> str:
        which = "all" if self.labels == ALL else len(self.labels.split(","))
        return f"{self.model}-{which}labels-{self.share:g}known-s{self.seed}"

    @property
    def arguments(self) -> list:
        found = ["--model", self.model, "--seed", self.seed]
        found += ["--missing-labels", 1 - self.share, *OPTIONS.split()]
        return found if self.labels == ALL else [*found, "--labels", self.labels]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.quick:
        given.dataset, given.epochs, given.shares, given.seeds = "avatars", 1, [1.0, 0.1], [0]
        given.models, given.labels, given.image_size = ["ccvae"], "bald,eyeglasses,smiling", 32
    if not all(0 < share <= 1 for share in given.shares):
        parser.error("--shares: each is above 0, and at most 1")
    bench = make_bench(given, OPTIONS, given.labels)
    rows = [
        _row(bench, [Run(model, share, seed, labels) for seed in given.seeds])
        for model, share, labels in cases(given.models, given.shares, given.labels)
    ]
    page = [
        f"Data set `{bench.dataset}`, {num_images(bench):,} training images, {given.epochs} epochs "
        f"in batches of {given.batch_size}, seeds {', '.join(map(str, given.seeds))}. Test images; "
        f"accuracy is the share of right labels. {cells(given.seeds)}",
        *("", *markdown_table(rows)),
    ]
    write_page(given.output, page)


def cases(
    models: Sequence[str], shares: Sequence[float], labels: str
) -> list[tuple[str, float, str]]:
    """(model, share, labels) of each row: the shares of a model, and last all attributes.

    >>> cases(["ccvae"], [1, 0.06], "Male,Smiling")
    [('ccvae', 1, 'Male,Smiling'), ('ccvae', 0.06, 'Male,Smiling'), ('ccvae', 1.0, 'all')]
    """
    found = [(model, share, labels) for model in models for share in shares]
    return found if labels == ALL else [*found, (models[0], 1.0, ALL)]


def _row(bench: Bench, runs: Sequence[Run]) -> dict[str, str]:
    run, metrics, scores = runs[0], ["classification", "reconstruction"], []
    for each in runs:
        bench.train(each)
        scores.append(bench.scores([each], metrics, f"scores-{each.name}")[each.name])
    labels = bench.manifest(run)["data_spec"]["label_names"]

    def cell(metric: str, value: str, digits: int = 3) -> str:
        return summary([each[metric][value] for each in scores], digits)

    return {
        "model": f"`{run.model}`",
        "attributes": str(len(labels)),
        "labels known": f"{run.share:g}",
        "accuracy": cell("classification", "accuracy"),
        "of the majority": f"{scores[0]['classification']['majority_accuracy']:.3f}",
        "balanced": cell("classification", "balanced_accuracy"),
        "MSE": cell("reconstruction", "mse", 4),
    }


def _parser() -> argparse.ArgumentParser:
    parser = make_parser(
        "benchmarks.study_d.photographs",
        __doc__,
        "study_d_photographs",
        dataset="celeb_a",
        epochs=16,
        batch_size=64,
        quick="trial run: one epoch of `ccvae` on three labels of avatars",
    )
    add = parser.add_argument
    add("--models", nargs="+", default=["ccvae", "m2"], metavar="MODEL", help="models to compare")
    add("--shares", type=float, nargs="+", default=[1.0, 0.2, 0.06, 0.004], metavar="SHARE",
        help="shares of the training labels that are known")  # fmt: skip
    add("--labels", default=",".join(ATTRIBUTES), metavar="NAMES",
        help="labels of all rows but the last, separated by commas, or all")  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
