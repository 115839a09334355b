"""Samplers whose answer to a mixed label is known."""

import dataclasses

import numpy as np
import pytest

from tests.evaluation.toys import SIDE, ToyDataset, scored, toy_dataset, write_export
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.label_mixing import LabelPaths, curves, label_pairs
from tfvae.exports.reader import Export
from tfvae.schema import BINARY, UsageError, UserError


@pytest.fixture
def mixed(export_of, tmp_path):
    def run(dataset, method, **settings):
        export = export_of(dataset, {"sample": method})
        settings = {"num_pairs": 40, **settings}
        return scored("label_mixing", [export], dataset, output_dir=tmp_path, settings=settings)

    return run


def test_a_sampler_linear_in_the_label_goes_evenly(categorical, mixed):
    result = mixed(categorical, "sample")
    expected = {"first_step_share": 0.1, "largest_step_share": 0.1, "path_length": 1.0}
    # Two pixels change, each by one.
    expected["distance"] = np.sqrt(2 / SIDE**2)
    expected["first_step"] = expected["distance"] / 10
    for name, value in expected.items():
        assert result.values[name] == pytest.approx(value, rel=1e-5)
        assert result.intervals[name] == pytest.approx((value, value), rel=1e-5)
    # Uniform noise on what isn't the label's row: E(a - b)^2 = 1/6.
    noise = np.sqrt((SIDE - 1) / SIDE / 6)
    assert result.values["seed_distance"] == pytest.approx(noise, rel=0.02)
    assert mixed(categorical, "sample", steps=4).values["first_step_share"] == pytest.approx(0.25)
    assert result.num_images == 40 * 11 and not result.notes


def test_a_sampler_that_jumps_does_it_in_one_step(categorical, binary, mixed):
    for dataset in (categorical, binary):
        values = mixed(dataset, "sample_rounded", steps=5).values
        assert values["first_step_share"] == 0 and values["largest_step_share"] == 1
        assert values["path_length"] == 1


def test_a_sampler_that_ignores_the_label_has_no_shares(categorical, mixed):
    result = mixed(categorical, "sample_blind")
    assert set(result.values) == {"first_step", "distance", "seed_distance"}
    assert result.values["first_step"] == 0
    assert result.values["distance"] == 0 < result.values["seed_distance"]
    assert "no image changes with the label" in result.notes[0]


def test_a_sampler_that_comes_back_has_a_length_but_no_whole(categorical, mixed):
    values = mixed(categorical, "sample_mixture").values
    assert set(values) == {
        *("first_step", "distance", "seed_distance"),
        *("first_step_share", "largest_step_share"),
    }
    # The steps of t (1 - t) are in proportion to 0.09, 0.07, ... down and up again: 0.5 in all.
    assert values["largest_step_share"] == pytest.approx(0.09 / 0.5, rel=1e-4)


def test_shares_of_known_paths():
    # One pair goes evenly over 2, one jumps over 6 at once, one stands still.
    steps = np.array([[1.0, 1.0], [6.0, 0.0], [0.0, 0.0]])
    from_start = np.concatenate([np.zeros((3, 1)), np.cumsum(steps, axis=1)], axis=1)
    paths = LabelPaths("toy", from_start, steps, np.ones(3), np.zeros((1, 3, 2, 2, 1)))
    values, intervals = paths.scores()
    assert values["first_step_share"] == values["largest_step_share"] == pytest.approx(7 / 8)
    assert values["path_length"] == 1 and values["distance"] == pytest.approx(8 / 3)
    low, high = intervals["first_step_share"]
    assert low < 7 / 8 < high


def test_shapes_that_move_evenly_go_far_but_evenly():
    # A stroke of one pixel moves by one pixel a step: it is never further off than after the first.
    images = np.eye(5)
    steps = np.sqrt(((images[1:] - images[:-1]) ** 2).mean(axis=1))[None]
    from_start = np.sqrt(((images - images[0]) ** 2).mean(axis=1))[None]
    paths = LabelPaths("stroke", from_start, steps, np.ones(1), np.zeros((1, 5, 2, 2, 1)))
    values, _ = paths.scores()
    assert values["first_step_share"] == values["largest_step_share"] == pytest.approx(0.25)
    assert values["path_length"] == pytest.approx(4)


