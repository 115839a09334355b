"""Whole runs on `digits`: resumed ones end as uninterrupted ones, bit for bit."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.folders import draw_classes, draw_folder
from tfvae.schema import UsageError, UserError
from tfvae.training.adam import FusedAdam
from tfvae.training.callbacks import SaveAndStopEarly
from tfvae.training.config import RunConfig
from tfvae.training.run import train

# Real exports: the conformance suite, test_strategy.py and cli/test_scripts.py.
pytestmark = pytest.mark.usefixtures("quick_export")
untraced = pytest.mark.usefixtures("untraced")


class Killed(BaseException):
    """Stands for a signal that no code of ours handles."""


def cut(monkeypatch, config, after, error=Killed):
    """Runs `config` and kills it once the checkpoint of epoch `after` is there."""

    def on_epoch_end(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch + 1 == after:
            raise error

    original = SaveAndStopEarly.on_epoch_end
    with monkeypatch.context() as patch, pytest.raises(error) as caught:
        patch.setattr(SaveAndStopEarly, "on_epoch_end", on_epoch_end)
        train(config)
    return caught.value


# Labels drawn to be hidden, and an optimizer that keeps the scale of its loss. On few small images:
# some processors multiply matrices of float16 slowly.
CCVAE = {
    "model": "ccvae",
    "batch_size": 32,
    "settings": {"network": "dense", "latent_dim": 4, "characteristic_dim": 2},
    "missing_labels": 0.9,
    "precision": "mixed_float16",
}
# Three optimizers, and a weight that counts the images shown; a ramp that both epochs are on.
FADER = {"model": "fader", "settings": {"ramp_images": 3000, "adversary_weight": 0.1}}


@pytest.mark.parametrize("changes", [CCVAE, FADER], ids=["ccvae", "fader"])
def test_a_resumed_run_is_bit_identical(tmp_path, config, arrays_in, monkeypatch, changes):
    fields = {"epochs": 2, "lr_schedule": "cosine", "early_stopping": 9, **changes}
    if changes is CCVAE:
        draw_classes(tmp_path / "data")
        fields["dataset"] = f"folder:{tmp_path / 'data'}"
    train(config(name="straight", **fields))
    cut(monkeypatch, config(name="cut", **fields), after=1)
    train(RunConfig(name="cut", resume=True, runs_dir=tmp_path / "runs"))

    straight, resumed = tmp_path / "runs" / "straight", tmp_path / "runs" / "cut"
    expected = arrays_in(straight / "checkpoints" / "epoch-0002")
    optimizers = {name.split("/")[0] for name in expected if "optimizer" in name}
    assert optimizers == (
        {"optimizer", "further_optimizers"} if changes is FADER else {"optimizer"}
    )
    np.testing.assert_equal(arrays_in(resumed / "checkpoints" / "epoch-0002"), expected)
    assert (resumed / "history.csv").read_text() == (straight / "history.csv").read_text()
    assert keras.config.dtype_policy().name == "float32", "the policy is given back"


@untraced
def test_epochs_without_a_checkpoint_are_repeated(tmp_path, config, arrays_in, monkeypatch):
    """Killed after epoch 3 of 4, of which the first alone was saved: ten seconds hadn't passed."""
    train(config(name="straight", epochs=4))
    cut(monkeypatch, config(name="cut", epochs=4), after=3)
    straight, resumed = tmp_path / "runs" / "straight", tmp_path / "runs" / "cut"
    assert [path.name for path in (resumed / "checkpoints").iterdir()] == ["epoch-0001"]
    train(RunConfig(name="cut", resume=True, runs_dir=tmp_path / "runs"))
    found, expected = (
        arrays_in(folder / "checkpoints" / "epoch-0004") for folder in (resumed, straight)
    )
    np.testing.assert_equal(found, expected)
    assert (resumed / "history.csv").read_text() == (straight / "history.csv").read_text()
    # TensorBoard drops what it read of the epochs from this one on.
    events = [
        tf.compat.v1.Event.FromString(record)
        for path in sorted((resumed / "tensorboard" / "train").iterdir())
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    ]
    starts = [event.step for event in events if event.HasField("session_log")]
    assert starts == [1]


