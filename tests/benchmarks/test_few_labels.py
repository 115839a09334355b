"""The table of errors with few labels, with training and scoring replaced by known values."""

import numpy as np
import pytest

from benchmarks.bench import Bench
from benchmarks.study_d import few_labels
from benchmarks.study_d.few_labels import Run
from tfvae.data.splits import hide_labels


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Function: arguments -> the page and the names of the runs that were trained."""
    trained = []
    monkeypatch.setattr(Bench, "train", lambda bench, run: trained.append(run.name))
    monkeypatch.setattr(few_labels, "num_images", lambda bench: 55_000)

    def scores(bench, runs, metrics, name, options=()):
        error = {"ccvae": 0.02, "m2": 0.04}[runs[0].model] + runs[0].seed / 100
        return {runs[0].name: {"classification": {"accuracy": 1 - error}}}

    monkeypatch.setattr(Bench, "scores", scores)

    def run(*arguments):
        output = tmp_path / "page.md"
        few_labels.main([*arguments, "--work-dir", str(tmp_path), "--output", str(output)])
        return output.read_text(), trained

    return run


def test_cells_are_errors_in_per_cent_beside_the_published_ones(page):
    text, trained = page()
    assert len(trained) == len(set(trained)) == 2 * 4 * 3
    header, _, *rows = (line for line in text.splitlines() if line.startswith("|"))
    assert header == "| model | 100 | 600 | 1,000 | 3,000 |"
    assert rows[0].startswith("| `ccvae` | 3.00 [0.52, 5.48] |")
    assert rows[1].startswith("| `m2` | 5.00 [2.52, 7.48] |")
    assert rows[2].endswith("| 11.97 | 4.94 | 3.60 | 3.92 |")


def test_another_data_set_has_no_published_errors(page):
    text, _ = page("--dataset", "digits", "--labels", "100", "--models", "m2", "--seeds", "0")
    assert "published" not in text and "| `m2` | 4.00 |" in text


@pytest.mark.parametrize("labels", ["0", "55001"])
def test_a_number_of_labels_that_the_data_set_lacks_is_refused(page, labels, capsys):
    with pytest.raises(SystemExit) as stopped:
        page("--labels", labels)
    assert stopped.value.code == 2
    assert "there are 55,000 training images" in capsys.readouterr().err


@pytest.mark.parametrize("labels", [1, 100, 600, 1000, 3000, 55_000])
def test_exactly_as_many_labels_stay(labels):
    arguments = Run("ccvae", labels, 55_000, seed=0).arguments
    missing = float(arguments[arguments.index("--missing-labels") + 1])
    label = np.eye(10)[np.arange(55_000) % 10]
    known = hide_labels(label, np.ones_like(label), "categorical", missing, seed=0)
    assert known.all(axis=1).sum() == known.any(axis=1).sum() == labels
