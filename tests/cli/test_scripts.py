"""The two scripts, in processes of their own where signals, stderr or a fresh start matter."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tfvae.classifiers.networks import ARCHITECTURES
from tfvae.cli import evaluate, train

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--model", "vae", "--batch-size", "512", "--jit", "off"]


def start(folder, script, *arguments):
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.Popen(
        [sys.executable, str(ROOT / script), *arguments],
        cwd=folder,
        env=environment,
        # Where the suite itself runs in the background, an interrupt would be ignored.
        preexec_fn=_heed_interrupts,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(folder, script, *arguments):
    process = start(folder, script, *arguments)
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, out + err
    return out, err


def own_lines(err):
    """Lines of stderr but for those that TensorFlow logs before it reads its log level."""
    early = re.compile(r"WARNING: All log messages before absl|I0000 00:00:")
    return [line for line in err.splitlines() if not early.match(line)]


def wait_for(path, process):
    deadline = time.monotonic() + 900
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a run that was interrupted, gone on with and killed."""
    folder = tmp_path_factory.mktemp("work")
    checkpoints = folder / "runs/x/checkpoints"
    process = start(folder, "train.py", *QUICK, "--epochs", "500", "--name", "x")
    wait_for(checkpoints / "epoch-0001", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=900)
    assert process.returncode == 130
    message = "tfvae: interrupted; to go on: python train.py --resume --name x"
    assert own_lines(err) == [message]

    done = _epochs(folder)
    process = start(folder, "train.py", "--resume", "--name", "x")
    wait_for(checkpoints / f"epoch-{done + 1:04d}", process)
    process.kill()
    process.communicate()
    return folder


@pytest.fixture
def in_process(monkeypatch, capsys):
    """Function: (folder, command, arguments) -> (status, stdout, stderr); no TensorFlow starts."""

    def call(folder, main, *arguments):
        monkeypatch.chdir(folder)
        status = main(list(arguments))
        return status, *capsys.readouterr()

    return call


def _epochs(folder):
    return max(int(path.name[6:]) for path in (folder / "runs/x/checkpoints").glob("epoch-*"))


def test_an_interrupted_run_goes_on_where_it_was_and_is_scored(folder, in_process):
    done = _epochs(folder)
    arguments = ("--resume", "--name", "x", "--epochs", str(done + 2))
    status, out, _ = in_process(folder, train.main, *arguments)
    assert status == 0 and f"from epoch {done + 1}" in out
    rows = (folder / "runs/x/history.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(done + 2))
    assert (folder / "saved_models/x/1/manifest.json").is_file()

    # By its own data, which the arguments don't name.
    out, err = run(folder, "evaluate.py", "--metric", "reconstruction", "--json", "scores.json")
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["metric"] == "reconstruction" and scores["dataset"] == "digits"
    assert np.isfinite(scores["values"]["mse"]) and "mse" in out and not own_lines(err)


def test_the_main_job_in_small(tmp_path, in_process, monkeypatch):
    """The README's two commands, on a small network, few images and a hasty classifier."""
    short = ["--epochs", "2", "--jit", "off", "--set", "network=dense"]
    _, err = run(tmp_path, "train.py", "--model", "ccvae", *short)
    assert not own_lines(err)
    for name, architecture in ARCHITECTURES.items():
        hasty = dataclasses.replace(architecture, plan=lambda count: (128, 4, 1))
        monkeypatch.setitem(ARCHITECTURES, name, hasty)
    few = ["--set", "num_images=20", "repeats=1", "strength=1"]
    status, out, _ = in_process(tmp_path, evaluate.main, "--metric", "cis", *few)
    assert status == 0
    results = tmp_path / "results/cis"
    document = json.loads((results / "ccvae_digits.json").read_text())
    values = document["values"]
    assert {"cis", "ts", "rs"} <= set(values) and "cis" in out
    assert values["cis"] == pytest.approx(values["ts"] + values["rs"])
    assert values["identity_cis"] == 0
    assert document["num_images"] == 20 and document["settings"]["strength"] == 1
    for figure in ("domains", "transfers"):
        png = (results / f"ccvae_digits-{figure}.png").read_bytes()
        assert png.startswith(b"\x89PNG")


def test_the_same_name_is_refused(folder, in_process):
    status, _, err = in_process(folder, train.main, *QUICK, "--name", "x")
    assert status == 1 and "'x' exists" in err and err.count("\n") == 1
