"""Sets of images whose distance from real ones is known."""

import numpy as np
import pytest

from tests.evaluation.toys import (
    EVERYTHING,
    EditableToyDataset,
    ToyModel,
    scored,
    scored_methods,
    toy_dataset,
)
from tfvae.evaluation.metrics.fidelity.per_label import MeanOverLabels
from tfvae.schema import BINARY, UsageError, UserError

OPTIONS = {"num_images": 100, "per_label": 40}
# Less than any distance of images of one label from those of another.
FAR = 0.3


class Dull(ToyModel):
    def dull(self, image):
        return {"image": 0.5 * image}


@pytest.fixture(scope="module")
def data():
    """Enough images that some lack and some have each label."""
    return toy_dataset(BINARY, num_labels=3, counts=(400, 50, 300))


@pytest.fixture
def values(data, perfect, tmp_path):
    def find(methods, data=data, classifiers=None, **settings):
        classifiers = classifiers or perfect(data)
        options = {"made": Dull, "settings": OPTIONS | settings, "classifiers": classifiers}
        return scored_methods("fidelity", data, methods, tmp_path, **options)

    return find


def test_copies_score_as_the_images_themselves(values):
    found = values({"reconstruct": "copies"}).values
    for name in ("fid", "fid_corrected", "kid", "precision", "recall"):
        assert found[f"reconstructions_{name}_cnn_bn"] == found[f"real_{name}_cnn_bn"], name
    assert found["real_precision_cnn_bn"] == found["real_recall_cnn_bn"] == 1
    for name in ("real_kid_cnn_bn", "real_fid_corrected_cnn_bn"):
        assert abs(found[name]) < 0.1 < FAR


def test_a_perfect_transfer_is_as_near_as_a_reconstruction(values):
    found = values({"reconstruct": "copies", "transfer": "switch_on"}, num_images=50)
    assert abs(found.values["transfers_kid_cnn_bn"]) < 0.1 < FAR
    assert abs(found.values["label_reconstructions_kid_cnn_bn"]) < 0.1
    assert [row["label"] for row in found.tables["Per label"]] == ["label0", "label1", "label2"]


def test_a_transfer_that_does_nothing_stays_far_from_the_label(values):
    found = values({"reconstruct": "copies", "transfer": "identity_transfer"})
    low, high = found.intervals["transfers_kid_cnn_bn"]
    # Of three features one is 0 instead of 1: (x.y / 3 + 1)^3 is known for each pair of rows.
    assert low < _expected_of_nothing() < high
    assert low > FAR


def _expected_of_nothing():
    """Squared distance of images that all lack a label from those that all have it."""
    others = np.array([[a, b] for a in (0, 1) for b in (0, 1)])

    def mean(x, y):
        return np.mean((x @ y.T / 3 + 1) ** 3)

    lacking, having = (np.hstack([others, np.full((4, 1), value)]) for value in (0, 1))
    return mean(lacking, lacking) + mean(having, having) - 2 * mean(lacking, having)


def test_images_that_ignore_the_label_are_far_from_it(values):
    blind = values({"sample": "sample_blind"}).values
    right = values({"sample": "sample"}).values
    assert right["label_draws_kid_cnn_bn"] < 0.05 < blind["label_draws_kid_cnn_bn"]
    assert right["draws_precision_cnn_bn"] == 1
    assert "transfers_kid_cnn_bn" not in right


def test_classes_give_an_inception_score(categorical, everything, perfect, tmp_path):
    found = scored(
        "fidelity",
        [everything],
        categorical,
        output_dir=tmp_path,
        settings={"num_images": 100, "per_label": 0},
        classifiers=perfect(categorical),
    )
    assert found.values["real_is_cnn"] == pytest.approx(10, rel=1e-6)
    low, high = found.intervals["real_is_cnn"]
    assert low <= found.values["real_is_cnn"] <= high
    assert "transfers_kid_cnn" not in found.values


def test_labels_of_too_few_images_are_named(values):
    few = toy_dataset(BINARY, num_labels=3, counts=(400, 50, 300))
    few.arrays("test")["label"][5:, 1] = 0
    found = values({"reconstruct": "copies"}, data=few)
    assert "label1" in found.notes[-1] and len(found.tables["Per label"]) == 2


