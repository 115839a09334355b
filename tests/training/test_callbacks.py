"""A stop on NaN names the term and the batch; saving and stopping early."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.exports.writer import export_model
from tfvae.models import build_model
from tfvae.schema import DataSpec, UserError
from tfvae.training import callbacks
from tfvae.training.callbacks import EventFiles, SaveAndStopEarly, StopOnNonFinite
from tfvae.training.checkpoints import Checkpoints, Progress

STEPS = 10


class Scripted(keras.Model):
    """Logs running means of its terms, all of which are bad at one step."""

    def __init__(self, bad_step=-1, bad_value=np.nan):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.bad_step = bad_step
        self.bad_value = bad_value
        self.terms = {name: keras.metrics.Mean(name=name) for name in ("loss", "zeta", "alpha")}
        self.built = True

    @property
    def metrics(self):
        return list(self.terms.values())

    def train_step(self, batch):
        step = self.optimizer.iterations
        value = tf.where(tf.equal(step, self.bad_step), self.bad_value, 1.0)
        step.assign_add(1)
        for metric in self.terms.values():
            metric.update_state(value)
        return {name: metric.result() for name, metric in self.terms.items()}


def fit(model, *callbacks, epochs=3):
    model.compile("adam")
    data = tf.data.Dataset.from_tensors(tf.zeros([2, 1])).repeat()
    model.fit(
        data,
        steps_per_epoch=STEPS,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=list(callbacks),
    )


class Epochs(keras.callbacks.Callback):
    """Counts the epochs whose end it sees."""

    seen = 0

    def on_epoch_end(self, epoch, logs=None):
        self.seen += 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_stop_names_the_first_bad_term_and_its_batch(value):
    later = Epochs()
    stop = StopOnNonFinite(["zeta", "alpha"], "; do this")
    # Step 14 is the fifth batch of epoch 2; the terms in the model's order, not the alphabet's.
    with pytest.raises(UserError, match=r"zeta is -?(nan|inf) in epoch 2, batch 5 of 10; do this"):
        fit(Scripted(14, value), stop, later)
    assert later.seen == 1, "what follows the check must not see the bad epoch"


def test_finite_training_is_left_alone():
    later = Epochs()
    fit(Scripted(), StopOnNonFinite(["zeta"]), later)
    assert later.seen == 3


def test_a_bad_validation_loss_stops_too():
    stop = StopOnNonFinite(["rate"])
    stop.on_epoch_begin(0)
    with pytest.raises(UserError, match="val_rate is inf on the validation split after epoch 1"):
        stop.on_epoch_end(0, {"loss": 1.0, "val_loss": float("nan"), "val_rate": float("inf")})


def run_losses(saver, losses):
    """Epochs after which `saver` has seen enough of these validation losses, and the saver."""
    saver.set_model(type("Model", (), {"stop_training": False})())
    saver.on_train_begin()
    for epoch, loss in enumerate(losses, start=saver.progress.epochs):
        saver.on_epoch_end(epoch, {"val_loss": loss})
        if saver.model.stop_training:
            break
    return saver.progress


def test_early_stopping_waits_and_remembers_the_best():
    losses = [5.0, 3.0, 4.0, 3.0, 2.9, 4.0, 4.0, 4.0, 1.0]
    done = run_losses(SaveAndStopEarly(None, Progress(), 100, patience=3), losses)
    assert (done.epochs, done.best_epoch, done.best_loss) == (8, 5, 2.9)
    # Cut anywhere, it ends in the same place.
    half = run_losses(SaveAndStopEarly(None, Progress(), 100, patience=3), losses[:6])
    rest = run_losses(SaveAndStopEarly(None, half, 100, patience=3), losses[6:])
    assert (rest.epochs, rest.best_epoch) == (8, 5)


def test_without_patience_all_epochs_are_run():
    assert run_losses(SaveAndStopEarly(None, Progress(), 4), [1.0] * 9).epochs == 4


class Saved(Checkpoints):
    """Notes the epochs that are saved."""

    def __init__(self):
        self.epochs = []

    def save(self, model, progress):
        self.epochs.append(progress.epochs)


@pytest.mark.parametrize(("patience", "expected"), [(None, [1, 4, 6, 8]), (5, [1, 2, 5, 7, 8])])
def test_epochs_that_are_saved(monkeypatch, patience, expected):
    """The first, the last, after ten seconds, and each best one if it may be exported."""
    clock = iter([100.0, 101.0, 105.0, 109.0, 111.5, 118.0, 122.0, 123.0, 124.0])
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: next(clock))
    saved = Saved()
    losses = [5.0, 4.0, 4.5, 4.4, 4.3, 4.2, 1.0, 2.0]
    assert run_losses(SaveAndStopEarly(saved, Progress(), 8, patience), losses).epochs == 8
    assert saved.epochs == expected


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.ones([4, 3]), np.ones([4, 2]), verbose=0)
    return model


def test_checkpoints_keep_the_last_and_the_best(tmp_path, model):
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.latest() == Progress()
    progress = Progress()
    for loss in (3.0, 1.0, 2.0, 4.0):
        progress = progress.after_epoch(loss, seconds=1.0)
        checkpoints.save(model, progress)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0002", "epoch-0004"]
    assert checkpoints.latest() == Progress(4, 2, 1.0, 1.0)


def test_a_half_written_checkpoint_is_never_seen(tmp_path, model):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(model, Progress(1, 1, 1.0))
    (tmp_path / ".writing-1").mkdir()
    (tmp_path / ".writing-1" / "model.weights.h5").write_bytes(b"half")
    assert checkpoints.latest().epochs == 1
    checkpoints.save(model, Progress(2, 2, 0.5))
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0002"]


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path, model, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(model, Progress(1, 1, 1.0))
    weights = model.get_weights()

    def full(path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(model, "save_weights", full)
    with pytest.raises(UserError, match="No space left on device; that of epoch 1 is intact"):
        checkpoints.save(model, Progress(2, 1, 1.0))
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-0001"]
    model.set_weights([0 * weight for weight in weights])
    checkpoints.restore(model, 1)
    np.testing.assert_equal(model.get_weights(), weights)


def test_a_damaged_checkpoint_is_named(tmp_path, model):
    checkpoints = Checkpoints(tmp_path)
    for epochs in (1, 2):
        checkpoints.save(model, Progress(epochs, 1, 1.0))
    file = checkpoints.path(2) / "model.weights.h5"
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    with pytest.raises(UserError, match="epoch-0002.*its bytes are not those"):
        checkpoints.restore(model, 2)
    file.write_bytes(whole[:1000])
    with pytest.raises(UserError, match="epoch-0002.*delete .* to go on from epoch 1"):
        checkpoints.restore(model, 2)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda text: text[:40], "not valid JSON"),
        (lambda text: "[1]", "should be an object"),
        (lambda text: text.replace('"epochs": 2', '"epochs": "2"'), "epochs: .* integer, got '2'"),
        (lambda text: text.replace('"epochs": 2', '"epochs": 7'), "is of epoch 7"),
        (lambda text: text.replace("null", "[]"), "dataset_fingerprint: "),
        (lambda text: text.replace("weights_sha256", "md5"), "lacks 'weights_sha256'"),
        (
            lambda text: text.replace('"configuration": null', '"configuration": {"seed": 0}'),
            "settings isn't",
        ),
    ],
)
def test_a_damaged_progress_file_is_named(tmp_path, model, change, message):
    checkpoints = Checkpoints(tmp_path)
    for epochs in (1, 2):
        checkpoints.save(model, Progress(epochs, 1, 1.0))
    file = checkpoints.path(2) / "progress.json"
    file.write_text(change(file.read_text()))
    with pytest.raises(UserError, match=f"epoch-0002/progress.json.*{message}.* from epoch 1"):
        checkpoints.latest()


def test_other_folders_are_no_checkpoints(tmp_path, model):
    checkpoints = Checkpoints(tmp_path)
    for name in ("epoch-\u00b2", "epoch-7", "epoch-x"):
        (tmp_path / name).mkdir()
    assert checkpoints.latest() == Progress()


def test_a_disk_too_full_for_a_checkpoint_is_told_before_writing(tmp_path, model, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(model, Progress(1, 1, 1.0))
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(UserError, match="No space left.*epoch 1 is intact"):
        checkpoints.save(model, Progress(2, 1, 1.0))
    monkeypatch.undo()
    assert checkpoints.latest().epochs == 1
    checkpoints.restore(model, 1)


def test_event_files_hold_the_figures(tmp_path):
    fit(Scripted(), EventFiles(tmp_path), epochs=2)
    (file,) = (tmp_path / "train").iterdir()
    events = [
        tf.compat.v1.Event.FromString(record.numpy())
        for record in tf.data.TFRecordDataset(str(file))
    ]
    values = [
        (event.step, value.tag, value.simple_value)
        for event in events
        for value in event.summary.value
    ]
    assert events[0].file_version == "brain.Event:2"
    assert (1, "epoch_zeta", 1.0) in values and len(values) == 6


def test_a_weight_that_the_losses_hide_ends_the_training_and_is_not_exported(tmp_path):
    """The fused convolution and ReLU of CPUs makes 0 of NaN: the losses may stay finite."""
    model = build_model("vae", DataSpec("tiny", (16, 16, 1)), {"network": "conv"})
    model.compile()
    kernel = next(weight for weight in model.encoder.weights if len(weight.shape) == 4)
    values = kernel.numpy()
    values[0, 0, 0, 0] = np.nan
    kernel.assign(values)
    with pytest.raises(UserError, match="training stopped"):
        model.fit(
            {"image": np.zeros([8, 16, 16, 1], np.float32)},
            callbacks=[StopOnNonFinite(model.term_weights())],
            verbose=0,
        )
    with pytest.raises(UserError, match="isn't finite: nothing is exported"):
        export_model(model, tmp_path / "run", {"dataset": "tiny"})
    assert not (tmp_path / "run").exists()
    callback = StopOnNonFinite(advice="; lower it")
    callback.set_model(model)
    callback.on_epoch_begin(2)
    with pytest.raises(UserError, match=r"weight \S*kernel isn't finite after epoch 3; lower it"):
        callback.on_epoch_end(2, {"loss": 1.0})
