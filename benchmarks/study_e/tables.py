"""Tables of the study: models for one number of domains, and models with labels hidden."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.bench import Bench, digest
from benchmarks.pages import summary
from benchmarks.study_e.plan import STUDY, Run
from tfvae.evaluation.report import markdown_table

# (model, domains, seed, share of the labels that is hidden) -> training
MakeRun = Callable[..., Run]


def score(bench: Bench, runs: Sequence[Run], name: str, options: Sequence[str] = ()) -> dict:
    """Values of `cis` for several runs that are compared, each value of a run as `RUN/NAME`.

    Args:
        bench: Trains runs that aren't trained yet.
        runs: With names that differ.
        name: Of the file of the results.
        options: Further arguments of `evaluate.py`.
    """
    for run in runs:
        bench.train(run)
    what: list = [run.name for run in runs]
    name = f"{name}-{digest([what, list(options)] if options else what)}"
    values = bench.documents(runs, ["cis"], name, options)[0]["values"]
    if len(runs) == 1:
        # The values of a single export lack its name.
        values |= {f"{runs[0].name}/{part}": value for part, value in values.items()}
    return values


def models_table(
    bench: Bench,
    models: Sequence[str],
    domains: int,
    seeds: Sequence[int],
    make_run: MakeRun = Run,
    options: Sequence[str] = (),
    protocol: str = "table",
) -> list[str]:
    """The models for one number of domains, best first, with the lead of DualVAE over each."""
    runs = {model: [make_run(model, domains, seed) for seed in seeds] for model in models}
    for run in itertools.chain(*runs.values()):
        bench.train(run)
    found = [
        score(bench, [runs[model][i] for model in models], f"{protocol}-{domains}-s{seed}", options)
        for i, seed in enumerate(seeds)
    ]

    def values(model: str, part: str) -> list[float]:
        return [each[f"{run.name}/{part}"] for each, run in zip(found, runs[model], strict=True)]

    first, rows = found[0], []
    for model in sorted(models, key=lambda name: -np.mean(values(name, "cis"))):
        row = {"model": f"`{model}`", "CIS": summary(values(model, "cis"))}
        row |= {part: summary(values(model, part)) for part in ("ts", "rs")}
        if f"{runs[model][0].name}/seen_cis" in first:
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
    found = [
        score(
            bench,
            [make_run(model, domains, seed, share) for model, share in cases],
            f"missing-{domains}-s{seed}",
        )
        for seed in seeds
    ]

    def values(model: str, share: float, part: str) -> list[float]:
        names = [make_run(model, domains, seed, share).name for seed in seeds]
        return [each[f"{name}/{part}"] for each, name in zip(found, names, strict=True)]

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
