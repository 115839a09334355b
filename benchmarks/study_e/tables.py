"""Tables of the study: models for one number of domains, and models with labels hidden."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.bench import Bench
from benchmarks.pages import summary
from benchmarks.study_e.plan import STUDY, Run
from tfvae.evaluation.report import markdown_table

# (model, domains, seed, share of the labels that is hidden) -> training
MakeRun = Callable[..., Run]


def score(bench: Bench, run: Run, options: Sequence[str] = ()) -> dict[str, float]:
    """Values of `cis` for a run, which is trained if it isn't yet.

    Each run has a call of its own, so that another model or seed leaves the others' scores as they
    are. All calls draw the same images.

    Args:
        bench: Trains and scores.
        run: The run.
        options: Further arguments of `evaluate.py`.
    """
    bench.train(run)
    return bench.scores([run], ["cis"], f"cis-{run.name}", options)[run.name]["cis"]


def models_table(
    bench: Bench,
    models: Sequence[str],
    domains: int,
    seeds: Sequence[int],
    make_run: MakeRun = Run,
    options: Sequence[str] = (),
) -> list[str]:
    """The models for one number of domains, best first, with the lead of DualVAE over each."""
    runs = {model: [make_run(model, domains, seed) for seed in seeds] for model in models}
    found = {model: [score(bench, run, options) for run in runs[model]] for model in models}

    def values(model: str, part: str) -> list[float]:
        return [each[part] for each in found[model]]

    first, rows = found[models[0]][0], []
    for model in sorted(models, key=lambda name: -np.mean(values(name, "cis"))):
        row = {"model": f"`{model}`", "CIS": summary(values(model, "cis"))}
        row |= {part: summary(values(model, part)) for part in ("ts", "rs")}
        if "seen_cis" in first:
            row["CIS, labels seen"] = summary(values(model, "seen_cis"))
        if "oracle_cis" in first:
            row["share of oracle"] = summary(values(model, "share_of_oracle"))
        if "dualvae" in models and model != "dualvae":
            pairs = zip(values("dualvae", "cis"), values(model, "cis"), strict=True)
            row["dualvae's CIS less it"] = summary([ours - other for ours, other in pairs])
        row["strength"] = ", ".join(f"{value:g}" for value in values(model, "strength"))
        row["training, s"] = f"{np.mean([bench.seconds(run) for run in runs[model]]):.0f}"
        row["study, on CelebA"] = STUDY.get(model, {}).get(domains, "")
        rows.append(row)
    for name in ("oracle", "identity"):
        if f"{name}_cis" in first:
            rows.append({"model": name, "CIS": f"{first[f'{name}_cis']:.3f}"})
    return [
        *markdown_table(rows),
        "",
        f"The classifier is right on {first['classifier_accuracy']:.3f} of the test labels"
        f" (balanced: {first['classifier_balanced_accuracy']:.3f}).",
    ]


def missing_table(
    bench: Bench,
    models: Sequence[str],
    domains: int,
    shares: Sequence[float],
    seeds: Sequence[int],
    make_run: MakeRun = Run,
) -> list[str]:
    """CIS of models trained with shares of their labels hidden, compared to none hidden."""
    cases = list(itertools.product(models, shares))
    found = {
        case: [score(bench, make_run(case[0], domains, seed, case[1])) for seed in seeds]
        for case in cases
    }

    def values(model: str, share: float, part: str) -> list[float]:
        return [each[part] for each in found[model, share]]

    rows = []
    for model, share in cases:
        pairs = list(zip(values(model, share, "cis"), values(model, 0.0, "cis"), strict=True))
        row = {"model": f"`{model}`", "labels hidden": f"{share:.0%}"}
        row |= {part: summary(values(model, share, part)) for part in ("cis", "ts", "rs")}
        row["less than with all labels"] = summary([some - full for some, full in pairs])
        if all(full > 0 for _, full in pairs):
            row["share of it"] = summary([some / full for some, full in pairs])
        rows.append(row)
    return markdown_table(rows)