@untraced
def test_early_stopping_that_is_added_exports_what_is_saved(tmp_path, config, monkeypatch, capsys):
    losses = iter([2.0, 1.0, 3.0, 4.0, 5.0, 6.0])

    def scripted(self, epoch, logs=None):
        original(self, epoch, {**logs, "val_loss": next(losses)})

    original = SaveAndStopEarly.on_epoch_end
    monkeypatch.setattr(SaveAndStopEarly, "on_epoch_end", scripted)
    train(config(name="x", epochs=3))
    export = train(config(name="x", epochs=9, resume=True, early_stopping=2))
    assert "best epoch so far, 2, has no checkpoint" in capsys.readouterr().out
    training = json.loads((export / "manifest.json").read_text())["training"]
    assert (training["epochs"], training["exported_epoch"]) == (6, 4)


@untraced
def test_a_run_leaves_an_export_and_is_refused_twice(tmp_path, config, capsys):
    places = {"saved_models_dir": tmp_path / "my models"}
    export = train(config(**places))
    assert export == tmp_path / "my models" / "vae_digits" / "1"
    manifest = json.loads((export / "manifest.json").read_text())
    assert (manifest["model"], manifest["dataset"], manifest["seed"]) == ("vae", "digits", 0)
    assert manifest["training"]["epochs"] == manifest["training"]["exported_epoch"] == 2
    assert set(manifest["training"]["scores"]) == {"validation", "test"}
    assert manifest["training"]["scores"]["test"]["elbo"] < 0
    shown = capsys.readouterr().out
    assert "Epoch 1/2" not in shown, "no progress bar but on a terminal"
    assert f"python evaluate.py --metric reconstruction --saved-model '{export.parent}'" in shown

    with pytest.raises(UserError, match="exists"):
        train(config(name="vae_digits"))
    # Finished: nothing to do, nothing new.
    assert train(config(name="vae_digits", resume=True, **places)) == export
    assert "nothing to do" in capsys.readouterr().out
    # More epochs go on and export the next version.
    assert train(config(name="vae_digits", resume=True, epochs=3, **places)).name == "2"


@untraced
def test_interruption_says_how_to_go_on(tmp_path, config, monkeypatch):
    error = cut(monkeypatch, config(name="x"), after=1, error=KeyboardInterrupt)
    assert "python train.py --resume --name x" in str(error)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tfvae.training.run.fit", interrupt)
        with pytest.raises(KeyboardInterrupt, match="interrupted; nothing was saved"):
            train(config(name="y"))
    # Before the first checkpoint there is nothing to lose, and --resume starts from the beginning.
    (tmp_path / "runs" / "x" / "checkpoints" / "epoch-0001").rename(tmp_path / "gone")
    assert train(config(name="x", resume=True)).name == "1"


@untraced
def test_early_stopping_exports_the_best_epoch(config, monkeypatch, arrays_in):
    def worse_after_the_first(self, epoch, logs=None):
        original(self, epoch, {**logs, "val_loss": float(epoch)})

    original = SaveAndStopEarly.on_epoch_end
    monkeypatch.setattr(SaveAndStopEarly, "on_epoch_end", worse_after_the_first)
    export = train(config(epochs=9, early_stopping=2))
    training = json.loads((export / "manifest.json").read_text())["training"]
    assert (training["epochs"], training["exported_epoch"]) == (3, 1)


@untraced
def test_nan_keeps_the_last_good_checkpoint(tmp_path, config, monkeypatch):
    cut(monkeypatch, config(name="x", epochs=3), after=1)
    with monkeypatch.context() as patch:
        patch.setattr(FusedAdam, "update_step", explode)
        with pytest.raises(UserError, match="distortion is nan in epoch 2, batch 2 of 2.*--name"):
            train(config(name="x", epochs=3, resume=True))
    kept = (tmp_path / "runs" / "x" / "checkpoints").iterdir()
    assert [path.name for path in kept] == ["epoch-0001"]
    assert not (tmp_path / "saved_models").exists()


def explode(self, gradient, variable, learning_rate):
    variable.assign(variable * float("nan"))


def test_bad_settings_leave_nothing_behind(tmp_path, config):
    with pytest.raises(UsageError, match="latent_dimm"):
        train(config(settings={"latent_dimm": 3}))
    with pytest.raises(UsageError, match="no_such"):
        train(config(dataset="no_such"))
    assert not list(tmp_path.iterdir())


