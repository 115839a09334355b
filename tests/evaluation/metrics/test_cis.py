"""CIS of transfers whose score is known."""

import numpy as np
import pytest

from tests.evaluation import toys
from tests.evaluation.toys import EditableToyDataset, toy_dataset
from tfvae.evaluation import transfer_scores
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.transfer import STRENGTHS
from tfvae.schema import BINARY, SPLITS, VALIDATION, UsageError


def scored(export, dataset, classifiers, tmp_path, **settings):
    return toys.scored(
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
    assert set(tried) == set(STRENGTHS)
    assert tried[2] == max(tried.values()) == pytest.approx(0.8, abs=1e-5)
    assert not any("largest tried" in note for note in result.notes)
    weak = {"strengths": "0.25,0.5", "num_images": 20}
    result = scored(export, dataset, perfect(dataset), tmp_path, **weak)
    assert result.values["strength"] == 0.5
    assert "toy: strength 0.5 is the largest tried" in result.notes[-1]


def test_binary_perfect_transfer(binary, export_of, perfect, tmp_path):
    export = export_of(binary, {"transfer": "switch_on"})
    result = scored(export, binary, perfect(binary), tmp_path, num_images=50, repeats=2, strength=1)
    # Each attribute is off in about half of the images, and nothing else moves.
    labels = binary.arrays("test")["image"][:, 0, :3, 0]
    assert result.values["ts"] == pytest.approx(1 - labels.mean(), abs=1e-6)
    assert result.values["rs"] == 0


def test_scores_by_hand():
    original = np.array([[0.2, 0.5, 0.3]])
    transferred = np.array([[[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.1, 0.4, 0.5]]])
    scores = transfer_scores.image_scores(transferred, original)
    assert scores["ts"][0] == pytest.approx((0.7 + 0 + 0.2) / 3)
    assert scores["rs"][0] == pytest.approx(-(0.4 + 0.3 + 0 + 0 + 0.1 + 0.1) / 6)
    assert scores["cis"][0] == scores["ts"][0] + scores["rs"][0]
    ts, rs = transfer_scores.domain_scores(transferred, original)
    assert ts == pytest.approx([0.7, 0, 0.2]) and rs == pytest.approx([-0.35, 0, -0.1])


def test_ts_on_images_that_lack_the_domain(binary, export_of, tmp_path):
    """Against loops over pairs; labels that aren't known read 0 and have no part."""
    export = export_of(binary, {"transfer": "half_on"})

    def dimmed(images):
        # A transfer keeps the content, so each image's gain is its own.
        return images[:, 0, :3, 0] * images[:, 5, :3, 0]

    result = scored(export, binary, {"cnn_bn": dimmed}, tmp_path, num_images=100, repeats=1)
    data = binary.arrays("test")
    shown, light = data["image"][:, 0, :3, 0], data["image"][:, 5, :3, 0]
    gains = [[], [], []]
    for row in range(100):
        for domain in range(3):
            if data["observed"][row, domain] and not data["label"][row, domain]:
                gain = max(shown[row, domain], 0.5) - shown[row, domain]
                gains[domain].append(gain * light[row, domain])
    assert result.values["ts_absent"] == pytest.approx(np.mean(np.concatenate(gains)), abs=1e-6)
    low, high = result.intervals["ts_absent"]
    assert result.values["ts"] < low < result.values["ts_absent"] < high
    rows = result.tables["Per domain"]
    assert [row["images lacking it"] for row in rows] == [len(gain) for gain in gains]
    assert [row["ts absent"] for row in rows] == pytest.approx([np.mean(gain) for gain in gains])


def test_absent_scores_by_hand():
    original = np.array([[0.25, 0.5], [0.0, 1.0]])
    transferred = np.array([[[0.75, 0.0], [0.0, 0.5]], [[1.0, 0.0], [0.5, 1.0]]])
    lacking = np.array([[True, True], [True, False]])
    gains, counts = transfer_scores.absent_scores(transferred, original, lacking)
    assert gains == pytest.approx([0.25, 1]) and counts.tolist() == [2, 1]
    gains, counts = transfer_scores.absent_scores(transferred, original, lacking, axis=0)
    assert gains == pytest.approx([0.75, 0]) and counts.tolist() == [2, 1]


@pytest.mark.parametrize(("method", "share"), [("switch_on", 1), ("half_on", 0.5)])
def test_share_of_the_oracle(method, share, export_of, perfect, tmp_path):
    dataset = toy_dataset(BINARY, num_labels=3, unknown=0.3, made=EditableToyDataset)
    export = export_of(dataset, {"transfer": method})
    result = scored(export, dataset, perfect(dataset), tmp_path, num_images=40, repeats=2)
    labels = dataset.arrays("test")["image"][
        Context([Subject(export, dataset)]).rows("test", 80), 0, :3, 0
    ]
    assert result.values["oracle_cis"] == pytest.approx(1 - labels.mean(), abs=1e-6)
    assert result.values["share_of_oracle"] == pytest.approx(share, abs=1e-6)
    assert result.intervals["share_of_oracle"] == pytest.approx((share, share), abs=1e-6)
    oracle = result.tables["Beside other images"][-1]
    assert oracle["images"] == "oracle" and oracle["ts absent"] == 1 and oracle["rs"] == 0


def test_no_oracle_without_the_perfect_edit(binary, export_of, perfect, tmp_path):
    export = export_of(binary, {"transfer": "switch_on"})
    result = scored(export, binary, perfect(binary), tmp_path, num_images=10, repeats=1)
    assert not {"oracle_cis", "share_of_oracle"} & set(result.values)


def test_nothing_to_gain_has_no_share(export_of, perfect, tmp_path):
    """Every image has every attribute: the oracle scores 0."""
    dataset = toy_dataset(BINARY, num_labels=3, made=EditableToyDataset)
    for split in SPLITS:
        dataset.arrays(split)["image"][:, 0, :3] = 1
        dataset.arrays(split)["label"][:] = 1
    export = export_of(dataset, {"transfer": "switch_on"})
    result = scored(export, dataset, perfect(dataset), tmp_path, num_images=10, repeats=1)
    assert result.values["oracle_cis"] == 0
    assert not {"share_of_oracle", "ts_absent"} & set(result.values)


def test_balanced_accuracy_of_the_classifier(binary, export_of, tmp_path):
    """A classifier that sees no attribute is right on most labels where they are rare, and no
    better than chance."""
    dataset = toy_dataset(BINARY, num_labels=3)
    for split in SPLITS:
        data = dataset.arrays(split)
        rare = data["label"] * (np.arange(len(data["label"])) % 4 == 0)[:, None]
        data["label"][:] = rare
    export = export_of(dataset, {"transfer": "identity_transfer"})

    def blind(images):
        return np.zeros((len(images), 3), np.float32)

    result = scored(export, dataset, {"cnn_bn": blind}, tmp_path, num_images=10, strength=1)
    assert result.values["classifier_accuracy"] > 0.8
    assert result.values["classifier_balanced_accuracy"] == 0.5
    assert any("balanced accuracy on the test labels is 50.0%" in note for note in result.notes)


def test_options_that_make_no_sense_are_refused(binary, export_of, perfect, tmp_path):
    export = export_of(binary, {"transfer": "switch_on"})
    with pytest.raises(UsageError, match="weights=none is for classifier=inception_v3, not cnn"):
        scored(export, binary, perfect(binary), tmp_path, weights="none")
    with pytest.raises(UsageError, match="image=100: only 100 test images"):
        scored(export, binary, perfect(binary), tmp_path, image="100")


def test_a_single_domain_has_no_other():
    scores = transfer_scores.image_scores(np.array([[[1.0]]]), np.array([[0.25]]))
    assert scores["ts"] == 0.75 and scores["rs"] == 0
    transferred = np.ones((2, 1, 1))
    assert transfer_scores.random_targets(transferred, np.random.default_rng(0)) is transferred


def test_random_targets_are_never_the_target():
    transferred = np.repeat(np.arange(5.0)[None, :, None], 5, axis=2) * np.ones((50, 1, 1))
    mixed = transfer_scores.random_targets(transferred, np.random.default_rng(0))
    assert (mixed[:, :, 0] != np.arange(5)).all()
    assert set(np.unique(mixed[:, 0, 0])) == {1, 2, 3, 4}


def test_repeats_share_images_only_when_they_must():
    assert len(np.unique(transfer_scores.repeat_subsets(100, 20, 5))) == 100
    few = transfer_scores.repeat_subsets(30, 20, 3)
    assert few.shape == (3, 20) and all(len(set(row)) == 20 for row in few.tolist())
    assert transfer_scores.repeat_subsets(7, 20, 2).shape == (2, 7)


def test_a_pretrained_classifier_is_fetched_with_its_weights_alone(
    monkeypatch, tmp_path, categorical, everything, perfect
):
    """Its accuracy, which comes last, is that of the same classifier."""
    asked = []

    def load_or_train(dataset, architecture, *, weights, **_):
        asked.append((architecture, weights))
        return perfect(dataset)["cnn"]

    monkeypatch.setattr("tfvae.classifiers.cache.load_or_train", load_or_train)
    options = {"num_images": 4, "repeats": 1, "strength": 1, "classifier": "inception_v3"}
    result = scored(everything, categorical, None, tmp_path, **options)
    assert asked == [("inception_v3", "imagenet")]
    assert result.values["classifier_accuracy"] == 1
