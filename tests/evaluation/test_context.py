"""What a metric is given: the images that are drawn, and the classifiers with their accuracies."""

import numpy as np

from tests.evaluation.toys import EVERYTHING, scored, toy_dataset
from tfvae.evaluation.context import Context, Subject


def test_drawn_rows_are_those_of_the_images(binary):
    context = Context([Subject(None, binary)], seed=3)
    for count in (None, 17):
        rows = context.rows("test", count)
        drawn = context.draw("test", count)["image"]
        assert np.array_equal(drawn, binary.arrays("test")["image"][rows])


def test_a_classifier_nobody_can_judge(export_of, perfect, tmp_path):
    dataset = toy_dataset()
    dataset.arrays("test")["observed"][:] = 0
    context = Context(
        [Subject(export_of(dataset, EVERYTHING), dataset)], classifiers=perfect(dataset)
    )
    assert context.classifier_scores("cnn") == {}
    result = scored(
        "cis",
        context.exports,
        dataset,
        output_dir=tmp_path,
        settings={"num_images": 10, "repeats": 1, "strength": 1},
        classifiers=perfect(dataset),
    )
    assert "classifier_accuracy" not in result.values and "No test label" in " ".join(result.notes)


def test_each_subject_has_its_own_data_and_classifiers(monkeypatch, categorical, binary):
    """Two data sets in one context: neither is scored by the other's classifier."""
    trained = []

    def load_or_train(dataset, architecture, **_):
        trained.append((dataset, architecture))
        return f"{architecture} of {dataset.spec.num_labels} labels"

    monkeypatch.setattr("tfvae.classifiers.classifier.load_or_train", load_or_train)
    context = Context([Subject("first", categorical), Subject("second", binary)])
    first, second = context.each()
    assert (first.export, first.spec) == ("first", categorical.spec) and first.exports == ("first",)
    assert (second.export, second.spec) == ("second", binary.spec)
    assert first.classifier("cnn") == context.classifier("cnn") == "cnn of 10 labels"
    assert second.classifier("cnn") == "cnn of 3 labels"
    assert trained == [(categorical, "cnn"), (binary, "cnn")]
