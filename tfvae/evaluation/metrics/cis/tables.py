"""The tables of `cis`."""

from collections.abc import Sequence

import numpy as np

from tfvae.evaluation.context import Rows
from tfvae.evaluation.metrics.cis.scores import PARTS, Scores, TestImages
from tfvae.evaluation.metrics.cis.subject import Oracle, ScoredExport, baselines
from tfvae.evaluation.transfer_scores import absent_scores


def tables(
    names: Sequence[str],
    runs: Sequence[ScoredExport],
    oracle: Oracle | None,
    test_images: TestImages,
    accuracies: np.ndarray | None = None,
) -> dict[str, Rows]:
    """Title -> rows: all scores of the first run, and of several runs a comparison.

    Args:
        names: Of the domains.
        runs: One or more; the first one's scores are shown in full.
        oracle: None if the data set can't draw the perfect edit.
        test_images: The images that the runs were scored on.
        accuracies: Balanced accuracy of the classifier for each attribute, [n]; NaN where it isn't
            known, None for classes.

    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> scores = Scores({"cis": 0.0, "ts": 0.0, "rs": 0.0}, {}, {}, ts=np.zeros(2), rs=np.zeros(2))
    >>> run = ScoredExport("same", None, 1.0, [], np.zeros([1, 2, 2]), scores, scores, scores)
    >>> images = SimpleNamespace(original=np.zeros([1, 2]), scores=lambda transferred: scores)
    >>> images.lacking = np.array([[False, True]])
    >>> found = tables(("cat", "dog"), [run], None, images)
    >>> list(found), found["Per domain"][1]["images lacking it"]
    (['Beside other images', 'Per domain'], 1)
    """
    first = runs[0]
    of_first = f" ({first.name})" if len(runs) > 1 else ""
    found: dict[str, Rows] = {}
    if len(runs) > 1:
        found["Runs"] = [_run_row(run, oracle) for run in sorted(runs, key=_worse)]
        found["CIS of each domain"] = _domains_of_all(names, runs, oracle)
    beside = {"transfer": first.scores, **baselines(first, oracle, test_images)}
    found[f"Beside other images{of_first}"] = [
        {"images": name, **_means(scores)} for name, scores in beside.items()
    ]
    domains = _domains(names, first, test_images)
    for row, accuracy in zip(domains, accuracies if accuracies is not None else (), strict=False):
        row["classifier, balanced"] = float(accuracy) if np.isfinite(accuracy) else None
    found[f"Per domain{of_first}"] = domains
    tried = [
        ({"run": run.name} if len(runs) > 1 else {}) | row for run in runs for row in run.tried
    ]
    if tried:
        found["Strength, chosen on validation"] = tried
    return found


def _worse(run: ScoredExport) -> float:
    return -run.scores.values["cis"]


def _means(scores: Scores) -> dict[str, float | None]:
    means = {part: scores.values[part] for part in PARTS}
    return {**means, "ts absent": scores.values.get("ts_absent")}


def _run_row(run: ScoredExport, oracle: Oracle | None) -> dict:
    low, high = run.scores.intervals["cis"]
    row = {
        "run": run.name,
        "cis": run.scores.values["cis"],
        "std": run.scores.values["cis_std"],
        "95 % interval": f"[{low:.4f}, {high:.4f}]",
        "ts": run.scores.values["ts"],
        "rs": run.scores.values["rs"],
        "ts absent": run.scores.values.get("ts_absent"),
        "reconstruction": run.reconstruction.values["cis"],
        "strength": run.strength,
    }
    return row if oracle is None else {**row, "share of oracle": run.share_of(oracle)}


def _domains(names: Sequence[str], run: ScoredExport, test_images: TestImages) -> Rows:
    gains, counts = absent_scores(
        run.transferred, test_images.original, test_images.lacking, axis=0
    )
    return [
        {
            "domain": name,
            "ts": float(ts),
            "rs": float(rs),
            "cis": float(ts + rs),
            "ts absent": float(gain) if count else None,
            "images lacking it": int(count),
        }
        for name, ts, rs, gain, count in zip(
            names, run.scores.ts, run.scores.rs, gains, counts, strict=True
        )
    ]


def _domains_of_all(
    names: Sequence[str], runs: Sequence[ScoredExport], oracle: Oracle | None
) -> Rows:
    columns = {run.name: run.scores for run in runs}
    if oracle is not None:
        columns["oracle"] = oracle.scores
    return [
        {"domain": name}
        | {run: float(scores.ts[i] + scores.rs[i]) for run, scores in columns.items()}
        for i, name in enumerate(names)
    ]
