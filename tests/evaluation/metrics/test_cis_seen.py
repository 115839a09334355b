"""Attributes that the classifier can't tell, and the score over the others."""

import numpy as np
import pytest

from tests.evaluation import toys
from tests.evaluation.toys import toy_dataset
from tfvae.schema import BINARY


def blind_to_the_second(images):
    said = images[:, 0, :3, 0].copy()
    said[:, 1] = 0.3
    return said


@pytest.fixture
def score(export_of, perfect, tmp_path):
    def find(dataset, classifier=None, methods=("switch_on",)):
        exports = [export_of(dataset, {"transfer": method}) for method in methods]
        classifiers = {"cnn_bn": classifier} if classifier else perfect(dataset)
        return toys.scored(
            "cis",
            exports,
            dataset,
            output_dir=tmp_path,
            settings={"strength": 1, "repeats": 1, "num_images": 100},
            classifiers=classifiers,
        )

    return find


@pytest.fixture(scope="module")
def data():
    return toy_dataset(BINARY, num_labels=3)


def test_the_score_over_those_that_it_can_tell(score, data):
    found = score(data, blind_to_the_second)
    lacking = 1 - data.arrays("test")["label"].mean(axis=0)
    # Switched on, each of the other two gains all that it can; the second one says nothing.
    assert found.values["seen_cis"] == pytest.approx(lacking[[0, 2]].mean(), abs=1e-6)
    assert found.values["cis"] == pytest.approx(lacking[[0, 2]].sum() / 3, abs=1e-6)
    low, high = found.intervals["seen_cis"]
    assert low < found.values["seen_cis"] < high
    assert "can't tell label1 (" in " ".join(found.notes)
    column = [row["classifier, balanced"] for row in found.tables["Per domain"]]
    assert column == [1, 0.5, 1]


def test_where_it_can_tell_all_there_is_no_other_score(score, data, categorical, everything):
    found = score(data)
    assert "seen_cis" not in found.values
    assert [row["classifier, balanced"] for row in found.tables["Per domain"]] == [1, 1, 1]


def test_where_it_can_tell_none_there_is_none_either(score, data):
    found = score(data, lambda images: np.full([len(images), 3], 0.3))
    assert "seen_cis" not in found.values


def test_a_label_that_no_validation_image_is_known_to_have_counts_as_unseen(score):
    unknown = toy_dataset(BINARY, num_labels=3)
    unknown.arrays("validation")["observed"][:, 1] = 0
    found = score(unknown)
    assert found.values["seen_cis"] != found.values["cis"]
    assert "label1" in " ".join(found.notes)


def test_several_exports_have_one_each(score, data, tmp_path):
    found = score(data, blind_to_the_second, methods=("switch_on", "identity_transfer"))
    own = [value for name, value in found.values.items() if name.endswith("/seen_cis")]
    assert sorted(own) == pytest.approx([0, found.values["seen_cis"]])
