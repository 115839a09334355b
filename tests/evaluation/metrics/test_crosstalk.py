"""Cross-talk in a world where the label decoder is known and linear."""

import numpy as np
import pytest
import tensorflow as tf

from tests.evaluation.toys import LATENT, SIDE, ToyModel, scored, toy_dataset, write_export
from tfvae.evaluation.transfer import STRENGTHS
from tfvae.exports.reader import Export
from tfvae.schema import BINARY, UserError

LABELS = 3
RANGE = 12.0
VECTORS = np.array([[1.0, 0, 0, 0], [0.6, 0.8, 0, 0], [0, -0.5, 1.0, 0.2]], np.float32)
BIAS = np.array([0.1, -0.4, 0.0], np.float32)


class LinearWorld(ToyModel):
    """The code stands in the second row of the image; labels are linear in it."""

    def read(self, image):
        return RANGE * (2 * image[:, 1, :LATENT, 0] - 1)

    def encode(self, image):
        mean = self.read(image)
        return {"mean": mean, "stddev": tf.ones_like(mean)}

    def decode(self, latent):
        row = tf.pad((latent / RANGE + 1) / 2, [[0, 0], [0, SIDE - LATENT]])[:, None, :, None]
        blank = tf.fill([tf.shape(latent)[0], SIDE, SIDE, 1], 0.5)
        return {"image": tf.concat([blank[:, :1], row, blank[:, 2:]], axis=1)}

    def classify(self, image):
        logits = tf.matmul(self.read(image) / 4, VECTORS, transpose_b=True) + BIAS
        return {"probability": tf.sigmoid(logits)}

    def label_vector(self, target):
        # `classify` divides the code by 4, so that toy images give moderate logits.
        return {"latent": tf.matmul(target, VECTORS / 4)}

    def along_vectors(self, image, target, strength):
        step = strength[:, None] * self.label_vector(target)["latent"]
        return self.decode(self.read(image) + step)


METHODS = {name: name for name in ("encode", "decode", "classify", "label_vector")}


def domain_classifier(images):
    """Sees what the model's own decoder says: the prediction is exact."""
    return LinearWorld(LABELS).classify(tf.constant(images))["probability"].numpy()


@pytest.fixture(scope="module")
def score(tmp_path_factory):
    """Function: settings -> result."""
    dataset = toy_dataset(BINARY, LABELS)
    folder = tmp_path_factory.mktemp("linear") / "toy" / "1"
    write_export(folder, dataset, {**METHODS, "transfer": "along_vectors"}, made=LinearWorld)
    export = Export.load(folder)

    def call(**settings):
        return scored(
            "crosstalk",
            [export],
            dataset,
            output_dir=tmp_path_factory.mktemp("results"),
            settings=settings,
            classifiers={"cnn_bn": domain_classifier},
        )

    return call


@pytest.fixture(scope="module")
def at_two(score):
    return score(strength=2.0)


def test_exact_prediction_correlates_fully(at_two):
    result = at_two
    assert result.values["correlation"] == pytest.approx(1, abs=1e-4)
    # Pairs of orthogonal vectors all stand at zero, in an order that rounding makes.
    assert result.values["rank_correlation"] > 0.95
    assert 0.9 < result.values["gram_correlation"] < 1
    low, high = result.intervals["correlation"]
    assert low <= result.values["correlation"] + 1e-9 and high <= 1 + 1e-9
    rows = next(iter(result.tables.values()))
    assert len(rows) == LABELS * (LABELS - 1)
    strongest = max(rows, key=lambda row: abs(row["measured"]))
    assert rows[0] == strongest
    for row in rows:
        assert row["predicted"] == pytest.approx(row["measured"], abs=1e-4)


def test_strength_is_chosen_as_for_cis(score):
    result = score()
    assert result.settings["strength"] in STRENGTHS


def test_the_gram_matrix_is_that_of_the_served_vectors(at_two):
    rows = next(iter(at_two.tables.values()))
    gram = VECTORS @ VECTORS.T / 16
    for row in rows:
        i, j = (int(row[name][-1]) for name in ("transferred to", "changed"))
        assert row["u_j . u_i"] == pytest.approx(gram[i, j], abs=1e-5)


def test_an_export_without_vectors_is_refused(tmp_path):
    dataset = toy_dataset(BINARY, LABELS)
    methods = {"classify": "classify", "transfer": "switch_on"}
    export = Export.load(write_export(tmp_path / "toy" / "1", dataset, methods))
    with pytest.raises(UserError, match="label_vector"):
        scored("crosstalk", [export], dataset, output_dir=tmp_path)


def test_classes_are_refused(tmp_path):
    dataset = toy_dataset()
    methods = {"classify": "classify", "transfer": "perfect_transfer", "label_vector": "vectors"}
    export = Export.load(write_export(tmp_path / "toy" / "1", dataset, methods))
    with pytest.raises(UserError, match="are classes"):
        scored("crosstalk", [export], dataset, output_dir=tmp_path)
