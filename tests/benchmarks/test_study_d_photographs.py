"""The table of shares of known labels, with training and scoring replaced by known values."""

import types

import pytest

from benchmarks.bench import Bench
from benchmarks.study_d import photographs
from benchmarks.study_d.photographs import ATTRIBUTES, Run


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Function: arguments -> the page and the runs that were trained."""
    trained = []
    monkeypatch.setattr(Bench, "train", lambda bench, run: trained.append(run))
    monkeypatch.setattr(photographs, "num_images", lambda bench: 24_152)

    def manifest(bench, run):
        names = [f"label{i}" for i in range(40)] if run.labels == "all" else run.labels.split(",")
        return {"data_spec": {"label_names": names}}

    def scores(bench, runs, metrics, name, options=()):
        share = runs[0].share
        classification = {"accuracy": 0.8 + share / 10, "majority_accuracy": 0.792}
        classification["balanced_accuracy"] = 0.5 + share / 4
        reconstruction = {"mse": 0.0123}
        return {runs[0].name: {"classification": classification, "reconstruction": reconstruction}}

    monkeypatch.setattr(Bench, "manifest", manifest)
    monkeypatch.setattr(Bench, "scores", scores)

    def run(*arguments):
        output = tmp_path / "page.md"
        photographs.main([*arguments, "--work-dir", str(tmp_path), "--output", str(output)])
        return types.SimpleNamespace(text=output.read_text(), trained=trained)

    return run


def test_a_row_per_share_and_one_of_all_attributes(page):
    made = page("--seeds", "0")
    rows = [line for line in made.text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 2 * 4 + 1
    assert rows[2] == "| `ccvae` | 18 | 1 | 0.900 | 0.792 | 0.750 | 0.0123 |"
    assert rows[5].startswith("| `ccvae` | 18 | 0.004 | 0.800 |")
    assert rows[-1].startswith("| `ccvae` | 40 | 1 |")
    assert len({run.name for run in made.trained}) == len(made.trained) == 9


def test_the_arguments_say_what_is_hidden_and_which_labels():
    arguments = list(map(str, Run("m2", 0.06, 1, ",".join(ATTRIBUTES)).arguments))
    assert float(arguments[arguments.index("--missing-labels") + 1]) == pytest.approx(0.94)
    assert arguments[arguments.index("--labels") + 1].count(",") == 17
    assert "--labels" not in Run("m2", 1.0, 1, "all").arguments


def test_a_share_of_none_is_refused(page, capsys):
    with pytest.raises(SystemExit) as stopped:
        page("--shares", "0")
    assert stopped.value.code == 2
    assert "each is above 0" in capsys.readouterr().err
