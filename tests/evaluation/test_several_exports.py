"""`evaluate.py` on toy exports: each on its own data and by its own metrics."""

import dataclasses
import json

import pytest

import tfvae
import tfvae.data
import tfvae.evaluation.plan
from tests.evaluation.toys import read_label, toy_dataset, write_export
from tfvae.cli import evaluate
from tfvae.evaluation.plan import Plan
from tfvae.files import WriteError
from tfvae.schema import UsageError, UserError


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Function: (run, dataset, fingerprint) -> folder of its export; made once."""
    made = {}

    def write(run, dataset, fingerprint):
        name = dataset.spec.name
        if (run, name, fingerprint) not in made:
            folder = tmp_path_factory.mktemp("saved") / run / "1"
            about = {"dataset_fingerprint": fingerprint} if name == "digits" else {}
            methods = {"reconstruct": "reconstruct"}
            if name == "digits":
                methods["classify"] = "classify"
            made[run, name, fingerprint] = write_export(folder, dataset, methods, **about)
        return made[run, name, fingerprint]

    return write


@pytest.fixture
def scored(tmp_path, monkeypatch, written):
    """Runs `evaluate.py` on exports of two data sets: (status, scores, names that were loaded)."""
    loaded = []
    datasets = {"digits": toy_dataset(), "mnist": toy_dataset(None)}
    for name, dataset in datasets.items():
        dataset.spec = dataclasses.replace(dataset.spec, name=name)
    datasets["digits"].fingerprint = "now"

    def load(name, **_):
        loaded.append(name)
        return datasets[name]

    monkeypatch.setattr(tfvae.data, "load_dataset", load)
    monkeypatch.setattr("tfvae.classifiers.cache.load_or_train", lambda *_, **__: read_label(10))

    def run(*arguments, fingerprint=None):
        exports = []
        for run, name in {"a": "digits", "b": "mnist", "c": "digits"}.items():
            exports += ["--saved-model", str(written(run, datasets[name], fingerprint))]
        out = tmp_path / "scores.json"
        common = ["--output-dir", str(tmp_path / "results"), "--json", str(out)]
        status = evaluate.main([*arguments, *exports, *common])
        return status, json.loads(out.read_text()) if out.exists() else [], loaded

    return run


def test_each_export_has_its_own_data_and_metrics(scored, tmp_path):
    status, documents, loaded = scored("--metric", "all", "--set", "num_images=20")
    assert status == 0 and loaded == ["digits", "mnist"]
    found = [(entry["metric"], entry["saved_model"].split("/")[-2]) for entry in documents]
    assert found == [
        ("reconstruction", "a"), ("classification", "a"), ("fidelity", "a"),
        # Without labels there is no classifier, whose features `fidelity` compares.
        ("reconstruction", "b"),
        ("reconstruction", "c"), ("classification", "c"), ("fidelity", "c"),
    ]  # fmt: skip
    assert {path.stem for path in (tmp_path / "results/reconstruction").glob("*.json")} == set(
        "abc"
    )


def test_changed_data_are_refused_unless_named(scored, capsys):
    arguments = ("--metric", "reconstruction")
    status, documents, _ = scored(*arguments, fingerprint="before")
    assert status == 1 and not documents
    assert "digits has changed since" in (shown := capsys.readouterr().err)
    assert "--dataset digits" in shown
    status, documents, _ = scored(*arguments, "--dataset", "digits", fingerprint="before")
    assert status == 0 and len(documents) == 3
    assert "has changed since training" in capsys.readouterr().out


def test_all_goes_on_past_a_metric_that_the_data_cannot_tell(scored, monkeypatch, capsys):
    def without_labels(metric, *arguments, **options):
        if metric == "classification":
            raise UserError("no test image has a known label")
        return whole(metric, *arguments, **options)

    whole = tfvae.evaluation.plan.score
    monkeypatch.setattr("tfvae.evaluation.plan.score", without_labels)
    status, documents, _ = scored("--metric", "all", "--set", "num_images=20")
    assert status == 0
    found = [entry["metric"] for entry in documents]
    assert found == [
        *("reconstruction", "fidelity"),
        "reconstruction",
        "reconstruction",
        "fidelity",
    ]
    shown = capsys.readouterr().err
    assert "classification of a/1 left out: no test image has a known label" in shown


@pytest.mark.parametrize("metrics", ["all", "classification,reconstruction,fidelity"])
@pytest.mark.parametrize("error", [UserError("no test image has a label"), ZeroDivisionError("0")])
def test_one_metric_that_fails_costs_no_other(scored, monkeypatch, capsys, metrics, error):
    def failing(metric, *arguments, **options):
        if metric == "classification":
            raise error
        return whole(metric, *arguments, **options)

    whole = tfvae.evaluation.plan.score
    monkeypatch.setattr("tfvae.evaluation.plan.score", failing)
    arguments = ("--metric", metrics, "--set", "num_images=20", "--dataset", "digits")
    status, documents, _ = scored(*arguments)
    assert "reconstruction" in {entry["metric"] for entry in documents}
    assert "classification" not in {entry["metric"] for entry in documents}
    shown = capsys.readouterr().err
    assert f"classification of a/1 left out: {error}" in shown
    # What "all" can't do is no failure.
    expected = metrics == "all" and isinstance(error, UserError)
    assert status == (0 if expected else 1)
    assert ("scores are missing: classification of a/1; " in shown) == (not expected)
    assert ("ZeroDivisionError" in shown) == isinstance(error, ZeroDivisionError)


@pytest.mark.parametrize(
    ("error", "status"), [(UsageError("no such option"), 2), (WriteError("disk full"), 1)]
)
def test_a_wrong_option_and_a_full_disk_end_all(scored, monkeypatch, error, status):
    calls = []

    def failing(metric, *arguments, **options):
        calls.append(metric)
        raise error

    monkeypatch.setattr("tfvae.evaluation.plan.score", failing)
    found, documents, _ = scored("--metric", "all", "--dataset", "digits")
    assert found == status and not documents and len(calls) == 1


def test_metrics_that_compare_get_all_exports_at_once(tmp_path, monkeypatch, capsys):
    dataset = toy_dataset()
    dataset.spec = dataclasses.replace(dataset.spec, name="digits")
    monkeypatch.setattr(tfvae.data, "load_dataset", lambda name, **_: dataset)
    monkeypatch.setattr("tfvae.classifiers.cache.load_or_train", lambda *_, **__: read_label(10))
    methods = {"reconstruct": "reconstruct", "transfer": "perfect_transfer"}
    arguments = ["--output-dir", str(tmp_path / "results"), "--set", "num_images=20"]
    for run in ("a", "b"):
        folder = write_export(tmp_path / run / "1", dataset, methods)
        arguments += ["--saved-model", str(folder)]
    out = tmp_path / "scores.json"
    assert evaluate.main(["--metric", "cis,reconstruction", "--json", str(out), *arguments]) == 0
    *single, cis = json.loads(out.read_text())
    assert [entry["metric"] for entry in single] == ["reconstruction"] * 2
    assert len(cis["saved_model"]) == 2 and {"cis", "a/cis", "b/cis"} <= set(cis["values"])
    assert "a is 0.0000 above b" in " ".join(capsys.readouterr().out.split())
    twice = ["--dataset", "digits", "--dataset", "mnist"]
    assert evaluate.main(["--metric", "cis", *arguments, *twice]) == 2
    assert "on the same images, but --dataset names digits and mnist" in capsys.readouterr().err
    other = write_export(tmp_path / "c" / "1", dataset, methods, dataset_options={"seed": 7})
    assert evaluate.main(["--metric", "cis", *arguments, "--saved-model", str(other)]) == 1
    assert "not of the same data set: their seeds of the split" in capsys.readouterr().err


def test_a_plan_says_what_is_scored_on_which_data(tmp_path):
    """From Python, before any data are loaded."""
    digits, mnist = toy_dataset(), toy_dataset(None)
    paths = []
    for run, dataset, name in (("a", digits, "digits"), ("b", mnist, "mnist")):
        dataset.spec = dataclasses.replace(dataset.spec, name=name)
        methods = {"reconstruct": "reconstruct"}
        if name == "digits":
            methods |= {"classify": "classify", "transfer": "perfect_transfer"}
        paths.append(write_export(tmp_path / run / "1", dataset, methods))

    plan = Plan.make("all", paths, settings={"num_images": "7"})
    found = [(job.metric, job.exports[0].run, job.sources[0][0]) for job in plan.jobs]
    assert found == [
        ("reconstruction", "a", "digits"), ("classification", "a", "digits"),
        ("cis", "a", "digits"), ("fidelity", "a", "digits"),
        ("intervention", "a", "digits"), ("style", "a", "digits"),
        ("reconstruction", "b", "mnist"), ("fidelity", "b", "mnist"),
    ]  # fmt: skip
    assert all(job.settings["num_images"] == 7 for job in plan.jobs)
    (job,) = Plan.make("reconstruction", paths[1], dataset="kmnist").jobs
    assert job.sources == (("kmnist", {"image_size": 12}),)
    jobs = Plan.make("reconstruction", paths, dataset=["kmnist", "mnist"]).jobs
    assert [job.sources[0][0] for job in jobs] == ["kmnist", "mnist"]
    with pytest.raises(UsageError, match="--dataset is given 3 times for 2 exports"):
        Plan.make("reconstruction", paths, dataset=["mnist"] * 3)
    with pytest.raises(UsageError, match="swap scores 2 to 8 exports at a time, got 1"):
        Plan.make("swap", paths[0])
    with pytest.raises(UsageError, match="'clas'.*valid"):
        Plan.make(["clas"], paths)
    with pytest.raises(UsageError, match="--metric is needed"):
        Plan.make([], paths)
    with pytest.raises(UserError, match="not of the same data set"):
        Plan.make("label_mixing,cis", [paths[0], paths[1]])


def test_python_and_the_command_write_the_same(scored, written, tmp_path):
    status, documents, _ = scored("--metric", "reconstruction", "--set", "num_images=20")
    assert status == 0
    path = documents[0]["saved_model"]
    out = tmp_path / "python"
    (report,) = tfvae.evaluate("reconstruction", path, settings={"num_images": 20}, output_dir=out)
    assert report.document == documents[0]
    assert report.files[0].read_text() == (tmp_path / "results/reconstruction/a.json").read_text()
