"""The other metrics on exports whose score is known, and what `evaluate` writes."""

import dataclasses
import json

import numpy as np
import pytest
from toys import read_label, toy_dataset

from tfvae.evaluation import METRICS, applicable_metrics
from tfvae.evaluation.context import Context
from tfvae.evaluation.evaluate import evaluate
from tfvae.evaluation.metrics.generation import known_labels
from tfvae.evaluation.metrics.interpolation import smoothness
from tfvae.evaluation.metrics.intervention import changed_area
from tfvae.evaluation.metrics.reconstruction import binary_cross_entropy, structural_similarity
from tfvae.evaluation.metrics.traversal import channel_information
from tfvae.evaluation.statistics import mean_interval
from tfvae.evaluation.transfer import transfer
from tfvae.schema import BINARY, UsageError, UserError

EVERYTHING = {
    "reconstruct": "reconstruct",
    "encode": "encode",
    "decode": "decode",
    "sample": "sample",
    "classify": "classify",
    "transfer": "perfect_transfer",
    "log_likelihood": "log_likelihood",
    "elbo": "elbo",
}


@pytest.fixture
def everything(categorical, export_of):
    return export_of(categorical, EVERYTHING, likelihood="bernoulli")


def test_reconstruction(categorical, everything, tmp_path):
    result = evaluate("reconstruction", [everything], categorical, output_dir=tmp_path)
    images = categorical.arrays("test")["image"].astype(np.float64)
    rebuilt = 0.9 * images + 0.05
    assert result.values["mse"] == pytest.approx(np.mean((rebuilt - images) ** 2), rel=1e-5)
    nats = -(images * np.log(rebuilt) + (1 - images) * np.log(1 - rebuilt)).sum((1, 2, 3)).mean()
    assert result.values["distortion"] == pytest.approx(nats, rel=1e-5)
    assert 0.8 < result.values["ssim"] < 1


def test_distortion_needs_a_bernoulli_likelihood(categorical, export_of, tmp_path):
    export = export_of(categorical, {"reconstruct": "reconstruct"}, likelihood="gaussian")
    result = evaluate("reconstruction", [export], categorical, output_dir=tmp_path)
    assert set(result.values) == {"mse", "ssim"} and "gaussian" in result.notes[0]


def test_reconstruction_scores_at_their_ends():
    images = np.random.default_rng(0).uniform(size=(3, 28, 28, 1)).astype(np.float32)
    assert structural_similarity(images, images) == pytest.approx(np.ones(3))
    assert structural_similarity(images, 1 - images).max() < 0
    assert structural_similarity(images[:, :4, :4], images[:, :4, :4]) == pytest.approx(np.ones(3))
    binary = np.round(images)
    assert binary_cross_entropy(binary, binary) == pytest.approx(np.zeros(3), abs=1e-3)
    assert binary_cross_entropy(images, images * 0 + 0.5) == pytest.approx(784 * np.log(2))


def test_likelihood_passes_the_label_and_keeps_its_signs(categorical, everything, tmp_path):
    result = evaluate("likelihood", [everything], categorical, output_dir=tmp_path)
    bound = -categorical.arrays("test")["image"].sum(axis=(1, 2, 3)).mean()
    assert result.values["iwae"] == pytest.approx(bound, rel=1e-5)
    assert result.values["elbo"] == pytest.approx(bound - 1, rel=1e-5)
    assert result.values["gap"] == pytest.approx(1, rel=1e-4)
    bits = -bound / (144 * np.log(2))
    assert result.values["bits_per_dimension"] == pytest.approx(bits, rel=1e-5)
    assert result.settings["log_likelihood_samples"] == 7


def test_perfect_classification(categorical, everything, tmp_path):
    result = evaluate("classification", [everything], categorical, output_dir=tmp_path)
    assert result.values["accuracy"] == result.values["balanced_accuracy"] == 1
    assert result.intervals["accuracy"] == result.intervals["balanced_accuracy"] == (1, 1)
    assert [row["recall"] for row in result.tables["Per label"]] == [1] * 10


def test_binary_classification_masks_unknown_labels(binary, export_of, tmp_path):
    export = export_of(binary, {"classify": "classify"})
    # Wrong wherever it isn't known: no effect.
    labels, observed = (binary.arrays("test")[name] for name in ("label", "observed"))
    assert (observed == 0).any()
    changed = np.where(observed > 0, labels, 1 - labels)
    original = binary._splits["test"]["label"]
    binary._splits["test"]["label"] = changed.astype(np.float32)
    try:
        result = evaluate("classification", [export], binary, output_dir=tmp_path)
    finally:
        binary._splits["test"]["label"] = original
    assert result.values["accuracy"] == result.values["balanced_accuracy"] == 1


