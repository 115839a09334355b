"""Transfers that keep all, nothing, or everything but the label."""

import dataclasses
import types

import numpy as np
import pytest
import tensorflow as tf

from tests.evaluation.toys import EditableToyDataset, ToyModel, scored_methods, toy_dataset
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.style.metric import style
from tfvae.evaluation.metrics.style.transfers import Transfers
from tfvae.evaluation.statistics import linear_interval
from tfvae.evaluation.style_scores import concordance_within
from tfvae.schema import BINARY, UserError

OPTIONS = {"num_images": 60}


class Transferring(ToyModel):
    def faint(self, image):
        return {"image": 0.5 + 0.05 * (image - 0.5)}

    def faint_transfer(self, image, target, strength):
        return {"image": self.write(self.faint(image)["image"], target)}

    def prototype(self, image, target, strength):
        """The same picture for every image: nothing but the label."""
        same = self.write(tf.zeros_like(image) + 0.5, target)
        return {"image": tf.where(strength[:, None, None, None] > 0, same, image)}


@pytest.fixture
def score(perfect, tmp_path):
    def find(data, transfer, classifiers=None, reconstruct="copies", **settings):
        methods = {"reconstruct": reconstruct, "transfer": transfer}
        classifiers = classifiers or perfect(data)
        options = {"settings": OPTIONS | settings, "classifiers": classifiers}
        return scored_methods("style", data, methods, tmp_path, made=Transferring, **options)

    return find


def mean_of_rows(images):
    """Features that say all about an image."""
    return images.reshape(len(images), -1)


def test_a_transfer_that_keeps_all_but_the_label_keeps_the_strokes(score, categorical):
    found = score(categorical, "perfect_transfer")
    assert set(found.values) >= {"slant_kept", "thickness_kept", "width_kept", "height_kept"}
    assert found.values["strokes_kept"] > 0.95
    assert found.values["reconstruction_strokes_kept"] == pytest.approx(1)


def test_a_prototype_keeps_nothing(score, categorical, binary):
    assert abs(score(categorical, "prototype").values["strokes_kept"]) < 1e-6
    every = {"cnn": mean_of_rows, "cnn_bn": mean_of_rows}
    values = score(binary, "prototype", classifiers=every).values
    assert values["cosine_kept_cnn_bn"] < 0.1
    assert values["own_nearest_cnn_bn"] < 0.1
    assert values["reconstruction_own_nearest_cnn_bn"] == 1
    assert values["reconstruction_cosine_kept_cnn_bn"] == pytest.approx(1)


def test_switching_a_label_on_changes_nothing_outside(score, binary):
    every = {"cnn": mean_of_rows, "cnn_bn": mean_of_rows}
    found = score(binary, "switch_on", classifiers=every)
    assert found.values["own_nearest_cnn_bn"] == 1
    assert found.values["outside_change"] == pytest.approx(0, abs=1e-6)
    assert [row["label"] for row in found.tables["Per label"]] == ["label0", "label1", "label2"]
    assert score(binary, "prototype", classifiers=every).values["outside_change"] > 0.1


def test_the_perfect_edit_has_no_error(score):
    data = toy_dataset(BINARY, num_labels=3, made=EditableToyDataset)
    values = score(data, "switch_on").values
    assert values["edit_mse"] == pytest.approx(0, abs=1e-9)
    assert values["edit_ssim"] == pytest.approx(1)
    assert score(data, "identity_transfer").values["edit_mse"] == pytest.approx(1 / 144, rel=0.01)


def test_images_that_lack_nothing_are_refused(score):
    data = toy_dataset(BINARY, num_labels=3)
    data.arrays("test")["label"][:] = 1
    with pytest.raises(UserError, match="no test image is known to lack a label"):
        score(data, "switch_on")


def test_transfers_of_an_image_are_no_new_images():
    """Nine transfers of an image with one outcome: one number of one image."""
    images = np.zeros([20, 8, 8, 1])
    rows = np.repeat(np.arange(20), 9)
    transfers = Transfers(images, np.zeros(20, int), images, rows, rows, images[rows])
    outcomes = np.random.default_rng(0).normal(size=20)
    assert transfers.per_image(outcomes[rows]) == pytest.approx(outcomes)
    assert transfers.per_image(np.where(rows < 5, np.nan, outcomes[rows])) == pytest.approx(
        outcomes[5:]
    )


def test_images_of_unknown_class_are_no_class_of_their_own(score):
    """Thin and thick strokes: what differs between classes must not count as kept."""
    data = toy_dataset(num_labels=2, counts=(40, 40, 60))
    arrays = data.arrays("test")
    arrays["image"][:, 1:] *= 0.2 + 0.6 * arrays["label"][:, :1, None, None]
    known = score(data, "prototype").values["reconstruction_strokes_kept"]
    arrays["observed"][::2] = 0
    some = score(data, "prototype").values["reconstruction_strokes_kept"]
    assert known == some == pytest.approx(1)


