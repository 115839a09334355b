"""The benchmark's bookkeeping, with training and scoring replaced by known values."""

import json
import pathlib

import numpy as np
import pytest
import scipy.stats

from benchmarks.bench import Bench, make_bench
from benchmarks.study_e import photographs, table1


@pytest.fixture
def called(monkeypatch):
    """The calls that were made, each (script, name), in place of training and scoring."""
    calls = []

    def call(bench, script, arguments, name):
        calls.append((script, name))
        arguments = list(map(str, arguments))
        if script == "train.py":
            version = bench.folder / "saved_models" / name / "1"
            version.mkdir(parents=True)
            (version / "saved_model.pb").touch()
            training = {"seconds": 10.0, "epochs": 12, "exported_epoch": 8}
            (version / "manifest.json").write_text(json.dumps({"training": training}))
            return
        exports = [
            pathlib.Path(value).name
            for option, value in zip(arguments, arguments[1:])
            if option == "--saved-model"
        ]
        values = {"oracle_cis": 0.8, "identity_cis": 0.0, "classifier_accuracy": 0.99}
        values |= {"classifier_balanced_accuracy": 0.97, "strength": 2.0}
        values |= scores(exports[0])
        path = pathlib.Path(arguments[arguments.index("--json") + 1])
        options = dict(each.split("=") for each in arguments if "=" in each)
        if "style" in arguments[arguments.index("--metric") + 1]:
            path.write_text(json.dumps(kept(exports[0], float(options["strength"]))))
            return
        if "strength" in options:
            values |= {name: float(options["strength"]) for name in values if "strength" in name}
        document = {"metric": "cis", "saved_model": f"saved_models/{exports[0]}/1"}
        path.write_text(json.dumps(document | {"values": values}))

    monkeypatch.setattr(Bench, "_call", call)
    return calls


def scores(run):
    seed = int(run[-1])
    cis = {"dualvae": 0.6, "cvae": 0.5}.get(run.split("-")[0], 0.1) + seed / 100
    cis -= 0.06 * ("missing" in run)
    parts = {"cis": cis, "ts": cis + 0.1, "rs": -0.1, "share_of_oracle": cis / 0.8}
    return {**parts, "ts_absent": cis + 0.2}


def kept(run, strength):
    """Documents of `fidelity` and `style`: the stronger, the farther and the less alike."""
    path = f"saved_models/{run}/1"
    fidelity = {"transfers_kid_cnn": strength, "transfers_ratio_cnn": 2 * strength}
    style = {"cosine_kept_cnn": 1 / (1 + strength), "own_nearest_cnn": 0.5, "outside_change": 0.01}
    return [
        {"metric": "fidelity", "saved_model": path, "values": fidelity},
        {"metric": "style", "saved_model": path, "values": style},
    ]


def page(tmp_path, *arguments, benchmark=table1):
    output = tmp_path / "page.md"
    benchmark.main(["--work-dir", str(tmp_path / "work"), "--output", str(output), *arguments])
    return output.read_text()


def test_every_cell_is_the_mean_over_seeds_with_its_interval(called, tmp_path):
    text = page(tmp_path)
    values = [0.6, 0.61, 0.62]
    low, high = scipy.stats.t.interval(0.95, 2, np.mean(values), scipy.stats.sem(values))
    assert text.count(f"| `dualvae` | 0.610 [{low:.3f}, {high:.3f}] |") == 2
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows[:4]] == ["dualvae", "cvae", "fader", "stargan"]
    # Paired, seed by seed: no spread is left.
    assert "0.100 [0.100, 0.100]" in rows[1]
    assert "0.140 ± 0.020" in text and "0.163 ± 0.025" in text
    assert "| 90% | 0.550" in text and "-0.060 [-0.060, -0.060]" in text


def test_nothing_is_done_twice(called, tmp_path):
    first = page(tmp_path)
    done = len(called)
    # Two numbers of domains, three seeds and four models, and missing labels: trained and scored.
    assert done == len(set(called)) == 2 * (2 * 3 * 4 + 3)
    assert page(tmp_path) == first
    assert len(called) == done
    # More seeds need only what is new.
    page(tmp_path, "--seeds", "0", "1", "2", "3")
    assert all(name.endswith("s3") or "-s3-" in name for _, name in called[done:])


@pytest.mark.parametrize(
    "change",
    [["--epochs", "3"], ["--batch-size", "32"], ["--image-size", "64"], ["--set", "repeats=2"]],
)
def test_another_budget_starts_anew(called, tmp_path, change):
    page(tmp_path)
    done = len(called)
    page(tmp_path, *change)
    assert len(called) == 2 * done


def test_another_model_leaves_the_scores_of_the_others(called, tmp_path):
    page(tmp_path, "--models", "dualvae")
    done = len(called)
    page(tmp_path, "--models", "dualvae", "fader")
    # Two numbers of domains and three seeds, trained and scored.
    assert len(called) == done + 2 * 2 * 3
    assert all("fader" in name for _, name in called[done:])


def test_one_model_alone_and_another_set_of_models(called, tmp_path):
    assert "`dualvae`" in page(tmp_path, "--models", "dualvae", "--domains", "20")
    text = page(tmp_path, "--models", "fader", "dualvae", "--domains", "20")
    assert "`fader`" in text and "`dualvae`" in text


def test_a_failed_training_stops_with_its_last_line(tmp_path):
    with pytest.raises(SystemExit, match="train.py failed.*unknown data set 'avatras'"):
        page(tmp_path, "--dataset", "avatras")


def test_what_was_scored_before_is_found_again():
    given = table1._parser().parse_args(["--data-dir", "anywhere"])
    folder = make_bench(given, table1.OPTIONS).folder
    assert folder.as_posix() == "runs/cis_table/avatars-8ep-f331db87"


def test_photographs_have_both_protocols_side_by_side(called, tmp_path):
    text = page(tmp_path, "--seeds", "0", "--domains", "10", "40", benchmark=photographs)
    one, chosen = text.index("doesn't see, strength 1"), text.index("doesn't see, strength chosen")
    # What is kept is measured at the strength of the protocol: 1, and 2 by the scores above.
    assert "| `dualvae` | 1.000 | 2.000 | 0.500 |" in text[one:chosen]
    assert "| `dualvae` | 2.000 | 4.000 | 0.333 |" in text[chosen:]
    assert "| `dualvae` | 12 | 8 | 60 |" in text and "| `stargan` | 12 | 8 | 30 |" in text
    assert "| 10 | 0.600 | 0.500 | 0.100 |" in text
    assert (tmp_path / "page-reached-kept.png").is_file()
    done = len(called)
    assert page(tmp_path, "--seeds", "0", "--domains", "10", "40", benchmark=photographs) == text
    assert len(called) == done


def test_the_front_holds_what_no_other_point_beats():
    lines = {"a": [(0.9, 0.1, "1"), (0.5, 0.5, "2")], "b": [(0.6, 0.6, "1"), (0.9, 0.1, "2")]}
    assert photographs.pareto_front(lines) == {"a": ["1"], "b": ["1", "2"]}