def test_generation_of_the_right_labels(categorical, everything, perfect, tmp_path):
    result = evaluate(
        "generation",
        [everything],
        categorical,
        output_dir=tmp_path,
        settings={"num_images": "20"},
        classifiers=perfect(categorical),
    )
    assert result.values["accuracy"] == result.values["real_accuracy"] == 1
    assert 0 < result.values["cosine_similarity"] < 1 and result.num_images == 200
    for name in ("cosine_similarity", "real_cosine_similarity"):
        low, high = result.intervals[name]
        assert low < result.values[name] < high


def test_a_sampler_of_one_image_has_cosine_one(categorical, export_of, perfect, tmp_path):
    export = export_of(categorical, {"sample": "sample_same"})
    result = evaluate(
        "generation", [export], categorical, output_dir=tmp_path, classifiers=perfect(categorical)
    )
    assert result.values["cosine_similarity"] == pytest.approx(1)
    assert result.intervals["cosine_similarity"] == pytest.approx((1, 1))


def test_generation_with_attributes(binary, export_of, perfect, tmp_path):
    export = export_of(binary, {"sample": "sample"})
    result = evaluate(
        "generation", [export], binary, output_dir=tmp_path, classifiers=perfect(binary)
    )
    assert result.values["accuracy"] == 1 and len(result.tables["Per label"]) == 3


def test_accuracy_of_real_images_is_counted_by_image():
    # Three attributes each, right or wrong together: 40 images, not 120 independent answers.
    right = np.arange(40) % 4 > 0
    real = {"label": np.ones((40, 3)), "observed": np.ones((40, 3))}
    probability = np.repeat(right[:, None], 3, axis=1).astype(float)
    images = np.random.default_rng(0).random((40, 2, 2, 1))
    value, interval = known_labels(images, probability, real, BINARY, 0).scores["accuracy"]
    assert value == 0.75 and interval == mean_interval(right, 0)


def test_generation_needs_a_sampler_for_labels(categorical, export_of, tmp_path):
    export = export_of(categorical, {"sample": "sample_unlabelled"})
    with pytest.raises(UserError, match="'sample' .* takes no 'label'"):
        evaluate("generation", [export], categorical, output_dir=tmp_path)


def test_interpolation(categorical, everything, tmp_path):
    settings = {"num_pairs": 20, "steps": 5}
    result = evaluate(
        "interpolation", [everything], categorical, output_dir=tmp_path, settings=settings
    )
    assert 1 <= result.values["largest_step"] < 4 and result.values["path_length"] >= 1


def test_smoothness_of_known_paths():
    start, end = np.zeros((1, 2, 2, 1)), np.ones((1, 2, 2, 1))
    fade = np.stack([start + t * (end - start) for t in np.linspace(0, 1, 5)], axis=1)
    jump = np.stack([start, start, start, end, end], axis=1)
    there_and_back = np.stack([start, end, start, end], axis=1)
    assert smoothness(fade)["largest_step"] == pytest.approx(1)
    assert smoothness(fade)["path_length"] == pytest.approx(1)
    assert smoothness(jump)["largest_step"] == pytest.approx(4)
    assert smoothness(there_and_back)["path_length"] == pytest.approx(3)
    still = smoothness(np.zeros((1, 4, 2, 2, 1)))
    assert still["largest_step"] == still["path_length"] == 1


def test_intervention(categorical, everything, perfect, tmp_path):
    result = evaluate(
        "intervention",
        [everything],
        categorical,
        output_dir=tmp_path,
        settings={"num_images": 100},
        classifiers=perfect(categorical),
    )
    assert result.values["target_change"] == pytest.approx(0.9)
    assert result.values["other_change"] == pytest.approx(0.1)
    # Two pixels of 144 change, each by one, unless the image is of the target already.
    assert result.values["pixel_change"] == pytest.approx(0.9 * 2 / 144)
    assert result.values["changed_area"] == pytest.approx(0.9 * 2 / 144)


def test_images_are_carried_nowhere_once(categorical, everything, perfect, tmp_path, monkeypatch):
    strengths = []

    def counted(export, images, domain, strength):
        strengths.append(strength)
        return transfer(export, images, domain, strength)

    monkeypatch.setattr("tfvae.evaluation.metrics.intervention.transfer", counted)
    evaluate(
        "intervention",
        [everything],
        categorical,
        output_dir=tmp_path,
        classifiers=perfect(categorical),
    )
    assert sorted(strengths) == [0, *[1] * 10]


def test_changed_area_at_its_ends():
    one = np.zeros((1, 4, 4))
    one[0, 1, 2] = 0.3
    assert changed_area(one) == pytest.approx(1 / 16)
    assert changed_area(one * 0 + 0.2) == pytest.approx(1)
    assert changed_area(one * 0) == 0


def test_traversal_orders_dimensions_by_information(categorical, everything, tmp_path):
    result = evaluate("traversal", [everything], categorical, output_dir=tmp_path)
    rows = result.tables["Dimensions"]
    # The toy encoder scales its dimensions by 1, 0.5, 0.1 and 0.
    assert [row["dimension"] for row in rows] == [0, 1, 2, 3]
    assert rows[-1]["active"] == "no" and rows[-1]["information"] == 0
    assert result.values["active_units"] == 3
    low, high = result.intervals["information"]
    assert low < result.values["information"] < high


