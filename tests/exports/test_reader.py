"""Exports are opened, called in batches, and refused when they are not what they should be."""

import json

import numpy as np
import pytest

from tests.evaluation.toys import toy_dataset, write_export
from tfvae.exports.reader import Export, run_names
from tfvae.exports.versions import newest_export, versions
from tfvae.exports.writer import next_version
from tfvae.schema import UserError


@pytest.fixture(scope="module")
def categorical():
    return toy_dataset()


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, categorical):
    """A run with versions 2 and 10."""
    folder = tmp_path_factory.mktemp("saved") / "saved_models" / "toy"
    for version in ("2", "10"):
        write_export(
            folder / version,
            categorical,
            {"reconstruct": "reconstruct", "sample": "sample", "broken": "not_finite"},
            created=f"2024-01-{version:>02}T00:00:00",
        )
    return folder


def test_newest_version_is_by_number(run_folder):
    assert Export.load(run_folder).path == run_folder / "10"
    assert Export.load(run_folder / "2").path == run_folder / "2"
    assert Export.load(run_folder).run == "toy"
    assert newest_export(run_folder.parent) == run_folder / "10"


def test_a_path_that_tensorflow_takes_for_a_pattern(tmp_path, categorical):
    folder = tmp_path / "[a-z]*?\\" / "toy" / "1"
    write_export(folder, categorical, {"reconstruct": "reconstruct"})
    image = categorical.arrays("test", 2)["image"]
    outputs = Export.load(folder.parent).call("reconstruct", image=image)
    assert outputs["image"].shape == image.shape


def test_a_name_is_found_in_either_form_of_its_accents(tmp_path, categorical):
    write_export(tmp_path / "caf\u00e9" / "1", categorical, {"reconstruct": "reconstruct"})
    assert Export.load(tmp_path / "cafe\u0301").run == "caf\u00e9"


def test_newest_of_nothing(tmp_path):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError, match="no export in"):
            newest_export(folder)


def test_rows_keep_their_order_whatever_the_batches(run_folder, categorical):
    export = Export.load(run_folder)
    images = categorical.arrays("test")["image"]
    whole = export.call("reconstruct", image=images)["image"]
    parts = export.call("reconstruct", batch_size=7, image=images)["image"]
    assert whole == pytest.approx(0.9 * images + 0.05, abs=1e-6)
    assert np.array_equal(whole, parts) and whole.shape == images.shape
    labels = np.eye(10)[[3, 1, 2]]
    drawn = export.call("sample", batch_size=2, seed=np.array([5, 6, 5]), label=labels)["image"]
    assert np.array_equal(drawn[:, 0, :10, 0], labels)
    assert np.array_equal(drawn[0, 1:], drawn[2, 1:])


def test_label_is_passed_only_where_it_is_taken(run_folder, categorical):
    export = Export.load(run_folder)
    data = categorical.arrays("test")
    export.call("reconstruct", image=data["image"], label=data["label"])
    with pytest.raises(UserError, match="sample needs label"):
        export.call("sample", seed=np.arange(3), label=None)
    with pytest.raises(ValueError, match="takes"):
        export.call("reconstruct", image=data["image"], strength=np.ones(100))
    with pytest.raises(ValueError, match="unequal"):
        export.call("sample", seed=np.arange(3), label=np.zeros((2, 10)))


def test_missing_signature_and_bad_outputs(run_folder):
    export = Export.load(run_folder)
    with pytest.raises(UserError, match="no signature 'transfer'.*reconstruct"):
        export.call("transfer", image=np.zeros((1, 12, 12, 1)))
    with pytest.raises(UserError, match="image of broken has NaN"):
        export.call("broken", image=np.ones((1, 12, 12, 1)))


def copy_of(run_folder, folder, **changes):
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes((run_folder / "10" / "saved_model.pb").read_bytes())
    manifest = json.loads((run_folder / "10" / "manifest.json").read_text())
    manifest = {key: value for key, value in {**manifest, **changes}.items() if value is not None}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


