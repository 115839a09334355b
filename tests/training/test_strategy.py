"""Devices, and what is wrong with a TF_CONFIG."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tfvae.schema import UsageError, UserError
from tfvae.training import strategy
from tfvae.training.strategy import check_tf_config, is_chief, make_strategy

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = {"worker": ["host0:2222", "host1:2222"]}


def tf_config(cluster=CLUSTER, kind="worker", index=0):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    "text, message",
    [
        (None, "not set"),
        ("{", "not valid JSON"),
        ("[]", "should be an object"),
        (json.dumps({"cluster": CLUSTER}), "'task' must be a mapping"),
        (tf_config({"worker": "host:1"}), "cluster.worker must be a list"),
        (tf_config({"worker": ["host"]}), "cluster.worker must be a list of host:port"),
        (tf_config({"chief": ["host:1"]}, "chief"), "cluster.worker, .* is missing"),
        (tf_config(kind="wroker"), "task.type is 'wroker', the cluster has worker"),
        (tf_config(index=2), "task.index is 2, cluster.worker has 0 to 1"),
        (tf_config(index="0"), "task.index is '0'"),
        (tf_config({"worker": ["host:1", "host:1"]}), "two tasks have the same host:port"),
        (tf_config({"worker": ["host:99999"]}), "cluster.worker must be a list of host:port"),
        (tf_config({**CLUSTER, "ps": ["host:1"]}), "cluster.ps has no part"),
    ],
)
def test_what_is_wrong_with_tf_config_is_said(text, message):
    with pytest.raises(UserError, match=message):
        check_tf_config(text)


@pytest.mark.parametrize(
    "cluster, kind, index, chief",
    [
        (CLUSTER, "worker", 0, True),
        (CLUSTER, "worker", 1, False),
        ({**CLUSTER, "chief": ["host2:1"]}, "worker", 0, False),
        ({**CLUSTER, "chief": ["host2:1"]}, "chief", 0, True),
    ],
)
def test_one_worker_writes(monkeypatch, cluster, kind, index, chief):
    monkeypatch.setenv("TF_CONFIG", tf_config(cluster, kind, index))
    assert is_chief("multi_worker") is chief
    assert is_chief("single")


def test_a_malformed_tf_config_stops_before_tensorflow_reads_it(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{")
    with pytest.raises(UserError, match="not valid JSON"):
        make_strategy("multi_worker", 64)


@pytest.fixture
def clock(monkeypatch):
    """Seconds pass when one sleeps, and then alone."""
    now = [0.0]
    monkeypatch.setattr(strategy.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(strategy.time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    return now


def test_a_host_that_cannot_be_found_is_not_waited_for_for_ever(monkeypatch, clock):
    for host in ("nohost.invalid", "no..host"):
        clock[:] = [0.0]
        monkeypatch.setenv("TF_CONFIG", tf_config({"worker": [f"{host}:2222"]}))
        with pytest.raises(UserError, match=f"TF_CONFIG: {host}: "):
            make_strategy("multi_worker", 64)
    assert clock == [60.0]


def test_a_host_may_get_its_address_later(monkeypatch, clock, capsys):
    def address(host, port):
        if clock[0] < 20:
            raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(strategy.socket, "getaddrinfo", address)
    strategy._wait_for_names(["a", "b"])
    assert clock == [20.0]
    line = "Waiting for the address of a: Name or service not known\n"
    assert capsys.readouterr().out == 4 * line


def test_single_has_one_replica():
    assert make_strategy("single", 63).num_replicas_in_sync == 1


def test_a_mirrored_run_trains_saves_and_exports(tmp_path):
    # In a process of its own: two MirroredStrategy objects in one crash.
    script = """
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
from tfvae.training.config import RunConfig
from tfvae.training.run import train

print(train(RunConfig(model="vae", epochs=1, batch_size=512, strategy="mirrored")))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "CPU x 2" in done.stdout
    assert (tmp_path / "saved_models/vae_digits/1/saved_model.pb").is_file()
    assert (tmp_path / "runs/vae_digits/checkpoints/epoch-0001").is_dir()


def start_workers(folder, *arguments):
    """Two processes on this machine, as one run `twins`; what they print is in `worker-0.log`."""
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    command = [sys.executable, ROOT / "train.py", "--name", "twins", *arguments]
    workers = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        with (folder / f"worker-{index}.log").open("w") as log:
            workers.append(
                subprocess.Popen(
                    [*command, "--strategy", "multi_worker"],
                    cwd=folder,
                    env={**os.environ, "TF_CONFIG": json.dumps({"cluster": cluster, "task": task})},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
    return workers


def ended(workers, folder):
    """Whether all ended well, and what they printed."""
    statuses = [worker.wait(timeout=600) for worker in workers]
    return statuses == [0, 0], [
        (folder / f"worker-{index}.log").read_text() for index in range(len(workers))
    ]


@pytest.mark.slow
def test_two_workers_train_as_one_also_when_one_was_killed(tmp_path, arrays_in):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    run = ["--model", "ccvae", "--epochs", "8", "--set", "network=dense"]
    one = [sys.executable, ROOT / "train.py", "--name", "twins", *run, "--jit", "off"]
    subprocess.run(one, cwd=tmp_path / "one", check=True, capture_output=True)

    folder = tmp_path / "two"
    workers = start_workers(folder, *run)
    first = folder / "runs/twins/checkpoints/epoch-0001"
    while not first.exists():
        assert workers[0].poll() is None, (folder / "worker-0.log").read_text()
        time.sleep(0.05)
    workers[1].kill()
    assert workers[0].wait(timeout=60) == 1, "it doesn't go on alone, nor wait for ever"
    assert not (folder / "saved_models").exists()

    well, (chief, other) = ended(start_workers(folder, "--resume"), folder)
    assert well, chief + other
    assert "from epoch" in chief and "Exported saved_models/twins/1" in chief
    assert "Exported" not in other
    assert (folder / "saved_models/twins/1/saved_model.pb").is_file()
    checkpoint = "runs/twins/checkpoints/epoch-0008"
    expected, found = (arrays_in(tmp_path / each / checkpoint) for each in ("one", "two"))
    assert expected.keys() == found.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-4, atol=1e-4, err_msg=name)
    # Only the order of sums differs.
    logs = [tmp_path / each / "runs/twins/history.csv" for each in ("one", "two")]
    before, after = (np.genfromtxt(log, delimiter=",", names=True) for log in logs)
    assert before.dtype.names == after.dtype.names and len(after) == 8
    for name in before.dtype.names:
        np.testing.assert_allclose(after[name], before[name], rtol=1e-4, err_msg=name)


def test_the_batch_must_divide_among_the_replicas(mirrored_strategy, monkeypatch):
    monkeypatch.setitem(strategy._STRATEGIES, "mirrored", lambda: mirrored_strategy)
    assert make_strategy("mirrored", 64) is mirrored_strategy
    with pytest.raises(UsageError, match="63 does not divide among 2 replicas; try 62"):
        make_strategy("mirrored", 63)
