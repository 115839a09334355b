"""Codes that are factors, and codes that mix them, scored through the metric."""

import types

import numpy as np
import pytest

from tfvae.data.dataset import Dataset
from tfvae.data.examples import Examples
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.disentanglement import NEEDS, disentanglement
from tfvae.exports.reader import Export
from tfvae.schema import SPLITS, DataSpec, UserError

SIZES = {"red": 3, "green": 4, "blue": 5}
COUNT = 900
SPEC = DataSpec("colours", (4, 4, 3), num_examples=dict.fromkeys(SPLITS, COUNT), factor_sizes=SIZES)


@pytest.fixture(scope="module")
def colours():
    """Images of one colour, whose channels are the factors; each split holds others."""
    rng = np.random.default_rng(0)
    parts = {}
    for split in SPLITS:
        factors = rng.integers(0, list(SIZES.values()), size=[COUNT, 3])
        images = np.tile(factors[:, None, None], [1, 4, 4, 1]).astype(np.uint8)
        parts[split] = Examples(images, factors=factors)
    return Dataset(SPEC, parts, options={})


def scored(data, turn, **options):
    def call(signature, image, label):
        assert signature == "encode" and label is None
        return {"mean": (255 * image[:, 0, 0] @ turn).astype(np.float32)}

    export = types.SimpleNamespace(run="linear", call=call)
    return disentanglement(
        Context([Subject(export, data)]), **{"num_images": 600, "num_batches": 1000, **options}
    )


@pytest.fixture(scope="module")
def perfect(colours):
    return scored(colours, np.eye(3)[:, [1, 2, 0]])


def test_codes_that_are_the_factors(perfect):
    assert set(perfect.values) == {
        "beta_vae", "factor_vae", "mig", "dci", "completeness", "informativeness", "sap",
        "modularity", "factor_vae_active",
    }  # fmt: skip
    for name in (
        "beta_vae",
        "factor_vae",
        "factor_vae_active",
        "mig",
        "dci",
        "completeness",
        "modularity",
    ):
        assert perfect.values[name] > 0.97, name
    rows = perfect.tables["Factors"]
    assert [row["factor"] for row in rows] == list(SIZES)
    assert all(row["factor_vae"] > 0.97 for row in rows)
    assert [row["dimension with most information"] for row in rows] == [2, 0, 1]
    assert perfect.num_images == 600
    low, high = perfect.intervals["factor_vae"]
    assert 0.98 < low < high == 1


def test_turned_codes_are_less_disentangled(colours, perfect):
    turn = np.array([[1, 1, 0], [-1, 1, 0], [0, 0, 1]]) / [2**0.5, 2**0.5, 1]
    turned = scored(colours, turn)
    for name in ("factor_vae", "mig", "dci", "completeness", "sap", "modularity"):
        assert turned.values[name] < perfect.values[name] - 0.05, name
    assert "By chance `beta_vae` and `factor_vae` are 0.333." in turned.notes


def test_scores_depend_on_the_seed_by_their_drawing_alone(colours, perfect):
    again = scored(colours, np.eye(3)[:, [1, 2, 0]])
    assert again.values == perfect.values


def test_data_without_factors_are_refused():
    manifest = {"signatures": {"encode": {"inputs": ["image"], "outputs": ["mean"]}}}
    export = Export(types.SimpleNamespace(name="1"), manifest, DataSpec("faces", (4, 4, 3)))
    # `all` leaves the metric out, but factors may be added after the training.
    assert "made from data without known factors" in NEEDS.missing_from(export)
    NEEDS.check("metric disentanglement", export, types.SimpleNamespace(spec=SPEC))
    known = Export(export.path, manifest, DataSpec("a", (4, 4, 3), factor_sizes=SIZES))
    others = types.SimpleNamespace(spec=DataSpec("faces", (4, 4, 3)))
    with pytest.raises(UserError, match="the factors of the data set faces aren't known"):
        NEEDS.check("metric disentanglement", known, others)
