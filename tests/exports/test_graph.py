"""A graph that isn't what its manifest says is refused when it is loaded."""

import json

import pytest
import tensorflow as tf

from tests.evaluation.toys import EVERYTHING, ToyModel, toy_dataset, write_export
from tfvae.exports.reader import Export
from tfvae.schema import UserError


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return write_export(tmp_path_factory.mktemp("saved") / "toy" / "1", toy_dataset(), EVERYTHING)


def opened(version, change):
    """The export with another manifest; `change` gets that to change it."""
    path = version / "manifest.json"
    original = path.read_text()
    manifest = json.loads(original)
    change(manifest)
    path.write_text(json.dumps(manifest))
    try:
        return Export.load(version)
    finally:
        path.write_text(original)


def test_a_graph_as_listed_is_loaded(version):
    assert {*Export.load(version).loaded.signatures} >= {*EVERYTHING}


def listed(signature, **names):
    return lambda manifest: manifest["signatures"].setdefault(signature, {}).update(names)


def described(**fields):
    return lambda manifest: manifest["data_spec"].update(fields)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            listed("label_vector", inputs=["target"], outputs=["latent"]),
            "no signature label_vector",
        ),
        (
            listed("encode", inputs=["image", "label"]),
            "encode takes image, listed are image, label",
        ),
        (
            listed("encode", outputs=["kl", "mean", "stddev"]),
            "encode returns mean, stddev, listed are kl, mean, stddev",
        ),
        (described(image_shape=[12, 12, 3]), r"image \[None, 12, 12, 1\], it should be .*12, 3\]"),
        (described(image_shape=[13, 12, 1]), "image .* it should be"),
        (
            described(label_names=list("abc")),
            r"sample takes label \[None, 10\], it should be \[None, 3\]",
        ),
    ],
)
def test_a_contradiction_is_told(version, change, message):
    with pytest.raises(
        UserError, match=f"1: saved_model.pb contradicts manifest.json: .*{message}"
    ):
        opened(version, change).function("encode")


def test_codes_are_of_one_size(tmp_path):
    class Narrow(ToyModel):
        def encode(self, image):
            mean = super().encode(image)["mean"][:, :3]
            return {"mean": mean, "stddev": tf.ones_like(mean)}

        def decode(self, latent):
            return super().decode(latent)

    methods = {"encode": "encode", "decode": "decode"}
    export = Export.load(write_export(tmp_path / "toy" / "1", toy_dataset(), methods, made=Narrow))
    with pytest.raises(UserError, match=r"differ in size: encode .*\[B, 3\].*decode .*\[B, 4\]"):
        export.function("decode")


def test_shapes_that_a_graph_leaves_open_are_taken(tmp_path):
    """Graphs of other software may not know them."""

    class Open(ToyModel):
        def encode(self, image):
            mean = tf.raw_ops.PlaceholderWithDefault(
                input=super().encode(image)["mean"], shape=None
            )
            return {"mean": mean, "stddev": tf.ones_like(mean)}

    methods = {"encode": "encode", "decode": "decode"}
    export = Export.load(write_export(tmp_path / "toy" / "1", toy_dataset(), methods, made=Open))
    assert export.function("encode").structured_outputs["mean"].shape.rank is None


def test_texts_are_no_values(tmp_path):
    class Talking(ToyModel):
        def classify(self, image):
            return {"probability": tf.as_string(super().classify(image)["probability"])}

    made = write_export(tmp_path / "1", toy_dataset(), {"classify": "classify"}, made=Talking)
    with pytest.raises(UserError, match="classify returns probability as string"):
        Export.load(made).function("classify")


VARIABLES = "variables/variables."


@pytest.mark.parametrize(
    "name", ["saved_model.pb", VARIABLES + "index", VARIABLES + "data-00000-of-00001"]
)
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_file_that_is_cut_off(version, name, share):
    path = version / name
    original = path.read_bytes()
    path.write_bytes(original[: int(share * len(original))])
    try:
        with pytest.raises(UserError, match="1 is not a readable SavedModel: ") as caught:
            Export.load(version).function("encode")
        assert "\n" not in str(caught.value)
    finally:
        path.write_bytes(original)
