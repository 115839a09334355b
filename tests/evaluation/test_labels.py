"""Exports that are told the labels of images, some of which are unknown."""

import numpy as np
import pytest

from tests.evaluation.toys import scored
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.labels import label_inputs
from tfvae.schema import UserError

TOLD = {"reconstruct": "reconstruct_labelled", "encode": "encode_labelled", "decode": "decode"}
WITH_CLASSIFIER = {**TOLD, "classify": "classify"}


@pytest.fixture
def data(binary):
    drawn = Context([Subject(None, binary)]).draw()
    assert 0 < drawn["observed"].mean() < 1
    return drawn


def test_unknown_labels_are_what_the_export_believes(binary, data, export_of):
    """The toy classifier reads the true labels, which the data set doesn't tell."""
    label = label_inputs(export_of(binary, WITH_CLASSIFIER), data)
    np.testing.assert_array_equal(label, data["image"][:, 0, :3, 0])
    assert not np.array_equal(label, data["label"])


def test_known_labels_are_not_replaced(binary, data, export_of):
    wrong = {**data, "label": 1 - data["label"]}
    label = label_inputs(export_of(binary, WITH_CLASSIFIER), wrong)
    known = data["observed"] > 0
    np.testing.assert_array_equal(label[known], wrong["label"][known])


def test_exports_that_take_no_label_need_no_classifier(binary, data, export_of):
    export = export_of(binary, {"encode": "encode", "decode": "decode"})
    assert label_inputs(export, data) is data["label"]


def test_data_without_labels(unlabelled, export_of):
    export = export_of(unlabelled, {"encode": "encode"})
    assert label_inputs(export, Context([Subject(None, unlabelled)]).draw()) is None


def test_metrics_give_completed_labels(binary, export_of, tmp_path):
    export = export_of(binary, WITH_CLASSIFIER)
    assert scored("reconstruction", [export], binary, output_dir=tmp_path).values["mse"] == 0
    # Codes of the images themselves: as if the encoder took no label.
    plain = export_of(binary, {"encode": "encode", "decode": "decode"})
    for metric in ("latents", "traversal", "interpolation"):
        told, known = (
            scored(metric, [each], binary, output_dir=tmp_path) for each in (export, plain)
        )
        assert told.values == known.values


@pytest.mark.parametrize("metric", ["reconstruction", "latents", "traversal", "interpolation"])
def test_unknown_labels_that_nothing_completes(binary, export_of, metric, tmp_path):
    with pytest.raises(UserError, match="some labels are unknown"):
        scored(metric, [export_of(binary, TOLD)], binary, output_dir=tmp_path)