@untraced
def test_a_failed_export_can_be_made_again(config, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tfvae.training.run.export_model", full)
        with pytest.raises(UserError, match="No space left on device.*--resume --name x"):
            train(config(name="x", epochs=1))
    assert train(config(name="x", epochs=1, resume=True)).name == "1"


@untraced
def test_an_export_of_fewer_epochs_is_not_that_of_the_run(config, monkeypatch):
    assert train(config(name="x", epochs=1)).name == "1"

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tfvae.training.run.export_model", full)
        with pytest.raises(UserError, match="No space left"):
            train(config(name="x", epochs=2, resume=True))
    export = train(config(name="x", resume=True))
    assert export.name == "2"
    assert json.loads((export / "manifest.json").read_text())["training"]["epochs"] == 2
    assert train(config(name="x", resume=True)) == export


def test_what_is_refused_takes_no_name(tmp_path, config):
    draw_folder(tmp_path / "data")
    with pytest.raises(UserError, match="no labels that could be hidden"):
        train(config(name="x", dataset=f"folder:{tmp_path / 'data'}", missing_labels=0.5))
    assert not (tmp_path / "runs/x").exists()


def test_an_error_before_the_first_step_is_told_as_it_is(config, monkeypatch):
    def fail(*_, **__):
        raise UserError("no batch to be had")

    monkeypatch.setattr("tfvae.training.run.fit", fail)
    with pytest.raises(UserError, match="no batch to be had"):
        train(config())


@pytest.mark.parametrize(
    "error, words",
    [
        (MemoryError("Unable to allocate 9 GiB"), "Unable to allocate 9 GiB"),
        (
            tf.errors.ResourceExhaustedError(None, None, "Graph execution error:\n\nOOM\n\t [[x]]"),
            "OOM",
        ),
    ],
)
def test_out_of_memory_says_what_to_lower(config, monkeypatch, error, words):
    def fail(*_, **__):
        raise error

    for step, size in (("load_dataset", "16x16"), ("fit", "16x16x1")):
        monkeypatch.setattr(f"tfvae.training.run.{step}", fail)
        message = f"images of {size} and --batch-size 512: lower --batch-size or --image-size"
        with pytest.raises(UserError, match=rf"{message} \({words}\)"):
            train(config(image_size=16))
        monkeypatch.undo()


def test_a_disk_that_is_full_is_not_taken_for_memory(config, monkeypatch):
    def fail(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "x; No space left on device")

    monkeypatch.setattr("tfvae.training.run.fit", fail)
    with pytest.raises(tf.errors.ResourceExhaustedError):
        train(config())


@untraced
def test_an_edited_folder_is_not_gone_on_with(tmp_path, config):
    draw_folder(tmp_path / "data")
    fields = {"name": "x", "dataset": f"folder:{tmp_path / 'data'}"}
    manifest = json.loads((train(config(epochs=1, **fields)) / "manifest.json").read_text())
    assert len(manifest["dataset_fingerprint"]) == 64
    train(config(epochs=2, resume=True, **fields))
    (tmp_path / "data" / "03.png").rename(tmp_path / "data" / "30.png")
    with pytest.raises(UserError, match="has changed since run 'x'.*another --name"):
        train(config(epochs=3, resume=True, **fields))


@untraced
@pytest.mark.parametrize(
    ("given", "edited", "message"),
    [
        ("beta: 0.5\n", "beta: 9.0\n", "made with --set beta: 0.5, .* says 9.0"),
        ("  beta: 0.5\n", "", "made with --set beta: 0.5, .* says 4"),
        ("seed: 0\n", "seed: 1\n", "made with --seed 0, .* says 1"),
        ("latent_dim: 2\n", "latent_dim: 2\n  network: conv\n", "--set network: auto, .* conv"),
    ],
)
def test_a_checkpoint_of_another_configuration_is_not_gone_on_with(
    config, tmp_path, given, edited, message
):
    """As when two runs share a folder: the one's checkpoint beside the other's configuration."""
    train(config(name="x", model="beta_vae", settings={"beta": 0.5, "latent_dim": 2}, epochs=1))
    file = tmp_path / "runs/x/config.yaml"
    assert given in file.read_text()
    file.write_text(file.read_text().replace(given, edited))
    with pytest.raises(UserError, match=message):
        train(config(name="x", model="beta_vae", resume=True, epochs=3, settings={}))


def test_nothing_is_written_among_the_images(tmp_path, config):
    """`runs` would be a class of the next run."""
    data = tmp_path / "data"
    draw_classes(data)
    for changes in ({"runs_dir": data / "runs"}, {"saved_models_dir": data / "exports"}):
        with pytest.raises(UsageError, match="lies among the images"):
            train(config(dataset=f"folder:{data}", **changes))
    assert not (data / "runs").exists() and not (data / "exports").exists()