def test_the_region_of_a_label_that_no_image_has_is_not_known(score):
    data = toy_dataset(BINARY, num_labels=3)
    data.arrays("train")["label"][:, 1] = 0
    found = score(data, "switch_on")
    rows = {row["label"]: row for row in found.tables["Per label"]}
    assert "outside change" in rows["label0"] and "outside change" not in rows["label1"]
    assert found.values["outside_change"] == pytest.approx(0, abs=1e-6)


def test_colour_images_of_classes_are_refused_at_once(score, categorical, monkeypatch):
    spec = dataclasses.replace(categorical.spec, image_shape=(12, 12, 3))
    context = Context([Subject(None, types.SimpleNamespace(spec=spec, can_edit=False))])
    with pytest.raises(UserError, match="nothing is known to compare"):
        style(context)


class DrawnToyDataset(EditableToyDataset):
    """Each image has a light of its own, added everywhere, and noise that can't be read."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        rng = np.random.default_rng(2)
        self._nuisances = {}
        for split, arrays in self._splits.items():
            light, noise = rng.uniform(size=(2, len(arrays["image"]))).astype(np.float32)
            arrays["image"][:, 1:] *= 0.2 + 0.8 * light[:, None, None, None]
            self._nuisances[split] = {"light": light, "noise": noise}

    def nuisances(self, split):
        return self._nuisances[split]


@pytest.fixture
def drawn_toys():
    return toy_dataset(BINARY, num_labels=3, made=DrawnToyDataset)


def test_an_edit_keeps_what_the_image_was_drawn_from(score, drawn_toys):
    found = score(drawn_toys, "switch_on")
    values = found.values
    assert [row["variable"] for row in found.tables["Nuisance variables"]] == ["light"]
    assert values["nuisances_kept"] > 0.9
    assert values["nuisances_kept"] == pytest.approx(values["edit_nuisances_kept"], abs=1e-6)
    assert values["original_nuisances_kept"] == pytest.approx(values["nuisances_kept"], abs=0.05)
    low, high = found.intervals["nuisances_kept"]
    assert low < values["nuisances_kept"] < high < 1


def test_a_trace_of_what_the_image_was_drawn_from_is_not_kept(score, drawn_toys):
    values = score(drawn_toys, "faint_transfer", reconstruct="faint").values
    assert values["nuisances_kept"] < 0.2 < 0.9 < values["original_nuisances_kept"]
    assert values["reconstruction_nuisances_kept"] < 0.2


def test_transfers_of_an_image_are_one_image_to_the_intervals(score, drawn_toys):
    """Each image lacks one label or two: as many transfers as images must make no difference."""
    label = drawn_toys.arrays("test")["label"]
    label[:] = [1, 0, 0]
    two = score(drawn_toys, "switch_on").intervals["nuisances_kept"]
    label[:] = [1, 1, 0]
    one = score(drawn_toys, "switch_on").intervals["nuisances_kept"]
    assert np.ptp(two) == pytest.approx(np.ptp(one), rel=0.05)


def test_a_prototype_keeps_nothing_of_what_the_image_was_drawn_from(score, drawn_toys):
    values = score(drawn_toys, "prototype").values
    assert abs(values["nuisances_kept"]) < 1e-6
    assert values["edit_nuisances_kept"] > 0.9


def test_variables_that_cannot_be_read_are_left_out(score, drawn_toys):
    for split in ("train", "validation", "test"):
        del drawn_toys.nuisances(split)["light"]
    found = score(drawn_toys, "switch_on")
    assert "edit_mse" in found.values and "nuisances_kept" not in found.values
    assert "Nuisance variables" not in found.tables


def test_the_interval_of_what_is_kept_covers():
    """Images lack some of eight labels; what they keep is shared by their transfers."""
    rng = np.random.default_rng(0)

    def drawn(count):
        """Concordance of a variable with its readings, and its interval."""
        truth = rng.uniform(size=count)
        kept = 0.6 * truth + rng.normal(0, 0.1, count)
        targets, rows = np.nonzero(rng.random((8, count)) < 0.7)
        reading = kept[rows] + 0.1 * targets + rng.normal(0, 0.05, len(rows))
        empty = np.zeros([count, 1, 1, 1])
        transfers = Transfers(empty, np.zeros(count, int), empty, rows, targets, empty[rows])
        value, terms = concordance_within(truth[rows], reading, targets)
        return value, linear_interval(value, transfers.clustered(terms))

    expected = np.mean([drawn(20_000)[0] for _ in range(5)])
    bounds = np.array([drawn(100)[1] for _ in range(400)])
    covered = (bounds[:, 0] <= expected) & (expected <= bounds[:, 1])
    assert 0.92 < covered.mean() < 0.98
