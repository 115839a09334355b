"""What `evaluate` refuses and what it writes, whatever the metric."""

import dataclasses
import json

import pytest

from tests.evaluation.toys import read_label, scored, toy_dataset
from tfvae.evaluation import METRICS, applicable_metrics
from tfvae.schema import UsageError, UserError

# `crosstalk` needs attributes and a linear label decoder besides, `swap` two exports, and
# `disentanglement` known factors.
EVERYWHERE = tuple(name for name in METRICS if name not in ("crosstalk", "swap", "disentanglement"))


def test_all_is_what_the_export_can_do(categorical, everything, unlabelled, export_of):
    assert applicable_metrics(everything) == EVERYWHERE
    plain = export_of(unlabelled, {"reconstruct": "reconstruct", "sample": "sample_unlabelled"})
    assert applicable_metrics(plain) == ("reconstruction", "fidelity")
    unconditional = export_of(categorical, {"sample": "sample_unlabelled"})
    assert applicable_metrics(unconditional) == ("fidelity",)


def test_what_does_not_fit_is_said(
    categorical, binary, unlabelled, everything, export_of, tmp_path
):
    plain = export_of(unlabelled, {"reconstruct": "reconstruct", "transfer": "identity_transfer"})
    with pytest.raises(UserError, match="without labels"):
        scored("cis", [plain], unlabelled, output_dir=tmp_path)
    with pytest.raises(UserError, match="has no labels"):
        scored("cis", [everything], unlabelled, output_dir=tmp_path)
    with pytest.raises(UserError, match="knows 10 categorical labels.* has 3 binary"):
        scored("classification", [everything], binary, output_dir=tmp_path)
    renamed = toy_dataset()
    names = ("label0", "renamed", *renamed.spec.label_names[2:])
    renamed.spec = dataclasses.replace(renamed.spec, label_names=names)
    with pytest.raises(UserError, match="label 2 of the export .* is 'label1'.* is 'renamed'"):
        scored("classification", [everything], renamed, output_dir=tmp_path)
    with pytest.raises(UserError, match="the factors of the data set .* aren't known"):
        scored("disentanglement", [everything], categorical, output_dir=tmp_path)
    with pytest.raises(UserError, match="no signature 'classify'"):
        scored("classification", [plain], categorical, output_dir=tmp_path)
    with pytest.raises(UsageError, match="scores 1 export at a time, got 2"):
        scored("reconstruction", [everything] * 2, categorical, output_dir=tmp_path)
    with pytest.raises(UsageError, match="'num_image'; did you mean"):
        scored("cis", [everything], categorical, output_dir=tmp_path, settings={"num_image": 1})
    with pytest.raises(UsageError, match="unknown metric 'sic'"):
        scored("sic", [everything], categorical, output_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", METRICS)
def test_options_are_documented(name):
    for option in METRICS.options(name):
        assert option.help, f"{name} says nothing about {option.name}"


@pytest.mark.parametrize("name", EVERYWHERE)
def test_files(name, categorical, everything, drawn, tmp_path):
    result = scored(
        name,
        [everything],
        categorical,
        seed=3,
        output_dir=tmp_path,
        classifiers={"cnn": read_label(10), "cnn_bn": read_label(10)},
    )
    document = json.loads((tmp_path / name / "toy.json").read_text())
    assert set(document) == {
        "metric", "saved_model", "dataset", "seed", "num_images", "values", "intervals", "settings",
        "versions", "tables",
    }  # fmt: skip
    assert document["metric"] == name and document["seed"] == 3
    assert document["saved_model"] == everything.path.as_posix()
    assert set(document["intervals"]) <= set(document["values"])
    for key, (low, high) in document["intervals"].items():
        assert low <= high, key
    assert {option.name for option in METRICS.options(name)} <= set(document["settings"])
    assert document["versions"]["tensorflow"] and document == result.document
    assert all(path.stat().st_size > 0 for path in result.files)
    animated = {".gif"} if name == "traversal" else set()
    assert {path.suffix for path in result.files} == {".json", ".md", ".png"} | animated
    names = [path.name for path in (tmp_path / name).iterdir()]
    assert not any(entry.startswith(".") for entry in names)


def test_equal_seeds_give_equal_scores(categorical, everything, perfect, tmp_path):
    def values(seed):
        result = scored(
            "cis",
            [everything],
            categorical,
            seed=seed,
            output_dir=tmp_path,
            settings={"num_images": 30, "strength": 1, "repeats": 2},
            classifiers=perfect(categorical),
        )
        return dict(result.values), dict(result.intervals)

    assert values(0) == values(0)
    assert values(0) != values(1)


def test_changed_data_are_scored_as_others_and_said(categorical, export_of, tmp_path):
    export = export_of(categorical, {"reconstruct": "reconstruct"}, dataset_fingerprint="before")
    result = scored("reconstruction", [export], categorical, output_dir=tmp_path)
    assert "has changed since training" in result.notes[-1]
    assert (tmp_path / "reconstruction" / "toy-on-toy.json").is_file()
