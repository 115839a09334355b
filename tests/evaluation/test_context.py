"""What a metric is given: the images that are drawn, and the classifiers with their accuracies."""

import numpy as np

from tests.evaluation.toys import EVERYTHING, toy_dataset
from tfvae.evaluation.context import Context
from tfvae.evaluation.evaluate import evaluate


def test_drawn_rows_are_those_of_the_images(binary):
    context = Context([], binary, seed=3)
    for count in (None, 17):
        rows = context.rows("test", count)
        drawn = context.draw("test", count)["image"]
        assert np.array_equal(drawn, binary.arrays("test")["image"][rows])


def test_a_classifier_nobody_can_judge(export_of, perfect, tmp_path):
    dataset = toy_dataset()
    dataset.arrays("test")["observed"][:] = 0
    context = Context([export_of(dataset, EVERYTHING)], dataset, classifiers=perfect(dataset))
    assert context.classifier_scores("cnn") == {}
    result = evaluate(
        "cis",
        context.exports,
        dataset,
        output_dir=tmp_path,
        settings={"num_images": 10, "repeats": 1, "strength": 1},
        classifiers=perfect(dataset),
    )
    assert "classifier_accuracy" not in result.values and "No test label" in " ".join(result.notes)
