"""What a metric is given: the images that are drawn, and the classifiers with their accuracies."""

import numpy as np

from tests.evaluation.toys import EVERYTHING, scored, toy_dataset, write_export
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.plan import Plan


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

    monkeypatch.setattr("tfvae.classifiers.cache.load_or_train", load_or_train)
    context = Context([Subject("first", categorical), Subject("second", binary)])
    first, second = context.each()
    assert (first.export, first.spec) == ("first", categorical.spec) and first.exports == ("first",)
    assert (second.export, second.spec) == ("second", binary.spec)
    assert first.classifier("cnn") == context.classifier("cnn") == "cnn of 10 labels"
    assert second.classifier("cnn") == "cnn of 3 labels"
    assert trained == [(categorical, "cnn"), (binary, "cnn")]


def test_test_images_are_classified_once_for_all_that_share(categorical, binary):
    """Not for another data set, another order of the images, or by another classifier."""
    calls = []

    def classifier(images):
        calls.append(len(images))
        return images.mean(axis=(1, 2, 3))[:, None]

    kept = {}

    def probabilities(dataset, function=classifier, seed=0):
        context = Context([Subject(None, dataset)], seed, classifiers={"cnn": function}, kept=kept)
        found = context.test_probabilities("cnn")
        np.testing.assert_array_equal(found, classifier(context.draw()["image"]))
        calls.pop()
        return found

    probabilities(categorical), probabilities(categorical)
    assert len(calls) == 1
    probabilities(binary), probabilities(categorical, seed=1)
    assert len(calls) == 3
    probabilities(categorical, lambda images: classifier(images))
    assert len(calls) == 4


def test_several_exports_are_judged_by_one_classifier(monkeypatch, tmp_path, categorical, perfect):
    trained = []

    def load_or_train(dataset, architecture, **_):
        trained.append(architecture)
        return perfect(dataset)[architecture]

    monkeypatch.setattr("tfvae.classifiers.cache.load_or_train", load_or_train)
    monkeypatch.setattr("tfvae.data.load_dataset", lambda *_, **__: categorical)
    paths = [write_export(tmp_path / name / "1", categorical, EVERYTHING) for name in "ab"]
    plan = Plan.make("generation", paths, dataset="digits")
    reports = list(plan.run(output_dir=tmp_path / "results"))
    assert len(reports) == 2 and len(trained) == 1
