"""From an export to the export of its generator."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml

from tfvae.cli.train import main
from tfvae.data import load_dataset
from tfvae.exports.reader import Export
from tfvae.exports.writer import export_model
from tfvae.generators import problem
from tfvae.generators.config import GeneratorConfig
from tfvae.generators.problem import SEED_STEP
from tfvae.generators.run import fit_generator
from tfvae.models import build_model
from tfvae.schema import UserError

SIMPLE = {"thetas": "0.2,0.8", "counts": "1,2"}


class Untrained:
    """A linear classifier in place of one that takes a minute to train."""

    accuracy = {"validation": 0.1, "test": 0.1}

    def __init__(self, seed):
        keras.utils.set_random_seed(seed)
        self.network = keras.Sequential(
            [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
        )


@pytest.fixture(autouse=True)
def classifiers(monkeypatch):
    seeds = []

    def load(dataset, architecture, *, seed, cache_dir):
        assert next(iter(dataset.batches("test", 4)))["image"].shape == (4, 28, 28, 1)
        seeds.append((architecture, seed))
        return Untrained(seed + isinstance(dataset, problem.Reconstructions))

    monkeypatch.setattr(problem, "load_or_train", load)
    return seeds


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def export_of(digits, tmp_path_factory):
    """Function: model name -> path of an untrained export of it."""

    def make(name, **settings):
        model = build_model(name, digits.spec, {"latent_dim": 3, **settings})
        # At their start all networks give almost the same code and image.
        model.set_weights([2 * weight for weight in model.get_weights()])
        manifest = {
            "model": name,
            "dataset": "digits",
            "dataset_options": digits.options,
            "dataset_fingerprint": digits.fingerprint,
        }
        folder = tmp_path_factory.mktemp("saved_models") / f"{name}_digits"
        return export_model(model, folder, manifest)

    return make


@pytest.fixture(scope="module")
def vae(export_of):
    return export_of("vae", network="dense")


def config(tmp_path, export, **fields):
    fields = {"generator": "simple", "set": SIMPLE, "draws": 5, **fields}
    return GeneratorConfig.checked(
        {
            "saved_model": export,
            "runs_dir": tmp_path / "runs",
            "saved_models_dir": tmp_path / "saved_models",
            **fields,
        }
    )


@pytest.fixture
def fitted(vae, tmp_path):
    return Export.load(fit_generator(config(tmp_path, vae)))


def test_what_is_served(fitted, vae, digits):
    served = {"reconstruct", "encode", "decode", "sample"}
    assert set(fitted.signatures) == served | {f"{name}_bytes" for name in served}
    images = digits.arrays("test", 3)["image"]
    original = Export.load(vae)
    for name in ("reconstruct", "encode"):
        for output, value in fitted.call(name, image=images).items():
            expected = original.call(name, image=images)[output]
            np.testing.assert_allclose(value, expected, atol=1e-6)
    assert "serving_default" in tf.saved_model.load(str(fitted.path)).signatures


def test_draws_of_a_row_depend_on_its_seed_and_label_alone(fitted):
    seeds, labels = np.arange(6), np.eye(10)[[1, 2, 3, 1, 2, 3]]
    together = fitted.call("sample", seed=seeds, label=labels)["image"]
    apart = fitted.call("sample", batch_size=1, seed=seeds[::-1], label=labels[::-1])["image"]
    np.testing.assert_allclose(together, apart[::-1], atol=1e-5)
    assert not np.allclose(together[0], together[3])


def test_served_draws_are_those_of_the_saved_generator(fitted, tmp_path):
    from tfvae.probability import noise

    sampler = keras.saving.load_model(tmp_path / "runs" / fitted.run / "generator.keras")
    seeds, label = tf.range(4, dtype=tf.int64), tf.one_hot([0, 3, 3, 9], 10)
    code = sampler({"label": label, "noise": noise.row_normal(seeds, 1, sampler.noise_dim)[0]})
    drawn = fitted.call("sample", seed=seeds.numpy(), label=label.numpy())["image"]
    decoded = fitted.call("decode", latent=code.numpy())["image"]
    np.testing.assert_allclose(drawn, decoded, atol=1e-5)


def test_the_run_says_what_was_tried_and_taken(fitted, tmp_path, classifiers):
    run = tmp_path / "runs" / fitted.run
    saved = yaml.safe_load((run / "config.yaml").read_text())
    assert GeneratorConfig.checked(saved).settings == {"thetas": [0.2, 0.8], "counts": [1, 2]}
    rows = list(csv.DictReader((run / "search.csv").read_text().splitlines()))
    assert len(rows) == 4
    about = json.loads((fitted.path / "manifest.json").read_text())["generator"]
    best = min(rows, key=lambda row: float(row["objective"]))
    assert about["chosen"] == {"theta": float(best["theta"]), "n": int(best["n"])}
    assert about["scores_in_search"]["cosine"] == pytest.approx(float(best["cosine"]))
    assert about["scores"] != about["scores_in_search"]
    assert (run / "search.png").stat().st_size > 1000
    # Another seed than that of the classifier that scores.
    assert classifiers == [("cnn", SEED_STEP), ("cnn", SEED_STEP)]


def test_names(vae, tmp_path):
    first, second = (fit_generator(config(tmp_path, vae)) for _ in range(2))
    assert (first.parent.name, second.parent.name) == ("vae_digits_simple", "vae_digits_simple-2")
    with pytest.raises(UserError, match="exists"):
        fit_generator(config(tmp_path, vae, name="vae_digits_simple"))
    # What a fit that was killed leaves.
    (tmp_path / "runs" / "killed").mkdir()
    (tmp_path / "saved_models" / "killed" / ".writing-1").mkdir(parents=True)
    assert fit_generator(config(tmp_path, vae, name="killed")).parent.name == "killed"
    assert not list(tmp_path.glob("runs/.writing*"))
    assert not list(tmp_path.glob("saved_models/killed/.writing*"))


def test_two_fits_at_once_have_a_run_each(vae, tmp_path, monkeypatch):
    found = []

    def during(*_):
        # The other one starts and ends while this one searches.
        if not found:
            found.append("other")
            found.append(fit_generator(config(tmp_path, vae)).parent.name)

    monkeypatch.setattr("tfvae.generators.run._print_start", during)
    assert fit_generator(config(tmp_path, vae)).parent.name == "vae_digits_simple"
    assert found[1] == "vae_digits_simple-2"
    for name in ("vae_digits_simple", "vae_digits_simple-2"):
        assert (tmp_path / "runs" / name / "generator.keras").is_file()
        assert [path.name for path in (tmp_path / "saved_models" / name).iterdir()] == ["1"]


@pytest.mark.parametrize(
    "model, settings, message",
    [("cvae", {}, "takes a label"), ("stargan", None, "has no signature 'encode'")],
)
def test_exports_that_no_generator_fits(export_of, digits, tmp_path, model, settings, message):
    if settings is None:
        path = export_of("vae", network="dense")
        manifest = json.loads((path / "manifest.json").read_text())
        del manifest["signatures"]["encode"]
        (path / "manifest.json").write_text(json.dumps(manifest))
    else:
        path = export_of(model, **settings)
    with pytest.raises(UserError, match=message):
        fit_generator(config(tmp_path, path))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("place", ["runs_dir", "saved_models_dir", "output_dir"])
def test_places_are_tried_before_the_search(vae, tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="dir .*file can't be written: Not a directory"):
        fit_generator(config(tmp_path, vae, **{place: tmp_path / "file"}))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failed_export_leaves_no_half_of_anything(vae, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tfvae.exports.writer._write_signatures", fail)
        with pytest.raises(OSError):
            fit_generator(config(tmp_path, vae, name="x"))
    assert not list(tmp_path.glob("runs/[!.]*")) and not list(tmp_path.glob("saved_models/*"))
    assert fit_generator(config(tmp_path, vae, name="x")).parent.name == "x"


@pytest.mark.parametrize(
    "arguments, status",
    [
        (["--generator", "simpel"], 2),
        (["--generator", "simple", "--min-accuracy", "2"], 2),
        (["--generator", "simple", "--epochs", "3"], 2),
        (["--generator", "simple", "--saved-model", "nowhere"], 1),
        (["--generator=simple", "--seed", "-1"], 2),
    ],
)
def test_wrong_arguments(arguments, status, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == status
    assert capsys.readouterr().err.count("\n") == 1


def test_an_export_that_says_little_of_its_data_is_no_hindrance(export_of, tmp_path):
    path = export_of("vae", network="dense")
    about = json.loads((path / "manifest.json").read_text())
    del about["dataset_options"], about["model"]
    (path / "manifest.json").write_text(json.dumps(about))
    fitted = Export.load(fit_generator(config(tmp_path, path)))
    assert fitted.manifest["model"] == "autoencoder+simple"
    # `evaluate.py` takes what isn't there for the data set's own.
    assert "dataset_options" not in fitted.manifest


def test_the_run_is_repeated_from_its_file(fitted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "runs" / fitted.run / "config.yaml"
    assert main(["--config", str(file), "--name", "again", "--set", "counts=1,2"]) == 0
    again = Export.load(tmp_path / "saved_models" / "again")
    seed, label = np.arange(3), np.eye(10)[[1, 5, 7]]
    drawn = [each.call("sample", seed=seed, label=label)["image"] for each in (fitted, again)]
    np.testing.assert_array_equal(*drawn)
    file.write_text("generator: simple\nepochs: 3\n")
    assert main(["--config", str(file)]) == 2
    assert "unknown key 'epochs'" in capsys.readouterr().err


def test_a_generator_is_not_fitted_to_a_generator(vae, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    fitted = fit_generator(config(tmp_path, vae, name="x"))
    with pytest.raises(UserError, match="is a generator fitted to vae_digits/1"):
        fit_generator(config(tmp_path, fitted))
    # Nor is the newest export taken, which it is.
    assert main(["--generator", "simple"]) == 1
    assert "no export in saved_models" in capsys.readouterr().err


def test_the_newest_autoencoder_is_the_default(vae, tmp_path):
    assert config(tmp_path, None, saved_models_dir=vae.parents[1]).find_export() == vae


def test_an_export_of_other_images_is_refused(export_of, tmp_path):
    path = export_of("vae", network="dense")
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["data_spec"]["label_names"] = manifest["data_spec"]["label_names"][:5]
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UserError, match="generator simple: .*knows 5"):
        fit_generator(config(tmp_path, path))


def test_a_search_that_diverges_leaves_nothing(vae, tmp_path):
    settings = {"steps": 3, "learning_rate": 1e30, "units": 4}
    with pytest.raises(UserError, match="diverged"):
        fit_generator(config(tmp_path, vae, generator="network", set=settings))
    assert not list(tmp_path.glob("runs/[!.]*")) and not list(tmp_path.glob("saved_models/*"))


def test_command_line(vae, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["--generator", "full_covariance", "--saved-model", str(vae), "--draws", "4"]
    assert main([*arguments, "--set", "thetas=0,0.5", "--min-accuracy", "1"]) == 0
    assert "No candidate reached 1.0" in capsys.readouterr().out
    assert Export.load(tmp_path / "saved_models" / "vae_digits_full_covariance")
