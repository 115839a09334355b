"""The figures of `cis`, after figures 4, 5 and 6 of Okamoto et al. (2018)."""

from collections.abc import Sequence

import numpy as np

from tfvae import plots
from tfvae.evaluation.context import Context
from tfvae.evaluation.metrics.cis.subject import Oracle, ScoredExport
from tfvae.evaluation.transfer import contact_sheet, transfer_to_all
from tfvae.schema import TEST

X_LABEL = "rs: minus the mean absolute change of the other domains' probabilities"
Y_LABEL = "ts: mean increase of the target domain's probability"
ORACLE = "oracle"


def figures(
    context: Context,
    runs: Sequence[ScoredExport],
    oracle: Oracle | None,
    images: np.ndarray,
    shown: int,
) -> dict:
    """Name -> figure: the domains by rs and ts, images transferred to every domain, and lines over
    strengths and over shares of missing labels if several of them are known.

    Args:
        context: The data.
        runs: One or more.
        oracle: None if the data set can't draw the perfect edit.
        images: The test images that are scored, [N, H, W, C].
        shown: Index of the image that is transferred to every domain.

    >>> from types import SimpleNamespace
    >>> from tfvae.evaluation.metrics.cis.scores import Scores
    >>> from tfvae.schema import DataSpec
    >>> spec = DataSpec("animals", (8, 8, 1), ("cat", "dog"), "categorical")
    >>> same = lambda signature, image, target, strength: {"image": image}
    >>> export = SimpleNamespace(run="same", spec=spec, manifest={}, call=same)
    >>> scores = Scores({"cis": 0.0}, {}, {}, ts=np.zeros(2), rs=np.zeros(2))
    >>> run = ScoredExport("same", export, 1.0, [], np.zeros([1, 2, 2]), scores, scores, scores)
    >>> context = SimpleNamespace(spec=spec, data_name="animals", export=export)
    >>> sorted(figures(context, [run], None, np.zeros([1, 8, 8, 1]), shown=0))
    ['domains', 'transfers']
    """
    found = {
        "domains": _domains(context, runs, oracle),
        "transfers": _transfers(context, runs, oracle, images, shown),
    }
    over_strengths = {
        run.name: [(row["rs"], row["ts"], f"{row['strength']:g}") for row in run.tried]
        for run in runs
        if run.tried
    }
    if over_strengths:
        found["strengths"] = plots.paths(
            over_strengths,
            f"{context.data_name}, validation images, each strength: better is up and right",
            X_LABEL,
            Y_LABEL,
        )
    by_ratio = missing_label_lines(runs)
    if by_ratio:
        found["missing_labels"] = plots.paths(
            by_ratio,
            f"{context.data_name}, numbers: the share of the training labels that were missing",
            X_LABEL,
            Y_LABEL,
        )
    return found


def missing_label_lines(runs: Sequence[ScoredExport]) -> dict[str, list[tuple[float, float, str]]]:
    """Model -> (rs, ts, share of missing labels in training), in the order of that share.

    Empty unless the manifests of the exports state at least two different shares.

    >>> from types import SimpleNamespace
    >>> def run(share, ts):
    ...     manifest = {"model": "dualvae", "training": {"missing_labels": share}}
    ...     export, scores = SimpleNamespace(manifest=manifest), {"rs": -0.1, "ts": ts}
    ...     return SimpleNamespace(name="", export=export, scores=SimpleNamespace(values=scores))
    >>> missing_label_lines([run(0.9, 0.3), run(0.0, 0.5)])
    {'dualvae': [(-0.1, 0.5, '0'), (-0.1, 0.3, '0.9')]}
    """
    known = []
    for run in runs:
        ratio = (run.export.manifest.get("training") or {}).get("missing_labels")
        if ratio is not None:
            known.append((float(ratio), str(run.export.manifest.get("model", run.name)), run))
    if len({ratio for ratio, _, _ in known}) < 2:
        return {}
    lines: dict[str, list[tuple[float, float, str]]] = {}
    for ratio, model, run in sorted(known, key=lambda entry: entry[0]):
        values = run.scores.values
        lines.setdefault(model, []).append((values["rs"], values["ts"], f"{ratio:g}"))
    return lines


def label_extremes(names: Sequence[str], scores: np.ndarray, limit: int = 16) -> list[str]:
    """The names of the domains; of more than `limit`, those of the best and worst, the others "".

    >>> label_extremes("ABCDEF", scores=np.array([3, 1, 5, 2, 6, 4]), limit=4)
    ['', 'B', 'C', '', 'E', '']
    """
    if len(names) <= limit:
        return list(names)
    order = np.argsort(scores)
    kept = {*order[: limit // 4], *order[-limit // 2 :]}
    return [name if index in kept else "" for index, name in enumerate(names)]


def _domains(context: Context, runs: Sequence[ScoredExport], oracle: Oracle | None):
    groups = {run.name: (run.scores.rs, run.scores.ts) for run in runs}
    if oracle is not None:
        groups[ORACLE] = (oracle.scores.rs, oracle.scores.ts)
    best = max(runs, key=lambda run: run.scores.values["cis"])
    cis = f"CIS {best.scores.values['cis']:.3f}"
    if len(runs) == 1:
        title = f"{best.name} on {context.data_name}: {cis}; better is up and right"
        names = label_extremes(context.spec.label_names, best.scores.ts + best.scores.rs)
        return plots.scatter_groups(groups, title, X_LABEL, Y_LABEL, {best.name: names})
    title = f"{context.data_name}: highest {cis}, {best.name}; better is up and right"
    return plots.scatter_groups(groups, title, X_LABEL, Y_LABEL)


def _transfers(context: Context, runs, oracle: Oracle | None, images: np.ndarray, shown: int):
    """One image transferred by every model and the oracle; or several, if there is a single model,
    no oracle and few domains."""
    names = context.spec.label_names
    if len(runs) == 1 and oracle is None and len(names) <= 16:
        return contact_sheet(context, images[shown:], runs[0].strength)
    image = images[shown : shown + 1]
    rows = {
        f"{run.name} ({run.strength:g})": transfer_to_all(run.export, image, run.strength)
        for run in runs
    }
    if oracle is not None:
        row = oracle.rows[shown : shown + 1]
        edits = [context.edited(TEST, row, label) for label in range(len(names))]
        rows[ORACLE] = np.concatenate(edits)
    return plots.image_blocks(
        np.stack([np.concatenate([image, images]) for images in rows.values()]),
        f"{context.data_name}: test image {shown} transferred to every domain; "
        "in brackets: the strength",
        row_labels=[plots.shortened(name, 24) for name in rows],
        column_labels=["original", *(plots.shortened(name) for name in names)],
    )
