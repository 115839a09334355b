"""What is compared is equal, and what is measured is what is meant."""

import argparse
import subprocess
import sys
import types

import numpy as np
import pytest

from benchmarks.throughput import __main__ as throughput
from benchmarks.throughput import load
from benchmarks.throughput.products import products
from tfvae.networks import build_decoder, build_encoder


@pytest.mark.parametrize(
    ("network", "shape"), [("dense", (28, 28, 1)), ("conv", (28, 28, 1)), ("conv", (64, 64, 3))]
)
def test_the_networks_are_equal(network, shape):
    torch = pytest.importorskip("torch")
    from benchmarks.throughput import pytorch_networks

    height, width, channels = shape
    for ours, theirs, size in (
        (build_encoder(network, shape, 40), pytorch_networks.encoder(network, shape, 40), shape),
        (build_decoder(network, 20, shape), pytorch_networks.decoder(network, shape, 20), (20,)),
    ):
        # Filters of both have the same numbers in another order, so constants will do.
        for weight in ours.weights:
            weight.assign(np.full(weight.shape, 0.02, np.float32))
        with torch.no_grad():
            for parameter in theirs.parameters():
                parameter.fill_(0.02)
        images = np.random.default_rng(0).random((3, *size), np.float32)
        tensor = torch.from_numpy(images)
        if images.ndim == 4:
            tensor = tensor.permute(0, 3, 1, 2)
        found = theirs(tensor).detach()
        if found.ndim == 4:
            found = found.permute(0, 2, 3, 1)
        np.testing.assert_allclose(found.numpy(), ours(images), rtol=1e-4)


def test_products_have_the_multiplications_of_the_layers():
    """An output of a convolution is a sum over its window and the channels before."""
    sizes = products(build_encoder("conv", (64, 64, 3), 40), batch_size=2)
    multiplications = [rows * inner * columns for rows, inner, columns in sizes]
    assert multiplications == [
        2 * 32 * 32 * 32 * 4 * 4 * 3,
        2 * 16 * 16 * 64 * 4 * 4 * 32,
        2 * 8 * 8 * 128 * 4 * 4 * 64,
        2 * 4 * 4 * 256 * 4 * 4 * 128,
        2 * 4096 * 256,
        2 * 256 * 40,
    ]
    mirrored = products(build_decoder("conv", 20, (64, 64, 3)), batch_size=2)
    convolutions = [rows * inner * columns for rows, inner, columns in mirrored[2:]]
    assert convolutions == multiplications[3::-1]


def test_the_load_is_that_of_others(monkeypatch):
    """In 10 seconds all processes used 12 CPU seconds, this one and its children 9 of them."""
    values = {"_busy": iter([100.0, 112.0]), "_own": iter([5.0, 14.0])}
    for name, each in values.items():
        monkeypatch.setattr(load, name, lambda each=each: next(each))
    monkeypatch.setattr(load.time, "monotonic", iter([50.0, 60.0]).__next__)
    with load.OtherLoad() as others:
        pass
    assert others.cores == pytest.approx(0.3)


def test_children_are_its_own():
    before = load._own()
    subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
    assert load._own() > before + 0.05


def test_a_busy_machine_is_refused(monkeypatch):
    monkeypatch.setattr(throughput, "idle_load", lambda: 0.7)
    with pytest.raises(SystemExit, match=r"other programs use 0\.7 cores; --busy"):
        throughput.main(["--contenders", "vae"])


def test_medians_and_their_ratios():
    def each(*speeds):
        return {"images_per_second": speeds, "first_epoch": 2.0, "peak_bytes": 2**30}

    given = argparse.Namespace(dataset="mnist", network="dense", batch_size=128, rounds=2, epochs=3)
    found = {
        "vae": [each(100, 110), each(120, 900)],
        "pytorch": [each(50, 60), each(40, 70)],
        "limit": [each(200), each(240)],
    }
    *_, vae, pytorch, limit = throughput.page(given, found, 0.02)
    assert "115 | 100, 900 | 1.00 | 0.52 | 2.0 | 1,024" in vae
    assert "55 | 40, 70 | 2.09 | 0.25" in pytorch
    assert "220 | 200, 240 | 0.52 | 1.00" in limit


def test_what_is_not_installed_is_left_out(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(throughput.OTHERS, "pythae", ("pythae_run", (), "no_such_package"))
    monkeypatch.setattr(throughput, "idle_load", lambda: 0.0)
    monkeypatch.setattr(throughput, "_task", lambda *_: types.SimpleNamespace())
    monkeypatch.setattr(
        throughput,
        "run",
        lambda name, task: {"images_per_second": [1], "first_epoch": 1.0, "peak_bytes": 1},
    )
    page = tmp_path / "page.md"
    throughput.main(["--contenders", "vae", "pythae", "--rounds", "1", "--output", str(page)])
    assert "pythae is left out: no_such_package isn't installed" in capsys.readouterr().err
    assert "pythae" not in page.read_text()


def test_a_model_is_given_the_settings_that_it_has(tmp_path):
    given = argparse.Namespace(
        dataset="digits", data_dir=None, manual_dir=None, image_size=None, train_images=64,
        network="conv", batch_size=32, epochs=2,
    )  # fmt: skip
    arguments = {
        name: throughput._task(name, given, str(tmp_path)).train_arguments
        for name in ("ccvae", "fader")
    }
    assert arguments["ccvae"][-3:] == ("--set", "network=conv", "pixel_likelihood=bernoulli")
    assert arguments["fader"][-1] == "64"
