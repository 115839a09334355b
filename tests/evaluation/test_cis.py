"""CIS of transfers whose score is known."""

import numpy as np
import pytest
from toys import toy_dataset

from tfvae.evaluation import cis
from tfvae.evaluation.run import evaluate
from tfvae.schema import SPLITS, VALIDATION


def scored(export, dataset, classifiers, tmp_path, **settings):
    return evaluate(
        "cis", [export], dataset, output_dir=tmp_path, settings=settings, classifiers=classifiers
    )


def test_perfect_transfer_of_ten_classes(categorical, export_of, perfect, tmp_path):
    export = export_of(categorical, {"transfer": "perfect_transfer"})
    result = scored(export, categorical, perfect(categorical), tmp_path, num_images=20)
    assert result.values["ts"] == pytest.approx(0.9, abs=1e-6)
    assert result.values["rs"] == pytest.approx(-0.1, abs=1e-6)
    assert result.values["cis"] == pytest.approx(0.8, abs=1e-6)
    assert result.values["identity_cis"] == 0
    assert result.values["reconstruction_cis"] == 0
    # A random other domain: no gain on the diagonal but where x is of the target already (-1), and
    # the domain it went to and the one it left change off the diagonal.
    assert result.values["random_cis"] < -0.2
    assert result.values["classifier_accuracy"] == 1
    assert result.intervals["cis"] == pytest.approx((0.8, 0.8))
    assert result.num_images == 100


def test_identity_transfer_scores_exactly_zero(categorical, export_of, perfect, tmp_path):
    export = export_of(categorical, {"transfer": "identity_transfer"})
    result = scored(export, categorical, perfect(categorical), tmp_path, strength=1)
    for name in ("cis", "ts", "rs", "identity_cis", "random_cis", "cis_std"):
        assert result.values[name] == 0
    assert result.intervals["cis"] == (0, 0)


def test_weakest_strength_that_is_good_enough_is_chosen(categorical, export_of, perfect, tmp_path):
    """A toy that is perfect at any strength: all score the same, the weakest is taken."""
    export = export_of(categorical, {"transfer": "perfect_transfer"})
    result = scored(export, categorical, perfect(categorical), tmp_path, num_images=20, repeats=1)
    assert result.values["strength"] == 0.25


def test_strength_is_chosen_on_validation(categorical, export_of, perfect, tmp_path):
    """Best are 2 on validation and 1 elsewhere, where 2 writes 1/e of the target."""
    dataset = toy_dataset()
    for split in SPLITS:
        dataset.arrays(split)["image"][:, -1, -1] = split == VALIDATION
    export = export_of(categorical, {"transfer": "best_at_mark"})
    result = scored(export, dataset, perfect(dataset), tmp_path, num_images=20)
    assert result.values["strength"] == result.settings["strength"] == 2
    assert result.values["cis"] == pytest.approx(0.8 / np.e, abs=1e-5)
    tried = {row["strength"]: row["cis"] for row in result.tables["Strength, chosen on validation"]}
    assert len(tried) == 8 and tried[2] == max(tried.values()) == pytest.approx(0.8, abs=1e-5)


def test_binary_perfect_transfer(binary, export_of, perfect, tmp_path):
    export = export_of(binary, {"transfer": "switch_on"})
    result = scored(export, binary, perfect(binary), tmp_path, num_images=50, repeats=2, strength=1)
    # Each attribute is off in about half of the images, and nothing else moves.
    labels = binary.arrays("test")["image"][:, 0, :3, 0]
    assert result.values["ts"] == pytest.approx(1 - labels.mean(), abs=1e-6)
    assert result.values["rs"] == 0


def test_scores_by_hand():
    original = np.array([[0.2, 0.5, 0.3]])
    carried = np.array([[[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.1, 0.4, 0.5]]])
    scores = cis.image_scores(carried, original)
    assert scores["ts"][0] == pytest.approx((0.7 + 0 + 0.2) / 3)
    assert scores["rs"][0] == pytest.approx(-(0.4 + 0.3 + 0 + 0 + 0.1 + 0.1) / 6)
    assert scores["cis"][0] == scores["ts"][0] + scores["rs"][0]
    ts, rs = cis.domain_scores(carried, original)
    assert ts == pytest.approx([0.7, 0, 0.2]) and rs == pytest.approx([-0.35, 0, -0.1])


def test_a_single_domain_has_no_other():
    scores = cis.image_scores(np.array([[[1.0]]]), np.array([[0.25]]))
    assert scores["ts"] == 0.75 and scores["rs"] == 0
    carried = np.ones((2, 1, 1))
    assert cis.random_targets(carried, np.random.default_rng(0)) is carried


def test_random_targets_are_never_the_target():
    carried = np.repeat(np.arange(5.0)[None, :, None], 5, axis=2) * np.ones((50, 1, 1))
    mixed = cis.random_targets(carried, np.random.default_rng(0))
    assert (mixed[:, :, 0] != np.arange(5)).all()
    assert set(np.unique(mixed[:, 0, 0])) == {1, 2, 3, 4}


def test_repeats_share_images_only_when_they_must():
    assert len(np.unique(cis.repeat_subsets(100, 20, 5))) == 100
    few = cis.repeat_subsets(30, 20, 3)
    assert few.shape == (3, 20) and all(len(set(row)) == 20 for row in few.tolist())
    assert cis.repeat_subsets(7, 20, 2).shape == (2, 7)
