"""The process of a command: what it prints to, and how it ends."""

import os
import signal
import subprocess
import sys

import pytest

from tests.cli.test_arguments import ROOT

WAITING = """
import time
from tfvae.cli.common import run_command
def wait(argv):
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        print("closed")
raise SystemExit(run_command(wait, []))
"""
PRINTING = """
import sys
from tfvae.cli.common import run_command
def write(argv):
    for line in range(int(argv[0])):
        print("line \\udcff", flush=len(argv) > 1)
        print("line", file=sys.stderr)
    open("done", "w").close()
raise SystemExit(run_command(write, None))
"""


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_end_by_a_signal_is_told_and_has_its_status(number, status):
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the suite itself runs in the background, an interrupt would be ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=60) == ("closed\n", "tfvae: interrupted\n")
    assert process.returncode == status


@pytest.mark.parametrize("arguments", [["1"], ["1", "flushed"], ["10000"], ["10000", "flushed"]])
@pytest.mark.parametrize("closed", ["stdout", "both"])
def test_a_pipe_that_nobody_reads_is_no_error(tmp_path, arguments, closed):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", PRINTING, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": ROOT},
        stdout=writer,
        stderr=writer if closed == "both" else subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert done.returncode == 0 and (tmp_path / "done").exists()
    assert set((done.stderr or "").splitlines()) <= {"line"}


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_are_no_error(tmp_path, closed):
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" 3 {closed}', sys.executable, PRINTING],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": ROOT},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and (tmp_path / "done").exists()
    assert "Error" not in done.stdout + done.stderr


def test_help_into_a_pipe_that_nobody_reads():
    for script in ("train.py", "evaluate.py"):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [sys.executable, os.path.join(ROOT, script), "--help"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(writer)
        assert done.returncode == 0 and not done.stderr