SPEC = {"name": "x", "image_shape": [12, 12, 1]}
ENCODE = {"inputs": ["image"], "outputs": ["mean", "stddev"]}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"format": 2}, "format: input should be 1, got 2"),
        ({"signatures": None}, "signatures: field required"),
        ({"signatures": {}}, "signatures: .* at least 1 item"),
        ({"signatures": ["encode"]}, "signatures: input should be an object"),
        ({"signatures": {"encode": {"inputs": "image"}}}, "signatures.encode.inputs: "),
        ({"signatures": {"encode": {"inputs": [1], "outputs": ["mean"]}}}, "encode.inputs.0: "),
        ({"signatures": {"encode": {**ENCODE, "outputs": ["mean"]}}}, "encode lacks stddev"),
        ({"signatures": {"encode": {**ENCODE, "inputs": ["label"]}}}, "encode lacks image"),
        ({"dataset": None}, "dataset: field required"),
        ({"dataset": 5}, "dataset: input should be a valid string, got 5"),
        ({"data_spec": None}, "data_spec: field required"),
        ({"data_spec": [SPEC]}, "data_spec: "),
        ({"data_spec": {**SPEC, "image_shape": [1]}}, "data_spec.image_shape.1: field required"),
        ({"data_spec": {**SPEC, "image_shape": ["12", 12, 1]}}, "image_shape.0: .* integer"),
        ({"data_spec": {**SPEC, "image_shape": [12, 12, -1]}}, "data_spec: .*image_shape must be"),
        ({"data_spec": {**SPEC, "image_shape": [12, 10**30, 1]}}, "image_shape must be"),
        ({"data_spec": {**SPEC, "label_names": [1], "label_kind": "binary"}}, "label_names.0: "),
        ({"data_spec": {**SPEC, "label_names": ["a"]}}, "label_kind None does not go with 1"),
        ({"data_spec": {**SPEC, "num_examples": {"train": "9"}}}, "num_examples.train: "),
        ({"data_spec": {**SPEC, "factor_sizes": [2]}}, "factor_sizes: "),
        ({"data_spec": {**SPEC, "colour": 1}}, "data_spec.colour: "),
        ({"dataset_options": {"data_dir": "/"}}, "dataset_options.data_dir: "),
        ({"dataset_options": {"seed": "0"}}, "dataset_options.seed: "),
        ({"created": 2024}, "created: "),
        ({"hyperparameters": [1]}, "hyperparameters: "),
        ({"log_likelihood_samples": 0}, "log_likelihood_samples: "),
        ({"lambda_per_strength": [1.0]}, "lambda_per_strength has 1 values, there are 10 labels"),
        ({"training": {"missing_labels": "half"}}, "training.missing_labels: "),
        ({"generator": "medium"}, "generator: "),
    ],
)
def test_wrong_manifest(run_folder, tmp_path, changes, message):
    with pytest.raises(UserError, match=f"manifest.json: {message}|manifest.json: .*{message}"):
        Export.load(copy_of(run_folder, tmp_path / "saved" / "toy" / "1", **changes))
    with pytest.raises(UserError, match="no export in"):
        newest_export(tmp_path / "saved")


def test_a_manifest_without_what_is_not_needed(run_folder, tmp_path):
    needed = ("format", "dataset", "data_spec", "signatures")
    manifest = json.loads((run_folder / "10" / "manifest.json").read_text())
    others = {name: None for name in manifest if name not in needed}
    assert Export.load(copy_of(run_folder, tmp_path / "1", **others)).manifest.keys() == {*needed}


def test_folders_of_other_digits_are_no_versions(run_folder, tmp_path):
    copy_of(run_folder, tmp_path / "saved" / "toy" / "7")
    copy_of(run_folder, tmp_path / "saved" / "toy" / "\u00b2")
    assert Export.load(tmp_path / "saved" / "toy").path.name == "7"
    assert newest_export(tmp_path / "saved").name == "7"
    assert [path.name for path in versions(tmp_path / "saved" / "toy")] == ["7"]
    assert next_version(tmp_path / "saved" / "toy") == 8


def test_missing_half_written_and_foreign(run_folder, tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        Export.load(tmp_path / "absent")
    with pytest.raises(UserError, match="neither saved_model.pb nor versions"):
        Export.load(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="it is a file"):
        Export.load(tmp_path / "file")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "saved_model.pb").touch()
    with pytest.raises(UserError, match="no manifest.json"):
        Export.load(tmp_path / "foreign")
    half = copy_of(run_folder, tmp_path / "half" / "1")
    (half / "saved_model.pb").unlink()
    with pytest.raises(UserError, match="no saved_model.pb"):
        Export.load(tmp_path / "half")
    (half / "manifest.json").write_text("{")
    (half / "saved_model.pb").touch()
    with pytest.raises(UserError, match="manifest.json: not valid JSON"):
        Export.load(tmp_path / "half")


def test_variables_or_graph_broken(run_folder, tmp_path):
    export = Export.load(copy_of(run_folder, tmp_path / "1"))
    with pytest.raises(UserError, match="not a readable SavedModel"):
        export.call("reconstruct", image=np.zeros((1, 12, 12, 1)))
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"not a graph")
    with pytest.raises(UserError, match="not a readable SavedModel"):
        Export.load(tmp_path / "1").call("reconstruct", image=np.zeros((1, 12, 12, 1)))


def test_runs_of_one_name_are_told_apart(categorical, tmp_path):
    methods = {"reconstruct": "reconstruct"}
    folders = [tmp_path / "half" / "2", tmp_path / "far" / "half" / "2"]
    twins = [Export.load(write_export(folder, categorical, methods)) for folder in folders]
    half, idle = (
        Export.load(write_export(tmp_path / "saved" / run / "1", categorical, methods))
        for run in ("half", "idle")
    )
    assert run_names([half, idle]) == ["half", "idle"]
    assert run_names([half, twins[0]]) == ["half/1", "half/2"]
    assert run_names(twins) == [str(folder) for folder in folders]
