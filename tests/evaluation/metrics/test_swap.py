"""Swaps between linear autoencoders whose spaces differ by a known rotation."""

import types

import numpy as np
import pytest

from tfvae.evaluation import METRICS
from tfvae.evaluation.context import Context, Subject
from tfvae.evaluation.metrics.swap.labels import agreement, chance, shared_labels
from tfvae.evaluation.metrics.swap.metric import NEEDS, swap
from tfvae.evaluation.swap.unpaired import random_rotation
from tfvae.schema import BINARY, CATEGORICAL, DataSpec, UsageError, UserError

SIDE, DIM = 8, 6
NAMES = ("hat", "beard", "scar")
COUNTS = {"train": 600, "validation": 300, "test": 400}
# Columns are orthonormal: a code and an image of it tell each other.
BASIS = random_rotation(np.random.default_rng(0), SIDE * SIDE)[:, :DIM]


class Faces:
    """Images 0.5 + B c + noise; attribute i is the sign of c_i."""

    fingerprint = None
    can_edit = False

    def __init__(self, name="faces", pairing="faces", names=NAMES, seed=0):
        rng = np.random.default_rng(seed)
        self.spec = DataSpec(name, (SIDE, SIDE, 1), names, BINARY, COUNTS)
        self.options, self.pairing = {"seed": 0}, pairing
        self._splits = {}
        for split, count in COUNTS.items():
            # Attributes and rare values: no rotation leaves this distribution as it is.
            codes = 0.2 * rng.gamma(1.0, size=(count, DIM)) * np.linspace(1, 2, DIM)
            label = rng.integers(0, 2, (count, 3))
            codes[:, :3] = (codes[:, :3] + 0.1) * (2 * label - 1)
            noise = 0.01 * rng.normal(size=(count, SIDE * SIDE))
            flat = 0.5 + codes @ BASIS.T + noise
            self._splits[split] = {
                "image": flat.reshape(-1, SIDE, SIDE, 1).astype(np.float32),
                "label": label.astype(np.float32),
                "observed": np.ones_like(label, np.float32),
            }

    def arrays(self, split, limit=None):
        return {name: values[:limit] for name, values in self._splits[split].items()}


def codes_of(images):
    return (images.reshape(len(images), -1) - 0.5) @ BASIS


class Classifier:
    """Reads the attributes off an image without error; its features are the codes."""

    def __call__(self, images):
        return 1 / (1 + np.exp(-100 * codes_of(images)[:, :3]))

    def features(self, images):
        return codes_of(images)


def linear_export(run, turn, inputs=("latent",)):
    """An autoencoder whose codes are those of `Faces`, turned."""

    def call(signature, image=None, latent=None):
        if signature == "encode":
            codes = codes_of(image) @ turn
            return {"mean": codes, "stddev": np.ones_like(codes)}
        flat = 0.5 + latent @ turn.T @ BASIS.T
        return {"image": flat.reshape(-1, SIDE, SIDE, 1).astype(np.float32)}

    def takes(signature):
        return ("image",) if signature == "encode" else inputs

    path = types.SimpleNamespace(parent=types.SimpleNamespace(name=run), name="1")
    return types.SimpleNamespace(run=run, path=path, call=call, inputs=takes, manifest={})


def swapped(first, second, turn=None, **options):
    turn = np.eye(DIM) if turn is None else turn
    subjects = [
        Subject(linear_export("a", np.eye(DIM)), first),
        Subject(linear_export("b", turn), second),
    ]
    context = Context(subjects, classifiers={"cnn_bn": Classifier()})
    return swap(context, **{"num_images": 300, "shown": 2, **options})


@pytest.fixture(scope="module")
def shifted_axes():
    """A turn that leaves no axis in its place: no attribute stays where it was."""
    return np.roll(np.eye(DIM), 3, axis=1)


@pytest.fixture(scope="module")
def paired(shifted_axes):
    return swapped(Faces(), Faces("drawings"), shifted_axes)


def rows_of(result, title="a -> b, by alignment"):
    return {row["alignment"]: row for row in result.tables[title]}


def test_best_alignment_by_pairs_is_the_ceiling(paired):
    assert paired.values["agreement"] == paired.values["agreement_within"] > 0.99
    assert paired.values["agreement_ceiling"] > 0.99
    assert paired.values["mse_ratio"] == pytest.approx(1, abs=0.05)
    assert paired.values["cycle_mse"] == pytest.approx(paired.values["cycle_mse_within"], rel=0.1)
    for name in ("affine", "linear", "ortho"):
        assert rows_of(paired)[name]["mse ratio"] == pytest.approx(1, abs=0.1)


def test_errors_of_a_guess_and_of_own_reconstructions_are_shown_for_comparison(paired):
    rows = rows_of(paired)
    assert rows["(within)"]["mse ratio"] == 1 and rows["(within)"]["ssim"] > 0.99
    variance = Faces("drawings").arrays("test")["image"].var(axis=0).mean()
    assert rows["(mean image)"]["mse"] == pytest.approx(variance, rel=0.1)


def test_no_alignment_is_at_chance_where_the_axes_say_nothing(paired):
    row = rows_of(paired)["none"]
    low, high = map(float, row["95 % interval"].strip("[]").split(","))
    assert low < 0.5 < high
    assert row["mse ratio"] > 10


