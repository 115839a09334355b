"""The ratio is that of medians, and a run that fails is not timed."""

import pytest

from benchmarks import startup


def test_ratios_are_of_medians(monkeypatch, capsys):
    imports, steps = iter([2.0, 9.0, 2.0]), iter([3.0, 4.0, 50.0])
    monkeypatch.setattr(startup, "imported", lambda: next(imports))
    monkeypatch.setattr(startup, "first_step", lambda model, dataset: next(steps))
    startup.main(["--models", "vae", "--rounds", "3"])
    out = capsys.readouterr().out
    assert "| import tensorflow | 2.00 | 1.00 |" in out and "| vae | 4.00 | 2.00 |" in out


def test_a_run_without_a_step_is_an_error():
    with pytest.raises(SystemExit, match="did not end its epoch"):
        startup.first_step("vae", "no_such_data")
