"""The table on disentanglement, with training and scoring replaced by known values."""

import pytest

from benchmarks.bench import Bench
from benchmarks.study_b import disentanglement
from benchmarks.study_b.disentanglement import COLUMNS, METRICS, MODELS


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Function: arguments -> the page and the runs that were trained."""
    trained = {}
    monkeypatch.setattr(Bench, "train", lambda bench, run: trained.setdefault(run.name, run))

    def scores(bench, runs, metrics, name, options=()):
        assert metrics == METRICS and len(runs) == 1
        values = {metric: {} for metric in metrics}
        for number, (metric, value) in enumerate(COLUMNS.values()):
            values[metric][value] = number + runs[0].seed / 10
        return {runs[0].name: values}

    monkeypatch.setattr(Bench, "scores", scores)

    def run(*arguments):
        output = tmp_path / "page.md"
        disentanglement.main(
            [*arguments, "--work-dir", str(tmp_path), "--output", str(output), "--set", "bins=20"]
        )
        return output.read_text(), trained

    return run


def test_rows_are_models_and_codes_for_comparison(page, monkeypatch):
    known = dict.fromkeys(["factor_vae", "beta_vae", "mig", "dci", "sap", "modularity"], 0.25)
    scores = disentanglement.disentanglement
    monkeypatch.setattr(scores, "all_scores", lambda codes, factors, **options: known)
    text, trained = page("--seeds", "0", "2")
    assert len(trained) == 2 * len(MODELS)
    header, _, *rows = (line for line in text.splitlines() if line.startswith("|"))
    assert header.startswith("| model | FactorVAE score | beta-VAE score | MIG | DCI |")
    assert rows[0].startswith("| VAE | 0.100 [")
    assert rows[-2].startswith("| (factors) | 0.250 | 0.250 |")
    assert len(rows) == len(MODELS) + 2


def test_every_model_has_the_same_code_and_its_own_options(page, monkeypatch):
    monkeypatch.setattr(disentanglement, "references", lambda *given: {})
    _, trained = page("--seeds", "1", "--latent-dim", "7")
    words = {name: " ".join(map(str, run.arguments)) for name, run in trained.items()}
    assert all("latent_dim=7" in each for each in words.values())
    start = "--model beta_vae --seed 1 --learning-rate 0.001 --set latent_dim=7 beta=4"
    assert start in words["beta-vae-4-s1"]
    assert "code_prior=laplace encoder_penalty=none" in words["sparse-prior-laplace-s1"]
    assert len(set(words.values())) == len(MODELS)
