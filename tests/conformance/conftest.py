"""Every model of the table on every kind of data that it takes: the conformance suite's cases."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.exports.writer import export_model
from tfvae.models import MODELS, build_model
from tfvae.schema import BINARY, CATEGORICAL, DataSpec

BATCH = 4
# Away from defaults that are too slow for a suite.
SMALLER = {
    "stargan": {"filters": 4, "critic_steps": 2, "residual_blocks": 1},
    "factor_vae": {"discriminator_units": 8},
}
# What must fall in training, where it is not the loss: adversaries' losses needn't.
FALLS = {"fader": "mse", "stargan": "critic_label"}


@dataclasses.dataclass(frozen=True)
class Case:
    """A model and data that it must work on; no network where the model has no such option."""

    model: str
    shape: tuple[int, int, int]
    label_kind: str | None
    network: str | None

    def __str__(self):
        network = self.network or "x".join(map(str, self.shape))
        return f"{self.model}-{network}-{self.label_kind or 'unlabelled'}"

    @property
    def spec(self):
        names = ("a", "b", "c") if self.label_kind else ()
        return DataSpec("tiny", self.shape, names, self.label_kind, {"train": 16})

    def build(self, **settings):
        keras.utils.set_random_seed(0)
        network = {"network": self.network} if self.network else {}
        settings = {**SMALLER.get(self.model, {}), **network, **settings}
        return build_model(self.model, self.spec, settings, seed=3)

    @property
    def falls(self):
        """Name of the figure that training must bring down."""
        return FALLS.get(self.model, "loss")

    def batch(self, size=BATCH, seed=0):
        """Random images; the label of the last image and one entry of the first are unknown."""
        generator = np.random.default_rng(seed)
        batch = {"image": generator.random((size, *self.shape), dtype="float32")}
        if self.label_kind == CATEGORICAL:
            batch["label"] = np.eye(3, dtype="float32")[generator.integers(3, size=size)]
        if self.label_kind == BINARY:
            batch["label"] = generator.integers(2, size=(size, 3)).astype("float32")
        if self.label_kind:
            batch["observed"] = np.ones((size, 3), "float32")
            batch["observed"][-1] = 0
            if self.label_kind == BINARY:
                batch["observed"][0, 1] = 0
        return {key: tf.constant(value) for key, value in batch.items()}


def has_option(model, name):
    return name in [option.name for option in MODELS.options(model)]


def cases():
    for model in MODELS:
        kinds = (CATEGORICAL, BINARY) if MODELS.load(model).needs_labels else (None,)
        dense, conv = ("dense", "conv") if has_option(model, "network") else (None, None)
        for kind in kinds:
            yield Case(model, (8, 8, 1), kind, dense)
        yield Case(model, (10, 12, 3), kinds[0], conv)


CASES = list(cases())


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=str)


def cases_where(holds):
    return [case for case in CASES if holds(MODELS.load(case.model))]


every_case = each(CASES)
# Every model on every kind of label, for what neither colour nor convolutions have a part in.
grey_case = each([case for case in CASES if case.shape[-1] == 1])
vae_case = each(cases_where(lambda cls: "elbo" in cls.summary_names))
labelled_case = each(cases_where(lambda cls: cls.needs_labels))


@functools.cache
def built(case):
    """The case's model, for tests that change nothing in it."""
    return case.build()


@pytest.fixture(scope="session")
def export_of(tmp_path_factory):
    """Function: case -> (`built` model, path of its export); made once."""

    @functools.cache
    def make(case):
        folder = tmp_path_factory.mktemp("export") / "run"
        return built(case), export_model(built(case), folder, {"model": case.model})

    return make


@pytest.fixture(scope="session")
def served_by():
    """Function: path of an export -> its signatures; loaded once."""
    return functools.cache(lambda path: tf.saved_model.load(str(path)).signatures)


def signature_inputs(model, name, rows=5, seed=0):
    """Random inputs for a signature, by name."""
    generator = np.random.default_rng(seed)
    inputs = {}
    for spec in model.serving_signatures()[name][1]:
        shape = [rows, *spec.shape[1:]]
        if spec.name == "seed":
            value = generator.integers(-(2**40), 2**40, size=shape)
        elif spec.name in ("label", "target"):
            value = np.eye(shape[1])[generator.integers(shape[1], size=rows)]
        elif spec.name == "latent":
            value = generator.standard_normal(shape)
        else:
            value = generator.random(shape)
        inputs[spec.name] = tf.constant(value, spec.dtype)
    return inputs
