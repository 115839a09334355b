"""The examples run, and the plain model and tfvae's are the same one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_digits

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def bounds():
    """File name -> the ELBO that it prints, nats."""
    found = {}
    for path in sorted(EXAMPLES.glob("*.py")):
        done = subprocess.run(
            [sys.executable, path], capture_output=True, text=True, check=True, cwd=EXAMPLES.parent
        )
        printed = re.search(r"ELBO of the test images: (-\d+\.\d) nats", done.stdout)
        assert printed, done.stdout
        # Two digits of eight lines follow.
        assert len(done.stdout.splitlines()) == 17
        found[path.name] = float(printed[1])
    return found


def test_the_plain_model_and_that_of_tfvae_agree(bounds):
    """Other splits and another order, so within the spread of a few seeds."""
    assert set(bounds) == {"plain_vae.py", "vae_with_tfvae.py"}
    assert bounds["plain_vae.py"] == pytest.approx(bounds["vae_with_tfvae.py"], abs=2.0)


def test_the_codes_are_used(bounds):
    """The mean image, the best without a code, has a lower log-likelihood than the bounds say."""
    from scipy.special import xlogy

    images = load_digits().images / 16
    mean = images.mean(axis=0)
    without_code = (xlogy(mean, mean) + xlogy(1 - mean, 1 - mean)).sum()
    assert min(bounds.values()) > without_code + 1
