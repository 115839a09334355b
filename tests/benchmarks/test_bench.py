"""What the benchmarks share: which calls are made, which are known already, and what is read."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest
import scipy.stats

from benchmarks.bench import Bench, by_run, make_bench, make_parser
from benchmarks.pages import cells, interval, summary


@dataclasses.dataclass(frozen=True)
class Run:
    name: str
    arguments: tuple = ("--model", "vae", "--seed", 3)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A bench whose calls are recorded; scores are 1 for the first export, 2 for the second."""
    made = Bench("digits", tmp_path, 5, 32, ["--image-size", "28"], data_dir="x")
    called = []

    def call(self, script, arguments, name):
        arguments = list(map(str, arguments))
        called.append((script, name, arguments))
        if script == "train.py":
            version = self.folder / "saved_models" / name / "1"
            version.mkdir(parents=True)
            (version / "saved_model.pb").touch()
            return
        exports = [b for a, b in zip(arguments, arguments[1:]) if a == "--saved-model"]
        documents = [
            {"metric": "mse", "saved_model": f"{export}/1", "values": {"mse": index + 1.0}}
            for index, export in enumerate(exports)
        ]
        named = {f"{pathlib.Path(e).name}/cis": i + 1.0 for i, e in enumerate(exports)}
        values = {"cis": 1.0, "margin": 1.0, **named}
        documents.append({"metric": "cis", "saved_model": exports, "values": values})
        path = pathlib.Path(arguments[arguments.index("--json") + 1])
        path.write_text(json.dumps(documents))

    monkeypatch.setattr(Bench, "_call", call)
    return made, called


def test_a_run_is_trained_once_and_a_stopped_one_goes_on(bench, tmp_path):
    made, called = bench
    made.train(Run("a"))
    made.train(Run("a"))
    (tmp_path / "runs" / "b").mkdir(parents=True)
    made.train(Run("b"))
    assert [name for _, name, _ in called] == ["a", "b"]
    fresh, resumed = (" ".join(arguments) for _, _, arguments in called)
    assert "--model vae --seed 3" in fresh and "--epochs 5 --batch-size 32" in fresh
    assert "--image-size 28" in fresh and "--resume" not in fresh
    assert resumed.endswith("--data-dir x --resume") and "--model" not in resumed


def test_scores_are_sorted_by_run_and_not_repeated(bench):
    made, called = bench
    runs = [Run("a-s0"), Run("b-s0")]
    found = made.scores(runs, ["mse", "cis"], "all")
    assert found == {
        "a-s0": {"mse": {"mse": 1.0}, "cis": {"cis": 1.0}},
        "b-s0": {"mse": {"mse": 2.0}, "cis": {"cis": 2.0}},
    }
    assert made.scores(runs, ["mse", "cis"], "all") == found and len(called) == 1
    assert "--metric mse,cis" in " ".join(called[0][2]) and "--data-dir x" in " ".join(called[0][2])
    # Other runs, metrics or options are other calls.
    made.scores(runs[:1], ["mse", "cis"], "all")
    made.scores(runs, ["cis"], "all")
    made.scores(runs, ["mse", "cis"], "all", ["--set", "repeats=1"])
    assert len(called) == 4


def test_the_value_of_a_single_export_is_its_own():
    documents = [{"metric": "cis", "saved_model": "x/a/2", "values": {"cis": 0.5}}]
    assert by_run(documents, ["a"]) == {"a": {"cis": {"cis": 0.5}}}


def test_history_and_time_are_read(bench, tmp_path):
    made, _ = bench
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "history.csv").write_text("epoch,loss\n0,2.5\n1,1.5\n")
    assert made.history(Run("a")) == {"epoch": [0.0, 1.0], "loss": [2.5, 1.5]}
    for version, seconds in (("9", 1.0), ("10", 2.0)):
        folder = tmp_path / "saved_models" / "a" / version
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"training": {"seconds": seconds}}))
        (folder / "saved_model.pb").touch()
    # Of a killed process.
    (tmp_path / "saved_models" / "a" / ".writing-x").mkdir()
    (tmp_path / "saved_models" / "a" / ".writing-x" / "saved_model.pb").touch()
    assert made.seconds(Run("a")) == 2.0


def test_the_data_of_a_run_are_those_it_was_trained_on(bench, tmp_path, monkeypatch):
    made, _ = bench
    folder = tmp_path / "saved_models" / "a" / "1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"dataset_options": {"seed": 3}}))
    (folder / "saved_model.pb").touch()
    monkeypatch.setattr("tfvae.data.load_dataset", lambda name, **options: (name, options))
    name, options = made.load_dataset(Run("a"))
    assert name == "digits" and options == {"seed": 3, "data_dir": "x", "manual_dir": None}


def test_the_cell_of_a_value():
    values = [1.0, 2.0, 4.0]
    low, high = scipy.stats.t.interval(0.95, 2, np.mean(values), scipy.stats.sem(values))
    assert summary(values, 1) == f"{np.mean(values):.1f} [{low:.1f}, {high:.1f}]"
    assert summary([0.25]) == "0.250" and interval([0.25]) is None
    # The page says of its cells what they are.
    assert "interval" in cells([0, 1]) and "interval" not in cells([0])


def test_folders_tell_budgets_apart_but_not_where_data_lie():
    def folder(*arguments, more=()):
        parser = make_parser("", "", "b", dataset="digits", epochs=1, batch_size=2, quick="")
        return make_bench(parser.parse_args(arguments), *more).folder

    assert isinstance(folder(), pathlib.Path) and folder() == folder("--data-dir", "elsewhere")
    others = [("--epochs", "2"), ("--set", "a=1"), ("--image-size", "8"), ("--dataset", "mnist")]
    assert len({folder(), folder(more=({"a": 1},)), *(folder(*each) for each in others)}) == 6


def test_help_names_the_command_and_the_defaults():
    parser = make_parser("a.b", "", "c", dataset="digits", epochs=1, batch_size=2, quick="small")
    text = " ".join(parser.format_help().split())
    assert text.startswith("usage: python -m a.b ")
    assert "with each of these seeds (default: 0 1 2)" in text and "small" in text
    assert "None" not in text and "False" not in text and "[]" not in text
