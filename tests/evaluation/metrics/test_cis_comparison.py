"""CIS of several exports: who is first, by how much, and which don't compare."""

import dataclasses

import numpy as np
import pytest

from tests.evaluation.toys import EditableToyDataset, scored, toy_dataset, write_export
from tfvae.evaluation.metrics.cis import figures as cis_figures
from tfvae.evaluation.transfer import STRENGTHS
from tfvae.exports.reader import Export
from tfvae.schema import BINARY, UsageError, UserError


@pytest.fixture(scope="module")
def editable():
    return toy_dataset(BINARY, num_labels=3, unknown=0.2, made=EditableToyDataset)


@pytest.fixture(scope="module")
def exports(editable, tmp_path_factory):
    """Run -> opened export; `perfect` and `again` are equal."""
    folder = tmp_path_factory.mktemp("saved")
    methods = {
        "half": ("half_on", "fader", 0.0),
        "perfect": ("switch_on", "dualvae", 0.0),
        "again": ("switch_on", "dualvae", 0.9),
        "idle": ("identity_transfer", "fader", 0.9),
    }
    return {
        run: Export.load(
            write_export(
                folder / run / "1",
                editable,
                {"transfer": method},
                model=model,
                training={"missing_labels": ratio},
            )
        )
        for run, (method, model, ratio) in methods.items()
    }


@pytest.fixture
def compared(editable, exports, perfect, tmp_path):
    def run(*names, dataset=editable, **settings):
        return scored(
            "cis",
            [exports[name] for name in names],
            dataset,
            output_dir=tmp_path,
            settings={"num_images": 30, "repeats": 2, **settings},
            classifiers=perfect(dataset),
        )

    return run


def test_each_run_scores_what_it_scores_alone(compared):
    alone = {name: compared(name) for name in ("half", "perfect", "idle")}
    together = compared("half", "perfect", "idle")
    # Names without a run are those of the first.
    shared = {name: together.values[name] for name in alone["half"].values}
    assert shared == alone["half"].values
    for name, result in alone.items():
        for value in ("cis", "ts", "rs", "cis_std", "ts_absent", "strength", "share_of_oracle"):
            assert together.values[f"{name}/{value}"] == result.values[value]
        assert together.intervals[f"{name}/cis"] == result.intervals["cis"]
    assert [row["run"] for row in together.tables["Runs"]] == ["perfect", "half", "idle"]
    assert [row["share of oracle"] for row in together.tables["Runs"]] == pytest.approx([1, 0.5, 0])
    assert together.document["saved_model"][1].endswith("perfect/1")
    assert (together.files[0]).name == "half+perfect+idle.json"
    grids = {}
    for row in together.tables["Strength, chosen on validation"]:
        grids.setdefault(row["run"], []).append(row["strength"])
    assert grids["half"] == grids["perfect"] == grids["idle"] == sorted(STRENGTHS)


def test_margin_is_that_of_the_same_images(compared):
    result = compared("idle", "half", "perfect")
    best, second = result.values["perfect/cis"], result.values["half/cis"]
    assert result.values["margin"] == pytest.approx(best - second)
    low, high = result.intervals["margin"]
    assert 0 < low < result.values["margin"] < high
    # Half of the gain of the very same images: the margin varies half as much as the best does.
    spread = np.ptp(result.intervals["perfect/cis"])
    assert high - low == pytest.approx(spread / 2, rel=1e-3)
    assert "perfect is" in result.notes[0] and "above half" in result.notes[0]


def test_equal_exports_have_no_margin(compared):
    result = compared("perfect", "again")
    assert result.values["margin"] == 0 and result.intervals["margin"] == (0, 0)
    assert "don't differ" in result.notes[0]


def test_figures_of_several(compared, drawn):
    result = compared("half", "perfect", "idle", image=2)
    assert set(result.figures) == {"domains", "transfers", "strengths", "missing_labels"}
    axes = result.figures["domains"].axes[0]
    assert [text.get_text() for text in axes.get_legend().texts] == [
        "half", "perfect", "idle", "oracle",
    ]  # fmt: skip
    rows = [label.get_text() for label in result.figures["transfers"].axes[0].get_yticklabels()]
    assert [row.split(" ")[0] for row in rows] == ["half", "perfect", "idle", "oracle"]
    lines = result.figures["missing_labels"].axes[0].lines
    assert [line.get_label() for line in lines] == ["fader", "dualvae"]
    values = result.values
    assert lines[0].get_xydata() == pytest.approx(
        np.array([[values["half/rs"], values["half/ts"]], [values["idle/rs"], values["idle/ts"]]])
    )
    texts = [text.get_text() for text in result.figures["missing_labels"].axes[0].texts]
    assert texts == ["0", "0.9", "0"]
    assert "missing_labels" not in compared("half", "perfect").figures


def test_one_given_strength_has_no_curve(compared):
    assert set(compared("half", strength=1).figures) == {"domains", "transfers"}


def test_exports_of_other_data_are_refused(editable, exports, tmp_path):
    def other(**changes):
        about = {"data_spec": dataclasses.replace(editable.spec, **changes).to_dict()}
        return Export.load(
            write_export(tmp_path / "other" / "1", editable, {"transfer": "switch_on"}, **about)
        )

    def score(export):
        scored("cis", [exports["half"], export], editable, output_dir=tmp_path / "results")

    with pytest.raises(UserError, match="half/1 and .*other/1 .* label names differ"):
        score(other(label_names=("label0", "label1", "another")))
    with pytest.raises(UserError, match="half/1 and .*other/1 .* data sets differ .*toy and else"):
        score(other(name="else"))
    seeded = write_export(
        tmp_path / "seeded" / "1",
        editable,
        {"transfer": "switch_on"},
        dataset_options={"seed": 7},
    )
    with pytest.raises(UserError, match="half/1 and .*seeded/1 .* seeds of the split differ"):
        score(Export.load(seeded))
    with pytest.raises(UsageError, match="half/1 is given twice"):
        score(exports["half"])
    assert not (tmp_path / "results").exists()


def test_many_runs_have_a_short_file_name(compared, exports, monkeypatch):
    monkeypatch.setattr("tfvae.evaluation.score.LONGEST_NAME", 10)
    result = compared("perfect", "half", "idle", strength=1)
    assert result.files[0].name.startswith("perfect+2-others-")


def test_forty_domains_are_drawn_in_blocks():
    assert (
        cis_figures.plots.image_blocks(
            np.zeros((2, 41, 4, 4, 1)), "x", ["a", "b"], [f"label {i}" for i in range(41)]
        )
        .axes[3]
        .get_xticklabels()[-1]
        .get_text()
        == "label 40"
    )


def test_names_of_many_domains_are_few():
    names = [str(index) for index in range(40)]
    kept = cis_figures.label_extremes(names, np.arange(40.0))
    assert [name for name in kept if name] == names[:4] + names[32:]
    assert cis_figures.label_extremes(names[:5], np.arange(5.0)) == names[:5]
