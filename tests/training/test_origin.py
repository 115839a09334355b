"""Runs that start from an export: half of the model frozen, few training images."""

import json
import shutil

import numpy as np
import pytest

from tfvae.cli import train as command
from tfvae.data import load_dataset
from tfvae.exports.reader import Export
from tfvae.models import build_model
from tfvae.schema import UsageError, UserError
from tfvae.training.config import RunConfig
from tfvae.training.origin import freeze
from tfvae.training.run import train

DENSE = {"latent_dim": 2, "network": "dense"}


@pytest.fixture
def origin(config, monkeypatch, untraced):
    """An export whose graph is empty, with its manifest and its Keras model."""

    def write(model, folder):
        (folder / "saved_model.pb").touch()
        return {"reconstruct": {"inputs": ["image"], "outputs": ["image"]}}

    monkeypatch.setattr("tfvae.exports.writer._write_signatures", write)
    return train(config(name="origin", epochs=1, settings=DENSE))


def weights(path):
    model = Export.load(path).keras_model()
    return model.encoder.get_weights(), model.decoder.get_weights()


@pytest.mark.parametrize("frozen", ["encoder", "decoder", None])
def test_a_frozen_half_keeps_its_weights_and_the_other_learns(frozen, config, origin):
    changes = {"model": None, "settings": {}, "start_from": origin, "freeze": frozen}
    found = train(config(name="tuned", train_images=100, batch_size=50, **changes))
    for part, before, after in zip(("encoder", "decoder"), weights(origin), weights(found)):
        same = [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]
        assert all(same) if part == frozen else not any(same)
    manifest = json.loads((found / "manifest.json").read_text())
    assert manifest["model"] == "vae" and manifest["hyperparameters"]["latent_dim"] == 2
    assert manifest["origin"] == "origin/1"
    assert manifest["training"]["frozen"] == frozen
    assert manifest["training"]["train_images"] == 100
    assert manifest["data_spec"]["num_examples"]["train"] == 100


def test_it_starts_at_the_weights_of_the_export(config, origin):
    """A step of no length leaves them as they were."""
    changes = {"model": None, "settings": {}, "start_from": origin, "learning_rate": 1e-30}
    found = train(config(name="still", epochs=1, **changes))
    for before, after in zip(weights(origin), weights(found), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_run_goes_on_after_its_origin_is_gone(config, origin):
    """With the half frozen that it started with, and with the same images."""
    changes = {"model": None, "settings": {}, "start_from": origin, "freeze": "decoder"}
    changes |= {"name": "tuned", "train_images": 100, "batch_size": 50}
    before = weights(train(config(epochs=1, **changes)))
    shutil.rmtree(origin)
    started = config(epochs=2, **changes)
    places = {"runs_dir": started.runs_dir, "saved_models_dir": started.saved_models_dir}
    found = train(RunConfig.checked({"name": "tuned", "resume": True, "epochs": 2, **places}))
    assert all(np.array_equal(a, b) for a, b in zip(before[1], weights(found)[1], strict=True))
    assert json.loads((found / "manifest.json").read_text())["origin"] == "origin/1"


def test_a_command_that_is_repeated_to_resume_starts_from_no_newer_version(config, origin):
    changes = {"model": None, "settings": {}, "name": "tuned", "train_images": 100}
    train(config(epochs=1, start_from=origin.parent, **changes))
    shutil.copytree(origin, origin.with_name("2"))
    places = config().model_dump(include={"runs_dir", "saved_models_dir"})
    again = {"epochs": 2, "resume": True, "name": "tuned", "train_images": 100, **places}
    found = train(RunConfig.checked({"start_from": origin.parent, **again}))
    assert json.loads((found / "manifest.json").read_text())["origin"] == "origin/1"
    with pytest.raises(UserError, match="was started with --start-from .*origin/1"):
        train(RunConfig.checked({"start_from": origin.with_name("2"), **again}))


def test_few_training_images_are_the_first_of_more():
    data = load_dataset("digits", image_size=8)
    few, more, others = (
        data.with_train_images(count, seed).arrays("train")["image"]
        for count, seed in ((10, 0), (30, 0), (10, 1))
    )
    np.testing.assert_array_equal(few, more[:10])
    assert not np.array_equal(few, others)
    test = data.with_train_images(10, 0).arrays("test")["image"]
    np.testing.assert_array_equal(test, data.arrays("test")["image"])


def test_the_data_are_those_of_the_export_unless_others_are_given(config, monkeypatch, untraced):
    def write(model, folder):
        (folder / "saved_model.pb").touch()
        return {"reconstruct": {"inputs": ["image"], "outputs": ["image"]}}

    monkeypatch.setattr("tfvae.exports.writer._write_signatures", write)
    small = train(config(name="small", epochs=1, settings=DENSE, image_size=8))
    places = config().model_dump(include={"runs_dir", "saved_models_dir"})
    started = RunConfig.checked({"start_from": small, "epochs": 1, "name": "again", **places})
    manifest = json.loads((train(started) / "manifest.json").read_text())
    assert manifest["dataset"] == "digits" and manifest["dataset_options"]["image_size"] == 8


def test_freezing_the_encoder_keeps_all_that_codes_depend_on():
    spec = load_dataset("digits", image_size=8).spec
    model = build_model("cvae", spec)
    freeze(model, "encoder")
    assert len(model.trainable_variables) == len(model.decoder.trainable_variables)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model": "ccvae"}, UsageError, "is a vae, --model ccvae is given"),
        ({"tune": 2}, UsageError, "--tune tries other networks"),
        ({"image_size": 8}, UserError, "the weights of .*origin/1 don't fit"),
        ({"settings": {"latent_dim": 3}}, UserError, "the weights of .*origin/1 don't fit"),
        ({"train_images": 5000}, UserError, "has 1,258 training images, 5,000 are asked for"),
    ],
)
def test_what_does_not_fit_is_refused(changes, error, message, config, origin):
    common = {"model": None, "settings": {}, "start_from": origin, "name": "tuned"}
    with pytest.raises(error, match=message):
        train(config(**{**common, **changes}))
    assert not origin.parent.with_name("tuned").exists()


def test_the_command_refuses_before_tensorflow_is_loaded(tmp_path, capsys):
    assert command.main(["--model", "vae", "--freeze", "encoder"]) == 2
    assert "give --start-from" in capsys.readouterr().err
    assert command.main(["--start-from", str(tmp_path / "nothing")]) == 1
    assert "no export at" in capsys.readouterr().err