def test_labels_alone_are_better_than_nothing(paired):
    rows = rows_of(paired)
    for name in ("class_means", "class_transport"):
        assert rows[name]["agreement"] > 0.9 > 0.7 > rows["none"]["agreement"]


def test_each_export_with_itself_is_its_reconstruction(paired):
    title = next(iter(paired.tables))
    rows = {(row["encoder"], row["decoder"]): row for row in paired.tables[title]}
    assert len(rows) == 4
    for name in "ab":
        own = rows[name, name]
        assert own["mse ratio"] == pytest.approx(1) and own["alignment"] == "none"
        other = "b" if name == "a" else "a"
        assert (
            own["agreement"]
            == rows_of(paired, f"{other} -> {name}, by alignment")["(within)"]["agreement"]
        )


def test_alignments_without_their_anchors_are_left_out():
    faces, strangers = Faces(), Faces("drawings", "drawings", ("x", "y", "z"), seed=1)
    result = swapped(faces, strangers, alignments=("none", "moments", "ortho", "class_means"))
    assert set(rows_of(result)) == {"none", "moments", "(within)"}
    notes = " ".join(result.notes)
    assert "ortho; the images of the two data sets don't come in pairs" in notes
    assert "class_means; the data sets share no label" in notes
    assert "the first one: without pairs and without labels" in notes
    assert not {"agreement", "mse", "ssim"} & set(result.values)
    assert {"realism", "cycle_mse"} <= set(result.values)


def test_a_class_map_names_the_labels_that_stand_for_each_other():
    faces, strangers = Faces(), Faces("drawings", "drawings", ("x", "y", "z"), seed=1)
    options = {"alignments": ("none",), "class_map": ("beard:y", "hat:x")}
    result = swapped(faces, strangers, **options)
    assert result.values["agreement"] > 0.99
    assert [row["label"] for row in result.tables["b -> a, none, by label"]] == ["beard", "hat"]
    with pytest.raises(UsageError, match="drawings has no label 'w'"):
        swapped(faces, strangers, class_map=("hat:w",))
    with pytest.raises(UsageError, match="'hat' is not of the form NAME:NAME"):
        swapped(faces, strangers, class_map=("hat",))
    with pytest.raises(UsageError, match="'hat' is given twice"):
        swapped(faces, strangers, class_map=("hat:x", "hat:y"))


def test_few_images_and_no_pairs_need_no_number_of_pairs():
    faces, strangers = Faces(), Faces("drawings", "drawings", NAMES, seed=1)
    result = swapped(faces, strangers, alignments=("none",), num_pairs=5000, num_images=4, shown=2)
    assert result.values["agreement"] > 0.9


def test_bad_requests_are_refused():
    faces = Faces()
    with pytest.raises(UsageError, match="alignments=none,otho is not list of one of none"):
        METRICS.check_options("swap", {"alignments": "none,otho"})
    with pytest.raises(UserError, match="num_pairs=601: only 600 training images"):
        swapped(faces, faces, num_pairs=601)
    three = [Subject(linear_export(run, np.eye(DIM)), faces) for run in "abc"]
    with pytest.raises(UsageError, match="class_map is for two exports, got 3"):
        swap(Context(three, classifiers={"cnn_bn": Classifier()}), class_map=("hat:hat",))
    strangers = Faces("drawings", "drawings", ("x", "y", "z"), seed=1)
    with pytest.raises(UserError, match="none of ortho, class_means can be fitted.*share no label"):
        swapped(faces, strangers, alignments=("ortho", "class_means"))
    labelled = Subject(linear_export("c", np.eye(DIM), ("latent", "label")), faces)
    context = Context([labelled, labelled], classifiers={"cnn_bn": Classifier()})
    with pytest.raises(UserError, match="takes a label"):
        swap(context)
    one = [types.SimpleNamespace(path="a")]
    with pytest.raises(UsageError, match="swap scores 2 to 8 exports at a time, got 1"):
        NEEDS.check_together("swap", one)


def test_agreement_of_classes_counts_images_of_shared_classes_alone():
    source = DataSpec("digits", (8, 8, 1), ("0", "1", "2"), CATEGORICAL)
    target = DataSpec("things", (8, 8, 1), ("car", "dog"), CATEGORICAL)
    shared = shared_labels(source, target, ("0:dog", "2:car"))
    label = np.eye(3)[[0, 0, 1, 2, 2]]
    read = np.array([[0.1, 0.9], [0.9, 0.1], [0.5, 0.5], [0.9, 0.1], [0.8, 0.2]])
    found = agreement(read, shared.from_source(label), shared)
    assert found.value == 0.75
    assert found.per_label.tolist() == [0.5, 1.0]
    assert chance(shared, shared.from_source(label), target) == (0.5, 0.5)
    assert agreement(read, np.full([5, 2], np.nan), shared) is None


def test_agreement_of_attributes_is_balanced_and_skips_unknown_labels():
    spec = DataSpec("faces", (8, 8, 1), ("hat", "beard"), BINARY)
    shared = shared_labels(spec, spec)
    label = np.array([[1, 0], [0, 0], [0, np.nan], [0, 1.0]])
    read = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.1], [0.1, 0.1]])
    found = agreement(read, label, shared)
    np.testing.assert_allclose(found.per_label, [(1 + 2 / 3) / 2, (0 + 1) / 2])
    assert found.value == pytest.approx(found.per_label.mean())
    assert found.interval[0] < found.value < found.interval[1]
