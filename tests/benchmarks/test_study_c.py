"""The pieces of the benchmark that need no training."""

import dataclasses

import pytest

from benchmarks.bench import make_bench
from benchmarks.study_c import table4
from benchmarks.study_c.page import (
    best_of,
    best_so_far,
    budgets,
    images_table,
    point_at,
    study_table,
    table,
)
from benchmarks.study_c.plan import LEVELS, STUDY, TABLE_LEVELS, Plan, Run
from tfvae.generators import GENERATORS

PLAN = Plan(vaes=("MMD-20",), generators=("simple",), seeds=(0, 1))


def result(cosine, accuracy, reached=True):
    score = {"cosine": cosine, "accuracy": accuracy}
    points = [
        {"level": level, "reached": reached, "searched": score, "scored": score, "settings": {}}
        for level in LEVELS
    ]
    progress = [
        {"seconds": 4.0, "step": 10, "best accuracy": 0.9, "best cosine": 0.4},
        {
            "seconds": 8.0,
            "step": 20,
            "best accuracy": 0.999 if reached else 0.9,
            "best cosine": 0.95,
        },
        {
            "seconds": 12.0,
            "step": 30,
            "best accuracy": 0.996 if reached else 0.9,
            "best cosine": 0.8,
        },
    ]
    return {"seconds": 12 + cosine, "trials": 5, "points": points, "best_so_far": progress}


def found(reached=True):
    images = {
        "real": {
            "cosine": 0.5,
            "accuracy": 0.99,
            "intervals": {"cosine": [0.49, 0.51], "accuracy": [0.98, 1.0]},
        },
        "reconstructed": {"cosine": 0.6, "accuracy": 0.98},
        "classifiers": {"reconstructions": 0.97, "images": 0.98},
    }
    return {
        Run("MMD", 20, seed): {"images": images, "simple": result(0.8 + seed / 10, 0.99, reached)}
        for seed in (0, 1)
    }


def plan_of(*arguments):
    return table4.make_plan(table4.parse(arguments))


def test_a_row_for_each_level_with_the_papers_beside_it():
    rows = table(found(), PLAN)
    assert [row["asked for"] for row in rows] == ["0.995", "0.9968", "0.999"]
    assert rows[0]["cosine"].startswith("0.8500 [")
    assert rows[0]["study"] == "0.8870 / 0.9968" and rows[1]["study"] == ""


def test_the_papers_rows_are_taken_at_its_own_accuracy():
    (row,) = study_table(found())
    assert row["asked for"] == "0.9968" and row["study"] == "0.8870 / 0.9968"
    assert study_table({}) == []


def test_what_no_candidate_reached_is_marked():
    assert table(found(reached=False), PLAN)[0]["asked for"] == "0.995 *"


def test_real_images_and_classifiers_stand_beside():
    rows = images_table(found())
    # Real images are the same for every seed: their interval is one over images.
    assert rows[0]["cosine"] == "0.5000 [0.4900, 0.5100]"
    names = [row["images"] for row in rows]
    assert names == [
        "real test images",
        "reconstructed test images",
        "searching classifier of reconstructions",
        "searching classifier of images",
    ]


def test_budgets_and_the_minimum_of_eq_4_are_reported():
    results = found()
    results[Run("MMD", 20, 1)]["simple"]["seconds"] = 77.4
    (row,) = budgets(results, PLAN)
    assert row["candidates"] == "5" and row["gradient steps"] == "30"
    assert row["first, s"] == "8" and row["whole, s"] == "77"
    assert row["cosine at eq. 4"].startswith("0.8500 [")
    results[Run("MMD", 20, 1)]["simple"] = result(0.9, 0.99, reached=False)
    assert budgets(results, PLAN)[0]["first, s"] == "never"


def test_the_best_so_far_falls_until_the_end_of_the_search():
    (line,) = best_so_far(found(), PLAN).axes[0].lines
    # From the first that is accurate enough on.
    assert list(line.get_xdata()) == [8, 12, 12.8]
    assert list(line.get_ydata()) == [0.95, 0.8, 0.8]
    (line,) = best_so_far(found(False), PLAN).axes[0].lines
    assert not len(line.get_xdata())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--vaes", "VAE-20"], "such as MMD-20"),
        (["--vaes", "MMD-0"], "such as MMD-20"),
        (["--generators", "simpel"], "invalid choice"),
        (["--draws", "1"], "at least 2"),
        (["--set", "num_images=3"], "unrecognized"),
        (["--mmd-set", "latent_dim=5"], "--vaes say it"),
        (["--mmd-set", "mmd_wieght=5"], "mmd_weight"),
        (["--mmd-set", "kernel"], "KEY=VALUE"),
        (["--dataset", "mnits"], "did you mean 'mnist'"),
    ],
)
def test_wrong_arguments_are_told_at_once(arguments, message, capsys):
    with pytest.raises(SystemExit) as error:
        table4.main(arguments)
    assert error.value.code == 2 and message in capsys.readouterr().err


def test_a_kind_has_one_name():
    plan = plan_of("--vaes", "MMD-020", "MMD-20", "--seeds", "1", "1")
    assert plan.vaes == ("MMD-20",) and plan.seeds == (1,) and len(plan.runs) == 1


def test_settings_are_those_of_the_mmd_vae():
    plan = plan_of("--vaes", "ELBO-20", "MMD-20", "--mmd-set", "kernel=imq", "--seeds", "1")
    elbo, mmd = plan.runs
    assert mmd.arguments[-2:] == ["latent_dim=20", "kernel=imq"] and mmd.name == "mmd_vae-d20-s1"
    assert elbo.arguments[-1] == "latent_dim=20"


def test_what_was_scored_before_is_found_again():
    given = table4.parse([])
    bench, plan = make_bench(given, given.mmd_set), table4.make_plan(given)
    assert bench.folder.as_posix() == "runs/generation_table/mnist-60ep-f062b686"
    run = Run("MMD", 20, 0)
    path = plan.result_path(bench, run, "simple")
    assert path == bench.folder / "results" / "mmd_vae-d20-s0-simple-2209cfbe.json"
    path = plan.scored_as_in_study().result_path(bench, run, "simple")
    assert path.name == "mmd_vae-d20-s0-simple-93a11932.json"
    settings = {"bandwidth": "14.142", "mmd_weight": "1000"}
    assert make_bench(given, settings).folder.name == "mnist-60ep-79b0f805"


def test_runs_are_told_apart_and_the_papers_rows_can_be_made():
    assert Run("ELBO", 20, 1).name == "vae-d20-s1" and Run("MMD", 10, 0).kind == "MMD-10"
    assert {name for _, name in STUDY} <= set(GENERATORS)
    assert {*TABLE_LEVELS, *(level for _, level in STUDY.values())} <= set(LEVELS)
    assert point_at(result(0.7, 0.9), None)["level"] is None


def test_the_sheet_is_that_of_the_most_varied_that_is_accurate_enough():
    results = found()
    for run, other in results.items():
        other["mixture"] = result(0.6, 0.99, reached=run.seed == 0)
        other["network"] = result(0.4, 0.9, reached=False)
    plan = dataclasses.replace(PLAN, generators=("simple", "mixture", "network"), seeds=(0,))
    assert best_of(results, plan) == (Run("MMD", 20, 0), "mixture")
