"""Exports that are told the labels of images, some of which are unknown."""

import numpy as np
import pytest

from tests.evaluation.toys import scored
from tfvae.evaluation import METRICS
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.labels import label_inputs
from tfvae.schema import UserError

TOLD = {"reconstruct": "reconstruct_labelled", "encode": "encode_labelled", "decode": "decode"}
# As `cvae` and `m2` have them.
DECODER = {"encode": "encode", "decode": "decode_labelled"}
WITH_CLASSIFIER = {**TOLD, "classify": "classify"}


@pytest.fixture
def data(binary):
    drawn = Context([Subject(None, binary)]).draw()
    assert 0 < drawn["observed"].mean() < 1
    return drawn


def test_unknown_labels_are_what_the_export_believes(binary, data, export_of):
    """The toy classifier reads the true labels, which the data set doesn't tell."""
    label = label_inputs(export_of(binary, WITH_CLASSIFIER), data, "encode")
    np.testing.assert_array_equal(label, data["image"][:, 0, :3, 0])
    assert not np.array_equal(label, data["label"])


def test_known_labels_are_not_replaced(binary, data, export_of):
    wrong = {**data, "label": 1 - data["label"]}
    label = label_inputs(export_of(binary, WITH_CLASSIFIER), wrong, "encode")
    known = data["observed"] > 0
    np.testing.assert_array_equal(label[known], wrong["label"][known])


def test_exports_that_take_no_label_need_no_classifier(binary, data, export_of):
    export = export_of(binary, {"encode": "encode", "decode": "decode"})
    assert label_inputs(export, data, "encode", "decode") is data["label"]


def test_data_without_labels(unlabelled, export_of):
    export = export_of(unlabelled, {"encode": "encode"})
    drawn = Context([Subject(None, unlabelled)]).draw()
    assert label_inputs(export, drawn, "encode") is None


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


def test_a_signature_that_is_not_called_may_take_a_label(binary, export_of, tmp_path):
    export = export_of(binary, DECODER)
    assert scored("latents", [export], binary, output_dir=tmp_path).values["latent_dim"] == 4


class Watched:
    """An export that notes the labels given to `decode`."""

    def __init__(self, export):
        self._export, self.given = export, []

    def __getattr__(self, name):
        return getattr(self._export, name)

    def call(self, signature, **inputs):
        if signature == "decode":
            self.given.append(inputs["label"])
        return self._export.call(signature, **inputs)


@pytest.mark.parametrize(
    ("metric", "options"), [("traversal", {"steps": 3}), ("interpolation", {"num_pairs": 9})]
)
def test_decoders_get_completed_labels(binary, export_of, metric, options, tmp_path):
    """Those that the toy classifier reads in the images."""
    export = Watched(export_of(binary, {**DECODER, "classify": "classify"}))
    context = Context([Subject(export, binary)])
    METRICS.load(metric)(context, **options)
    (given,) = export.given
    images = context.draw(count=18 if metric == "interpolation" else 1000)["image"]
    true = images[:, 0, :3, 0]
    if metric == "traversal":
        np.testing.assert_array_equal(given, np.tile(true[:1], [len(given), 1]))
    else:
        ends = given.reshape(9, -1, 3)[:, [0, -1]]
        np.testing.assert_array_equal(ends, np.stack([true[:9], true[9:]], axis=1))
    with pytest.raises(UserError, match="decode takes the label"):
        scored(metric, [export_of(binary, DECODER)], binary, output_dir=tmp_path)
