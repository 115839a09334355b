"""The table on disentanglement, with training and scoring replaced by known values."""

import types

import numpy as np
import pytest

from benchmarks.bench import Bench
from benchmarks.pages import difference
from benchmarks.study_b import disentanglement, together
from benchmarks.study_b.disentanglement import METRICS
from benchmarks.study_b.page import SCORES, SPARSITY
from benchmarks.study_b.plan import MODELS, Run

KNOWN = {"(noise)": {"disentanglement": {"factor_vae": 0.25, "mig": 0.0}}}


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Function: arguments -> the page and the runs that were trained."""
    trained = {}
    monkeypatch.setattr(Bench, "train", lambda bench, run: trained.setdefault(run.name, run))
    monkeypatch.setattr(disentanglement, "traversals", lambda *given: None)
    monkeypatch.setattr(disentanglement, "references", lambda *given: KNOWN)
    monkeypatch.setattr(
        disentanglement, "agreement", lambda bench, runs: [{"udr": run.seed} for run in runs]
    )

    def documents(bench, runs, metrics, name):
        assert metrics == METRICS and len(runs) == 1
        values = {metric: {} for metric in metrics}
        shift = 5 * (runs[0].row == "FactorVAE")
        for number, (metric, value) in enumerate({**SCORES, **SPARSITY}.values()):
            if metric in metrics and value not in ("hidden_hoyer", "hidden_zeros"):
                values[metric][value] = number + runs[0].seed / 10 + shift
        factors = [{"factor": "x", "factor_vae": 1.0}, {"factor": "hue", "factor_vae": None}]
        return [
            {
                "metric": metric,
                "saved_model": f"saved_models/{runs[0].name}/1",
                "values": values[metric],
                "tables": {"Factors": factors},
            }
            for metric in metrics
        ]

    monkeypatch.setattr(Bench, "documents", documents)

    def run(*arguments):
        output = tmp_path / "page.md"
        disentanglement.main(
            [*arguments, "--work-dir", str(tmp_path), "--output", str(output), "--set", "bins=20"]
        )
        return output.read_text(), trained

    return run


def tables(text):
    """Title -> rows of the table below it, each a list of cells."""
    parts = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    return {
        title: [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in lines.splitlines()
            if line.startswith("|")
        ]
        for title, lines in parts.items()
    }


def test_rows_are_models_and_codes_for_comparison(page):
    text, trained = page("--seeds", "0", "2")
    assert len(trained) == 2 * len(MODELS)
    found = tables(text)
    header, _, *rows = found["Scores"]
    assert header == ["model", *SCORES]
    assert rows[0][:2] == ["VAE", "0.100 [-1.171, 1.371]"]
    # Of two seeds, 0 and 2.
    assert rows[0][header.index("UDR")].startswith("1.000 [")
    noise = dict(zip(header, rows[-1], strict=True))
    filled = {column: cell for column, cell in noise.items() if cell}
    assert filled == {"model": "(noise)", "FactorVAE score": "0.250", "MIG": "0.000"}
    assert len(rows) == len(MODELS) + 1
    header, _, *rows = found["Factors that are told"]
    assert header == ["model", "x"] and rows[0] == ["VAE", "1.000 [1.000, 1.000]"]
    header, _, *rows = found["Sparsity"]
    assert header == ["model", *SPARSITY] and len(rows) == len(MODELS)
    assert rows[0][-1] == ""


def test_differences_are_from_the_vae(page):
    _, _, *rows = tables(page("--seeds", "0", "1", "2")[0])["Differences from the VAE"]
    cells = {row[0]: row[1] for row in rows}
    assert len(cells) == len(MODELS) - 1
    assert cells["FactorVAE"] == "**5.000 [4.773, 5.227]**"
    assert cells["beta-TCVAE"] == "0.000 [-0.227, 0.227]"
    assert "Differences" not in page("--seeds", "0")[0]
    assert "Differences" not in page("--models", "FactorVAE", "beta-TCVAE")[0]


def test_welch_interval_covers_the_difference():
    rng = np.random.default_rng(0)
    apart = 0
    for _ in range(2000):
        cell = difference(rng.normal(size=3), 3 * rng.normal(size=3))
        apart += cell.startswith("**")
    # Welch's test is a little cautious with so few.
    assert 0.025 < apart / 2000 < 0.06


def test_all_models_by_the_first_seed_are_trained_first(page):
    _, trained = page("--seeds", "3", "4")
    assert [run.seed for run in trained.values()] == [3] * len(MODELS) + [4] * len(MODELS)


def test_every_model_has_the_same_code_and_its_own_options(page):
    _, trained = page("--seeds", "1", "--latent-dim", "7")
    words = {name: " ".join(map(str, run.arguments)) for name, run in trained.items()}
    assert all("latent_dim=7" in each for each in words.values())
    start = "--model beta_vae --seed 1 --learning-rate 0.001 --set latent_dim=7 beta=4"
    assert start in words["beta-vae-4-s1"]
    assert "code_prior=laplace encoder_penalty=none" in words["sparse-prior-laplace-s1"]
    assert len(set(words.values())) == len(MODELS)


def test_models_that_find_the_same_dimensions_agree(monkeypatch, tmp_path):
    images = np.random.default_rng(0).uniform(size=(500, 4, 4, 1)).astype(np.float32)
    data = types.SimpleNamespace(
        spec=types.SimpleNamespace(num_examples={"test": 500}),
        arrays=lambda split, limit=None: {"image": images},
    )

    def export(path):
        """Two pixels, in the order of the run, or their sum and difference."""
        seed = int(path.name[-1])

        def call(signature, image):
            mean = image[:, 0, :2, 0][:, :: -1 if seed == 1 else 1]
            if seed == 2:
                mean = mean @ np.array([[1, 1], [1, -1]])
            # Two dimensions without use: what a spike and slab and a Laplace prior make of them.
            noise = np.random.default_rng(seed).normal(size=mean.shape) * 0.01
            stddev = np.broadcast_to([0.1, 0.1, 0.69, 0.886], [len(mean), 4])
            return {"mean": np.concatenate([mean, noise], axis=1), "stddev": stddev}

        return types.SimpleNamespace(call=call)

    monkeypatch.setattr(together, "load", export)
    monkeypatch.setattr(Bench, "load_dataset", lambda bench, run: data)
    bench = Bench("sprites", tmp_path, epochs=1, batch_size=1)
    same = together.agreement(bench, [Run("VAE", seed, 2) for seed in (0, 1)])
    mixed = together.agreement(bench, [Run("VAE", seed, 2) for seed in (0, 2)])
    assert [each["udr"] > 0.85 for each in same] == [True, True]
    assert [each["udr"] < 0.7 for each in mixed] == [True, True]
    assert together.agreement(bench, [Run("VAE", 0, 2)]) == [{}]
    monkeypatch.delattr(together, "load")
    assert together.agreement(bench, [Run("VAE", seed, 2) for seed in (0, 1)]) == same
