"""The benchmark's bookkeeping, with training and scoring replaced by known figures."""

import importlib.util
import json
import pathlib

import numpy as np
import pytest
import scipy.stats

PATH = pathlib.Path(__file__).parents[2] / "benchmarks" / "cis_table.py"


@pytest.fixture
def table(monkeypatch):
    """The module; `called` lists what it ran."""
    spec = importlib.util.spec_from_file_location("cis_table", PATH)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "cis_table", module)
    spec.loader.exec_module(module)
    module.called = []

    def call(bench, script, arguments, name):
        module.called.append((script, name))
        arguments = list(map(str, arguments))
        if script == "train.py":
            version = bench.folder / "saved_models" / name / "1"
            version.mkdir(parents=True)
            (version / "saved_model.pb").touch()
            (version / "manifest.json").write_text(json.dumps({"training": {"seconds": 10.0}}))
            return
        exports = [
            pathlib.Path(value).name
            for option, value in zip(arguments, arguments[1:])
            if option == "--saved-model"
        ]
        values = {"oracle_cis": 0.8, "identity_cis": 0.0, "classifier_accuracy": 0.99}
        values |= {"classifier_balanced_accuracy": 0.97, "strength": 2.0}
        values |= figures(exports[0])
        if len(exports) > 1:
            for run in exports:
                values |= {f"{run}/{part}": value for part, value in figures(run).items()}
                values[f"{run}/strength"] = 2.0
        path = pathlib.Path(arguments[arguments.index("--json") + 1])
        path.write_text(json.dumps({"values": values}))

    monkeypatch.setattr(module.Bench, "_call", call)
    return module


def figures(run):
    seed = int(run[-1])
    cis = {"dualvae": 0.6, "cvae": 0.5}.get(run.split("-")[0], 0.1) + seed / 100
    cis -= 0.06 * ("missing" in run)
    return {"cis": cis, "ts": cis + 0.1, "rs": -0.1, "share_of_oracle": cis / 0.8}


def page(table, tmp_path, *arguments):
    output = tmp_path / "page.md"
    table.main(["--work-dir", str(tmp_path / "work"), "--output", str(output), *arguments])
    return output.read_text()


def test_every_cell_is_the_mean_over_seeds_with_its_interval(table, tmp_path):
    text = page(table, tmp_path)
    values = [0.6, 0.61, 0.62]
    low, high = scipy.stats.t.interval(0.95, 2, np.mean(values), scipy.stats.sem(values))
    assert text.count(f"| `dualvae` | 0.610 [{low:.3f}, {high:.3f}] |") == 2
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows[:4]] == ["dualvae", "cvae", "fader", "stargan"]
    # Paired, seed by seed: no spread is left.
    assert "0.100 [0.100, 0.100]" in rows[1]
    assert "0.140 ± 0.020" in text and "0.163 ± 0.025" in text
    assert "| 90% | 0.550" in text and "-0.060 [-0.060, -0.060]" in text


def test_nothing_is_done_twice(table, tmp_path):
    first = page(table, tmp_path)
    done = len(table.called)
    assert done == len(set(table.called)) == 2 * 3 * 4 + 3 + 2 * 3 + 3
    assert page(table, tmp_path) == first
    assert len(table.called) == done
    # More seeds need only what is new.
    page(table, tmp_path, "--seeds", "0", "1", "2", "3")
    assert all(name.endswith("s3") or "-s3-" in name for _, name in table.called[done:])


@pytest.mark.parametrize(
    "change",
    [["--epochs", "3"], ["--batch-size", "32"], ["--image-size", "64"], ["--set", "repeats=2"]],
)
def test_another_budget_starts_anew(table, tmp_path, change):
    page(table, tmp_path)
    done = len(table.called)
    page(table, tmp_path, *change)
    assert len(table.called) == 2 * done


def test_one_model_alone_and_another_set_of_models(table, tmp_path):
    assert "`dualvae`" in page(table, tmp_path, "--models", "dualvae", "--domains", "20")
    text = page(table, tmp_path, "--models", "fader", "dualvae", "--domains", "20")
    assert "`fader`" in text and "`dualvae`" in text


def test_a_failed_training_stops_with_its_last_line(table, tmp_path, monkeypatch):
    monkeypatch.undo()
    spec = importlib.util.spec_from_file_location("cis_table", PATH)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "cis_table", module)
    spec.loader.exec_module(module)
    with pytest.raises(SystemExit, match="train.py failed.*unknown data set 'avatras'"):
        page(module, tmp_path, "--dataset", "avatras")


def test_what_was_scored_before_is_found_again(table):
    given = table._parser().parse_args(["--data-dir", "anywhere"])
    folder = table.bench_of(given, table.OPTIONS).folder
    assert folder.as_posix() == "runs/cis_table/avatars-8ep-f331db87"
