"""The README's first command, for real: minutes of training."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("main_job")
    run(folder, "train.py", "--model", "ccvae")
    return folder


def run(folder, script, *arguments):
    done = subprocess.run(
        [sys.executable, ROOT / script, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def values(folder, metric):
    run(folder, "evaluate.py", "--metric", metric)
    return json.loads((folder / f"results/{metric}/ccvae_digits.json").read_text())["values"]


@pytest.mark.slow
def test_digits_are_classified(trained):
    assert values(trained, "classification")["accuracy"] >= 0.96


@pytest.mark.slow
def test_digits_are_transferred_to_every_class(trained):
    scores = values(trained, "cis")
    assert scores["cis"] >= 0.55
    assert scores["identity_cis"] == 0
    assert scores["random_cis"] < 0
