"""The page on disentanglement: scores, differences from the VAE, factors, and sparsity."""

from collections.abc import Mapping, Sequence

from benchmarks.pages import difference, summary
from benchmarks.study_b.plan import PLAIN
from tfvae.evaluation.report import markdown_table

# Metric -> name -> number, of one run.
Values = Mapping[str, Mapping[str, float]]

# Column -> metric and value.
SCORES = {
    "FactorVAE score": ("disentanglement", "factor_vae"),
    "FactorVAE score, active units": ("disentanglement", "factor_vae_active"),
    "beta-VAE score": ("disentanglement", "beta_vae"),
    "MIG": ("disentanglement", "mig"),
    "DCI": ("disentanglement", "dci"),
    "SAP": ("disentanglement", "sap"),
    "modularity": ("disentanglement", "modularity"),
    "UDR": ("udr", "udr"),
    "MSE": ("reconstruction", "mse"),
}
SPARSITY = {
    "active units": ("latents", "active_units"),
    "units per image": ("latents", "units_per_image"),
    "exact zeros of codes": ("latents", "exact_zeros"),
    "Hoyer of codes": ("latents", "hoyer"),
    "Hoyer of hidden layers": ("latents", "hidden_hoyer"),
    "zeros of hidden layers": ("latents", "hidden_zeros"),
}
# Those that the study's claim is about.
CLAIMED = ("FactorVAE score", "beta-VAE score", "MIG", "MSE")
DIGITS = {"MSE": 5}

Found = Mapping[str, Sequence[Values]]


def page(head: str, found: Found, known: Mapping[str, Values]) -> list[str]:
    """Tables: scores with the rows for comparison, differences, factors, and sparsity.

    Args:
        head: What was trained and scored.
        found: Row -> values by seed.
        known: Name of codes for comparison -> values.
    """
    rows = {**found, **{name: [values] for name, values in known.items()}}
    lines = [head, "", "## Scores", "", *markdown_table(_table(rows, SCORES))]
    if PLAIN in found and len(found) > 1 and len(found[PLAIN]) > 1:
        compared = [
            {"model": row} | {column: _gap(values, found[PLAIN], column) for column in CLAIMED}
            for row, values in found.items()
            if row != PLAIN
        ]
        lines += [
            *("", f"## Differences from the {PLAIN}", ""),
            "Difference of the means over seeds [95 % interval by Welch's t test]; **bold** where "
            f"it leaves out 0. Of {len(compared) * len(CLAIMED)} intervals, "
            f"{0.05 * len(compared) * len(CLAIMED):.1f} would do so by chance.",
            *("", *markdown_table(compared)),
        ]
    factors = [name for values in found.values() for each in values for name in each["told"]]
    told = {name: ("told", name) for name in dict.fromkeys(factors)}
    lines += [
        *("", "## Factors that are told", ""),
        "The FactorVAE score of the batches that share each factor.",
        *("", *markdown_table(_table(found, told))),
    ]
    return [*lines, "", "## Sparsity", "", *markdown_table(_table(found, SPARSITY))]


def _table(rows: Found, columns: Mapping[str, tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"model": row} | {column: _cell(values, column, columns[column]) for column in columns}
        for row, values in rows.items()
    ]


def _cell(values: Sequence[Values], column: str, where: tuple[str, str]) -> str:
    found = _numbers(values, where)
    return summary(found, DIGITS.get(column, 3)) if found else ""


def _numbers(values: Sequence[Values], where: tuple[str, str]) -> list[float]:
    """The value of each seed; none where a model or codes for comparison lack it."""
    metric, name = where
    return [each[metric][name] for each in values if name in each.get(metric, {})]


def _gap(values: Sequence[Values], others: Sequence[Values], column: str) -> str:
    first, second = (_numbers(each, SCORES[column]) for each in (values, others))
    return difference(first, second, DIGITS.get(column, 3))
