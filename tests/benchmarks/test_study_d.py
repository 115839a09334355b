"""The sweep's rows and cells, with training and scoring replaced by known values."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from benchmarks.bench import Bench, make_bench
from benchmarks.study_d import sweep
from benchmarks.study_d.figures import learning_curves
from benchmarks.study_d.plan import Case, Run

SHARES = {"ccvae": 0.1, "cvae": 0.3}


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Function: arguments -> the page; `blind` runs have no shares."""
    trained = []

    def scores(bench, runs, metrics, name, options=()):
        found = {}
        for run in runs:
            share = SHARES[run.case.model] + run.seed / 100
            mixing = {"first_step_share": share, "path_length": 1.0, "distance": 0.2}
            mixing["first_step"] = share / 10
            if run.case.value == "concatenate" and run.seed == 1:
                mixing = {"distance": 0.0}
            found[run.name] = {
                "reconstruction": {"mse": run.case.latent_dim + run.seed},
                "generation": {"real_accuracy": 0.99, "real_cosine_similarity": 0.4},
                "label_mixing": mixing,
            }
        return found

    def manifest(bench, run):
        own = {"characteristic_dim": 8} if run.case.model == "ccvae" else {}
        return {"hyperparameters": own}

    def train(bench, run):
        trained.append(run.name)

    monkeypatch.setattr(Bench, "train", train)
    monkeypatch.setattr(Bench, "scores", scores)
    monkeypatch.setattr(Bench, "seconds", lambda bench, run: 30.0)
    monkeypatch.setattr(Bench, "manifest", manifest)
    monkeypatch.setattr(sweep, "figures", lambda *_: {"curves": ("the curves of a run", Figure())})

    def run(*arguments):
        output = tmp_path / "page.md"
        sweep.main([*arguments, "--work-dir", str(tmp_path), "--output", str(output)])
        return output.read_text(), trained

    return run


def test_the_default_is_the_study_s_grid_and_what_it_is_compared_with(page):
    text, trained = page()
    assert len(trained) == len(set(trained)) == 3 * (4 * 2 + 1 + 2)
    assert {"ccvae-beta0.001-dense-d128-s2", "cvae-add-dense-d16-s0"} <= set(trained)
    assert "ccvae-beta1-dense-d16-s0" in trained and "ccvae-beta1-dense-d128-s0" not in trained
    assert "33 runs, 16 minutes" in text
    # Mean over the seeds of 16, 17, 18.
    assert "| `ccvae` | 0.05 | 16 | 8 |  | 17.0000 [14.5159, 19.4841] |" in text
    assert "accuracy 0.990 by the same classifier, cosine similarity 0.400" in text


def test_what_a_seed_lacks_has_no_mean_and_differences_are_paired(page):
    mixed = page()[0].split("## Labels mixed")[1].splitlines()
    rows = {tuple(line.split(" | ")[:3]): line for line in mixed if line.startswith("| `")}
    assert len(rows) == 11
    header = next(line for line in mixed if line.startswith("| model"))
    columns = [name.strip() for name in header.split("|")]
    cells = {key: dict(zip(columns, map(str.strip, row.split("|")))) for key, row in rows.items()}
    own = cells["| `ccvae`", "0.05", "16"]
    assert own["first step, share"] == "0.110 [0.085, 0.135]"
    assert own["first step, share: difference to `add`"] == "-0.200 [-0.200, -0.200]"
    assert own["first step: difference to `add`"] == "-0.0200 [-0.0200, -0.0200]"
    # Of one of its seeds nothing is known but the distance of the ends.
    blind = cells["| `cvae`", "concatenate", "16"]
    assert blind["first step, share"] == blind["first step"] == blind["path length"] == ""
    assert blind["ends"].startswith("0.133")
    assert cells["| `cvae`", "add", "16"]["first step: difference to `add`"] == ""


def test_quick_is_small_and_figures_lie_beside_the_page(page, tmp_path):
    text, trained = page("--quick")
    assert len(trained) == 4 and "`digits`, 1 epochs" in text
    assert "![the curves of a run](page-curves.png)" in text
    assert (tmp_path / "page-curves.png").is_file()


def test_arguments_of_a_run():
    case = Case("cvae", 16, "add", "dense")
    arguments = " ".join(map(str, Run(case, 2).arguments))
    assert arguments.endswith("--seed 2 --set network=dense latent_dim=16 conditioning=add")


def test_curves_are_means_over_seeds():
    seeds = [
        {"loss": [99.0, 98.0, 4.0, 2.0], "val_loss": [99.0, 98.0, 3.0, 3.0]},
        {"loss": [99.0, 98.0, 2.0, 0.0], "val_loss": [99.0, 98.0, 5, 1]},
    ]
    figure = learning_curves({"16": seeds}, {"loss": "-", "val_loss": "--"}, "toy", "loss")
    train, validation = figure.axes[0].get_lines()
    # The first epochs are left out.
    assert np.array_equal(train.get_xdata(), [3, 4])
    assert np.array_equal(train.get_ydata(), [3, 1])
    assert np.array_equal(validation.get_ydata(), [4, 2])
    assert train.get_label() == "16, train" and validation.get_label() == "16, validation"


def test_a_shown_beta_is_one_of_the_sweep_and_values_count_once(page, capsys):
    with pytest.raises(SystemExit):
        page("--betas", "0.1", "0.2")
    assert "--shown-beta 0.05 is none of --betas" in capsys.readouterr().err
    _, trained = page("--betas", "0.05", "0.05", "--seeds", "1", "1", "--latent-dims", "16")
    assert len(trained) == 4


def test_what_was_scored_before_is_found_again():
    given = sweep._parser().parse_args([])
    bench, plan = make_bench(given), sweep.make_plan(given)
    assert bench.folder.as_posix() == "runs/ccvae_sweep/mnist-20ep-8af9fed2"
    runs = [Run(case, 0) for case in plan.cases]
    assert bench.call_name(runs, sweep.METRICS, "scores-s0") == "scores-s0-ef290802"