def test_too_few_images_for_the_features_are_told(values, data):
    every = {"cnn_bn": lambda images: images.reshape(len(images), -1)}  # 144 features
    found = values({"reconstruct": "copies"}, classifiers=every)
    assert "real_fid_cnn_bn" in found.values and "real_fid_corrected_cnn_bn" not in found.values
    assert any("more than twice as many" in note for note in found.notes)


def test_too_few_images_for_the_neighbours_are_refused(values):
    with pytest.raises(UserError, match="10 images are too few for neighbours=10"):
        values({"reconstruct": "copies"}, num_images=10, neighbours=10)
    tiny = toy_dataset(BINARY, num_labels=3, counts=(400, 50, 2))
    with pytest.raises(UserError, match="2 images are too few for neighbours=3"):
        values({"reconstruct": "copies"}, data=tiny)


def test_without_known_labels_there_are_no_scores_per_label(values):
    for split in ("train", "test"):
        unknown = toy_dataset(BINARY, num_labels=3, counts=(400, 50, 300))
        unknown.arrays(split)["observed"][:] = 0
        found = values({"reconstruct": "copies", "transfer": "switch_on"}, data=unknown)
        assert "real_kid_cnn_bn" in found.values and "transfers_kid_cnn_bn" not in found.values
        assert "label0, label1, label2" in found.notes[-1]


def test_labels_that_go_together_keep_even_a_perfect_edit_at_a_distance(values):
    together = toy_dataset(BINARY, num_labels=3, counts=(400, 50, 300), made=EditableToyDataset)
    for split in ("train", "test"):
        arrays = together.arrays(split)
        arrays["label"][:, 1] = arrays["label"][:, 0]
        arrays["label"][:10, 1] = 1 - arrays["label"][:10, 1]
        arrays["image"][:, 0, :3, 0] = arrays["label"]
    found = values({"reconstruct": "copies", "transfer": "switch_on"}, data=together).values
    assert found["transfers_kid_cnn_bn"] > FAR > found["label_reconstructions_kid_cnn_bn"]
    # The edit is the transfer: its distance is that of the labels alone.
    assert found["label_edits_kid_cnn_bn"] == pytest.approx(found["transfers_kid_cnn_bn"])


def test_a_ratio_to_nothing_is_not_given(values):
    found = values({"reconstruct": "copies", "transfer": "identity_transfer"})
    assert "transfers_ratio_cnn_bn" not in found.values
    assert any("no transfers_ratio" in note for note in found.notes)
    far = values({"reconstruct": "dull", "transfer": "identity_transfer"})
    low, high = far.intervals["transfers_ratio_cnn_bn"]
    ratio = far.values["transfers_kid_cnn_bn"] / far.values["label_reconstructions_kid_cnn_bn"]
    assert low < ratio < high
    assert far.values["transfers_ratio_cnn_bn"] == pytest.approx(ratio)


def test_wrong_options_and_exports_are_refused(values):
    with pytest.raises(UsageError, match="per_label=5: fewer than 10 images"):
        values({"reconstruct": "copies"}, per_label=5)
    with pytest.raises(UsageError, match="features=vgg"):
        values({"reconstruct": "copies"}, features="vgg")
    with pytest.raises(UserError, match="has none of sample, reconstruct, transfer"):
        values({"encode": EVERYTHING["encode"]})


def test_the_mean_over_labels_counts_an_image_once():
    """The same pair of samples for two labels is no more certain than for one."""
    rng = np.random.default_rng(0)
    terms, rows = rng.normal(size=(2, 50)), {"test": np.arange(50), "train": np.arange(50)}
    once, twice, apart = MeanOverLabels(), MeanOverLabels(), MeanOverLabels()
    for mean, second in ((twice, rows), (apart, {name: 50 + each for name, each in rows.items()})):
        mean.add((0.5, *terms), rows)
        mean.add((0.5, *terms), second)
    once.add((0.5, *terms), rows)
    assert twice.interval() == pytest.approx(once.interval())

    def width(mean):
        return np.subtract(*mean.interval()[::-1])

    assert width(apart) == pytest.approx(width(once) / np.sqrt(2), rel=0.05)


def test_a_mean_is_certainly_once_itself():
    mean = MeanOverLabels()
    mean.add(
        (0.5, *np.random.default_rng(0).normal(size=(2, 50))), {"a": range(50), "b": range(50)}
    )
    ratio, interval = mean.ratio(mean)
    assert ratio == 1 and interval == pytest.approx((1, 1))