def test_curves_are_means_over_trainings():
    # One goes first a third of its way, then the rest; the other evenly, twice as far.
    paths = [
        LabelPaths(
            "toy",
            np.array([[0.0, way[0], sum(way)]]),
            np.array([way]),
            np.ones(1),
            np.zeros((1, 3, 2, 2, 1)),
        )
        for way in ([1.0, 2.0], [3.0, 3.0])
    ]
    shares, pixels = curves({"toy": paths}, np.array([0.0, 0.5, 1.0]), "toy").axes
    even, share = shares.get_lines()
    assert set(even.get_ydata()) == {0.5} and list(share.get_xdata()) == [0.25, 0.75]
    assert share.get_ydata() == pytest.approx([(1 / 3 + 1 / 2) / 2, (2 / 3 + 1 / 2) / 2])
    (line,) = pixels.get_lines()
    assert list(line.get_ydata()) == [0, 2, 4.5]


def test_attributes_are_mixed_entry_by_entry(binary, mixed):
    values = mixed(binary, "sample").values
    assert values["first_step_share"] == pytest.approx(0.1, rel=1e-4)
    assert values["largest_step_share"] == pytest.approx(0.1, rel=1e-4)


@pytest.mark.parametrize("kind", ["categorical", "binary"])
def test_labels_of_a_pair_differ(kind, request, export_of):
    dataset = request.getfixturevalue(kind)
    context = Context([Subject(export_of(dataset, {"sample": "sample"}), dataset)])
    first, second = label_pairs(context, 300)
    assert first.shape == second.shape == (300, dataset.spec.num_labels)
    assert (first != second).any(axis=1).all() and set(np.unique([first, second])) == {0, 1}
    if kind == "categorical":
        assert (first.sum(axis=1) == 1).all() and (second.sum(axis=1) == 1).all()
        assert len(np.unique(second, axis=0)) == 10


def test_equal_attributes_everywhere_differ_by_one(export_of):
    spec = dataclasses.replace(toy_dataset(BINARY, num_labels=3).spec)
    dataset = ToyDataset(spec, {"test": np.ones((spec.num_examples["test"], 3))})
    first, second = label_pairs(Context([Subject(None, dataset)]), 50)
    assert (first == 1).all() and ((first != second).sum(axis=1) == 1).all()


def test_exports_side_by_side(categorical, tmp_path):
    methods = {"even": "sample", "jump": "sample_rounded", "blind": "sample_blind"}
    exports = [
        Export.load(write_export(tmp_path / run / "1", categorical, {"sample": method}))
        for run, method in methods.items()
    ]
    # An odd number of steps: the toy jumps between two of them.
    settings = {"num_pairs": 10, "steps": 5}
    result = scored("label_mixing", exports, categorical, output_dir=tmp_path, settings=settings)
    values = result.values
    assert (
        values["first_step_share"]
        == values["even/first_step_share"]
        == pytest.approx(0.2, rel=1e-4)
    )
    assert values["jump/largest_step_share"] == 1 and "blind/first_step_share" not in values
    # All draw with the same noise and labels.
    assert values["even/distance"] == pytest.approx(values["jump/distance"], rel=1e-5)
    assert values["even/seed_distance"] == values["jump/seed_distance"]
    assert [row["run"] for row in result.tables["Runs"]] == list(methods)
    assert [path.suffix for path in result.files].count(".png") == 2
    assert result.notes == ("blind: no image changes with the label, so there are no shares of "
                            "a way.",)  # fmt: skip


def test_what_can_not_be_mixed(categorical, export_of, mixed, tmp_path):
    for bad in ({"steps": 1}, {"num_pairs": 1}, {"steps": "few"}, {"pairs": 3}):
        with pytest.raises(UsageError, match=next(iter(bad))):
            mixed(categorical, "sample", **bad)
    with pytest.raises(UserError, match="'sample' .* takes no 'label'"):
        mixed(categorical, "sample_unlabelled")
    single = toy_dataset(num_labels=1)
    with pytest.raises(UserError, match="one class"):
        scored(
            "label_mixing",
            [export_of(single, {"sample": "sample"})],
            single,
            output_dir=tmp_path,
        )
