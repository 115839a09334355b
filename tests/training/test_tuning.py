"""The search: the best settings train the run, given ones stay, a done search is not repeated."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import keras_tuner
import pytest
import yaml

from tests.training.folders import draw_folder
from tfvae.data import load_dataset
from tfvae.schema import UserError
from tfvae.training import tuning
from tfvae.training.config import RunConfig
from tfvae.training.run import train
from tfvae.training.run_folder import RunFolder, new_run
from tfvae.training.strategy import is_tuning_worker, make_strategy

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.usefixtures("quick_export", "untraced")


def test_given_settings_win_over_searched_ones():
    config = RunConfig(model="beta_vae", settings={"beta": 0.5})
    fields = tuning.chosen_fields(config, keras_tuner.HyperParameters())
    assert fields["settings"]["beta"] == 0.5
    assert set(fields["settings"]) > {"beta"}, "the rest of the search space is searched"
    assert 1e-4 <= fields["learning_rate"] <= 1e-2


def test_a_given_learning_rate_stays(tmp_path):
    config = RunConfig(model="beta_vae", learning_rate=1e-3, tune=2)
    assert tuning.chosen_fields(config, keras_tuner.HyperParameters())["learning_rate"] == 1e-3
    # Also when the search is cut short and gone on with; one that wasn't given is still searched.
    for given, expected in (({"learning_rate": 1e-3}, 1e-3), ({}, None)):
        RunConfig(model="beta_vae", tune=2, **given).save(tmp_path / "config.yaml")
        saved = RunConfig.load(tmp_path / "config.yaml")
        assert saved.learning_rate == expected


def test_what_is_refused_is_no_failed_trial(tmp_path, config):
    draw_folder(tmp_path / "data")
    fields = {"dataset": f"folder:{tmp_path / 'data'}", "tune": 2, "name": "x"}
    with pytest.raises(UserError, match="no labels that could be hidden"):
        train(config(missing_labels=0.5, **fields))
    with pytest.raises(UserError, match="label"):
        train(config(model="ccvae", **fields))
    with pytest.raises(UserError, match="nothing to search"):
        train(config(model="mmd_vae", learning_rate=1e-3, **fields))
    assert not (tmp_path / "runs/x").exists()


def test_the_best_trial_becomes_the_run(tmp_path, config, capsys, monkeypatch):
    # What TensorFlow takes for a pattern.
    runs = tmp_path / "[runs]"
    train(config(epochs=1, tune=2, name="x", runs_dir=runs))
    shown = capsys.readouterr().out
    assert "Tuning: 2 trials of 1 epochs" in shown and "  2. val_elbo" in shown
    run = runs / "x"
    best = yaml.safe_load((run / "tuning" / "best.yaml").read_text())
    saved = RunConfig.load(run / "config.yaml")
    assert saved.settings == best["settings"] and saved.settings["latent_dim"] == 2
    assert saved.learning_rate == best["learning_rate"]

    resumed = RunConfig(name="x", resume=True, epochs=2, runs_dir=runs)
    with monkeypatch.context() as patch:
        patch.setattr(tuning, "_search", None)
        assert train(resumed).name == "2"
    # As after an interruption: the trials are there, and the best isn't chosen.
    (run / "tuning" / "best.yaml").unlink()
    assert train(resumed) and capsys.readouterr().out.count("val_elbo") == 3


def test_a_search_without_a_finite_trial_is_an_error(config, monkeypatch):
    def diverge(*_):
        raise UserError("training stopped: distortion is nan")

    monkeypatch.setattr(tuning, "fit", diverge)
    with pytest.raises(UserError, match="no trial ended with finite scores"):
        train(config(epochs=1, tune=2))


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("oracle.json", '{"ongoing_trials": {', "oracle.json: not valid JSON"),
        ("tuner0.json", "", "tuner0.json: not valid JSON"),
        ("trial_0/trial.json", "[" * 5000, "trial.json: not valid JSON"),
        ("trial_0/trial.json", '{"trial_id": 3}', "can't go on with the search"),
        ("oracle.json", '{"ongoing_trials": 5}', "can't go on with the search"),
        ("best.yaml", "settings: [1]", "best.yaml: settings: "),
        ("best.yaml", "settings: {}", "best.yaml: learning_rate: field required"),
    ],
)
def test_a_damaged_search_is_named(tmp_path, config, name, content, message):
    run = RunFolder(tmp_path / "runs" / "x", config(name="x", tune=2))
    for path, text in (("tuner0.json", "{}"), ("oracle.json", "{}"), (name, content)):
        (run.tuning / path).parent.mkdir(parents=True, exist_ok=True)
        (run.tuning / path).write_text(text)
    digits = load_dataset("digits")
    with pytest.raises(UserError, match=message) as caught:
        tuning.tuned_run(run, 2, digits, make_strategy("single", 64))
    assert str(run.tuning) in str(caught.value) and "\n" not in str(caught.value)


def test_who_trains_trials_is_told_by_the_environment(tmp_path, config, monkeypatch):
    (tmp_path / "runs/x/tuning").mkdir(parents=True)
    (tmp_path / "runs/x/config.yaml").touch()
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "tuner0")
    assert not is_tuning_worker(), "without a chief's address it searches alone"
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with pytest.raises(UserError, match="IP is set, KERASTUNER_ORACLE_PORT not"):
        is_tuning_worker()
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "8000")
    assert is_tuning_worker()
    # The chief has made the folder, perhaps; without a search it is another run's.
    assert new_run(config(tune=2, name="x")).path == tmp_path / "runs/x"
    with pytest.raises(UserError, match="run 'x' exists"):
        new_run(config(name="x"))
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")
    assert not is_tuning_worker()
    with pytest.raises(UserError, match="run 'x' exists"):
        new_run(config(tune=2, name="x"))


def test_a_chief_that_cannot_listen_makes_no_run(tmp_path, config, monkeypatch):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (str(taken.getsockname()[1]), "http", "99999"):
            monkeypatch.setenv("KERASTUNER_ORACLE_PORT", port)
            with pytest.raises(UserError, match=f"can't listen on 127.0.0.1:{port}"):
                train(config(tune=2, name="x"))
    assert not (tmp_path / "runs/x").exists()


@pytest.mark.slow
def test_a_chief_and_two_workers_search_together(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    command = [sys.executable, ROOT / "train.py", "--model", "beta_vae", "--set", "network=dense",
               "--epochs", "4", "--batch-size", "256", "--tune", "4"]  # fmt: skip
    processes = [
        subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **address, "KERASTUNER_TUNER_ID": name},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("chief", "first", "second")
    ]
    ended = [(*each.communicate(timeout=600), each.returncode) for each in processes]
    assert [status for _, _, status in ended] == [0, 0, 0], ended
    chief, *workers = (out for out, _, _ in ended)
    assert "  4. val_elbo" in chief and "Exported saved_models/beta_vae_digits/1" in chief
    for out in workers:
        assert out.splitlines()[-1] == "There are no more trials; the chief trains the run."
    trials = tmp_path / "runs/beta_vae_digits/tuning"
    assert len(list(trials.glob("trial_*"))) == 4
    assert [each.name for each in (tmp_path / "runs").glob("[!.]*")] == ["beta_vae_digits"]