def test_channel_information_of_a_known_channel():
    mean = np.array([[-1.0, 0.0], [1.0, 0.0]])
    assert channel_information(mean, np.ones((2, 2))) == pytest.approx([0.5 * np.log(2), 0])


def test_all_is_what_the_export_can_do(categorical, everything, unlabelled, export_of):
    # `crosstalk` needs attributes and a linear label decoder besides: test_crosstalk.py.
    everywhere = tuple(name for name in METRICS if name != "crosstalk")
    assert applicable_metrics(everything) == everywhere
    plain = export_of(unlabelled, {"reconstruct": "reconstruct", "sample": "sample_unlabelled"})
    assert applicable_metrics(plain) == ("reconstruction",)
    unconditional = export_of(categorical, {"sample": "sample_unlabelled"})
    assert applicable_metrics(unconditional) == ()


def test_what_does_not_fit_is_said(
    categorical, binary, unlabelled, everything, export_of, tmp_path
):
    plain = export_of(unlabelled, {"reconstruct": "reconstruct", "transfer": "identity_transfer"})
    with pytest.raises(UserError, match="without labels"):
        evaluate("cis", [plain], unlabelled, output_dir=tmp_path)
    with pytest.raises(UserError, match="has no labels"):
        evaluate("cis", [everything], unlabelled, output_dir=tmp_path)
    with pytest.raises(UserError, match="knows 10 categorical labels.* has 3 binary"):
        evaluate("classification", [everything], binary, output_dir=tmp_path)
    renamed = toy_dataset()
    names = ("label0", "renamed", *renamed.spec.label_names[2:])
    renamed.spec = dataclasses.replace(renamed.spec, label_names=names)
    with pytest.raises(UserError, match="label 2 of the export .* is 'label1'.* is 'renamed'"):
        evaluate("classification", [everything], renamed, output_dir=tmp_path)
    with pytest.raises(UserError, match="no signature 'classify'"):
        evaluate("classification", [plain], categorical, output_dir=tmp_path)
    with pytest.raises(UsageError, match="scores 1 export at a time, got 2"):
        evaluate("reconstruction", [everything] * 2, categorical, output_dir=tmp_path)
    with pytest.raises(UsageError, match="'num_image'; did you mean"):
        evaluate("cis", [everything], categorical, output_dir=tmp_path, settings={"num_image": 1})
    with pytest.raises(UsageError, match="unknown metric 'sic'"):
        evaluate("sic", [everything], categorical, output_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", METRICS)
def test_options_are_documented(name):
    for option in METRICS.options(name):
        assert option.help, f"{name} says nothing about {option.name}"


# `crosstalk` needs attributes and a linear label decoder: test_crosstalk.py.
@pytest.mark.parametrize("name", [name for name in METRICS if name != "crosstalk"])
def test_files(name, categorical, everything, drawn, tmp_path):
    result = evaluate(
        name,
        [everything],
        categorical,
        seed=3,
        output_dir=tmp_path,
        classifiers={"cnn": read_label(10), "cnn_bn": read_label(10)},
    )
    document = json.loads((tmp_path / name / "toy.json").read_text())
    assert set(document) == {
        "metric", "saved_model", "dataset", "seed", "num_images", "values", "intervals", "settings",
        "versions",
    }  # fmt: skip
    assert document["metric"] == name and document["seed"] == 3
    assert document["saved_model"] == everything.path.as_posix()
    assert set(document["intervals"]) <= set(document["values"])
    for key, (low, high) in document["intervals"].items():
        assert low <= high, key
    assert {option.name for option in METRICS.options(name)} <= set(document["settings"])
    assert document["versions"]["tensorflow"] and document == result.document
    assert all(path.stat().st_size > 0 for path in result.files)
    assert {path.suffix for path in result.files} == {".json", ".md", ".png"}
    names = [path.name for path in (tmp_path / name).iterdir()]
    assert not any(entry.startswith(".") for entry in names)


def test_equal_seeds_give_equal_scores(categorical, everything, perfect, tmp_path):
    def values(seed):
        result = evaluate(
            "cis",
            [everything],
            categorical,
            seed=seed,
            output_dir=tmp_path,
            settings={"num_images": 30, "strength": 1, "repeats": 2},
            classifiers=perfect(categorical),
        )
        return dict(result.values), dict(result.intervals)

    assert values(0) == values(0)
    assert values(0) != values(1)


def test_changed_data_are_scored_as_others_and_said(categorical, export_of, tmp_path):
    export = export_of(categorical, {"reconstruct": "reconstruct"}, dataset_fingerprint="before")
    result = evaluate("reconstruction", [export], categorical, output_dir=tmp_path)
    assert "has changed since training" in result.notes[-1]
    assert (tmp_path / "reconstruction" / "toy-on-toy.json").is_file()


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
