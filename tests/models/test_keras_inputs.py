"""Every form of data that Keras' methods take, what is said of wrong ones, and `export`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae.models import build_model
from tfvae.models.base import BaseModel, labels_of
from tfvae.schema import BINARY, CATEGORICAL, DataSpec, UserError

SHAPE = (8, 8, 1)
CLASSES = DataSpec("dots", SHAPE, ("a", "b", "c"), CATEGORICAL)
ATTRIBUTES = DataSpec("dots", SHAPE, ("a", "b", "c"), BINARY)
UNLABELLED = DataSpec("dots", SHAPE)
COUNT = 12

generator = np.random.default_rng(0)
X = generator.random((COUNT, *SHAPE), dtype="float32")
Y = np.arange(COUNT) % 3
ONE_HOT = np.eye(3, dtype="float32")[Y]
KNOWN = np.ones_like(ONE_HOT)
BATCH = {"image": X, "label": ONE_HOT}


class Greys(BaseModel):
    """The grey level of each class: the least model whose loss depends on images and labels."""

    needs_labels = True

    def __init__(self, spec):
        super().__init__(spec)
        self.levels = self.add_weight(shape=[3], initializer="zeros")

    def measure(self, batch, seed):
        label, observed = labels_of(batch)
        level = tf.linalg.matvec(label * observed, self.levels)
        return {"mse": tf.square(tf.reduce_mean(batch["image"], axis=[1, 2, 3]) - level)}, {}

    def term_weights(self):
        return {"mse": 1.0}

    def reconstruct(self, image):
        return image / 2


def compiled(model=None, **options):
    model = Greys(CLASSES) if model is None else model
    model.compile("sgd", **{"run_eagerly": True, **options})
    return model


def dense(name, spec, **options):
    return compiled(build_model(name, spec, {"network": "dense", "latent_dim": 6}), **options)


@pytest.fixture(scope="module")
def model():
    """For what trains nothing; each class has another level."""
    model = compiled()
    model.set_weights([np.array([0.2, 0.5, 0.9], "float32")])
    return model


class Batches(keras.utils.PyDataset):
    def __init__(self, *batches):
        super().__init__()
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


# (x, y) of the same data; functions of generators, which are read once.
FORMS = {
    "batch": lambda: (BATCH, None),
    "batch with observed": lambda: ({**BATCH, "observed": KNOWN}, None),
    "batch of classes": lambda: ({"image": X, "label": Y}, None),
    "image in a batch": lambda: ({"image": X}, Y),
    "one-hot": lambda: (X, ONE_HOT),
    "whole numbers": lambda: (X, ONE_HOT.astype(int)),
    "bool": lambda: (X, ONE_HOT.astype(bool)),
    "classes": lambda: (X, Y),
    "uint8": lambda: (X, Y.astype("uint8")),
    "column": lambda: (X, Y[:, None]),
    "float64": lambda: (X.astype("float64"), ONE_HOT.astype("float64")),
    "tensors": lambda: (tf.constant(X), tf.constant(Y)),
    "dataset of batches": lambda: (tf.data.Dataset.from_tensors(BATCH), None),
    "dataset of tuples": lambda: (tf.data.Dataset.from_tensors((X, Y)), None),
    "dataset of doubles": lambda: (tf.data.Dataset.from_tensors((X.astype(float), ONE_HOT)), None),
    "generator of batches": lambda: ((each for each in [BATCH]), None),
    "generator of tuples": lambda: ((each for each in [(X, Y)]), None),
    "generator of lists": lambda: ((each for each in [[X, Y]]), None),
    "iterator": lambda: (iter([(X, Y, None)]), None),
    "sequence of batches": lambda: (Batches(BATCH), None),
    "sequence of tuples": lambda: (Batches((X, Y)), None),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_every_form_gives_the_same_scores(model):
    expected = model.evaluate(BATCH, verbose=0)
    for name, form in FORMS.items():
        assert model.evaluate(*form(), verbose=0) == expected, name


@pytest.mark.parametrize(
    "form", ["classes", "dataset of tuples", "generator of batches", "sequence of batches"]
)
def test_forms_are_trained_on_in_a_graph_that_is_traced_once(form, monkeypatch):
    model, traced = compiled(run_eagerly=False), []
    measure = model.measure
    monkeypatch.setattr(model, "measure", lambda *args: traced.append(1) or measure(*args))
    x, y = FORMS[form]()
    steps, size = (1, None) if y is None else (3, 4)
    model.fit(x, y, batch_size=size, steps_per_epoch=steps, verbose=0, shuffle=False)
    assert model.optimizer.iterations == steps
    assert len(traced) == 1


def test_a_generator_loses_no_batch():
    model = dense("vae", UNLABELLED)
    model.fit((X[:4] for _ in range(3)), steps_per_epoch=3, shuffle=False, verbose=0)
    assert model.optimizer.iterations == 3


def test_replicas_take_classes(mirrored_strategy):
    with mirrored_strategy.scope():
        replicated = compiled(run_eagerly=False)
    replicated.set_weights([np.array([0.2, 0.5, 0.9])])
    one = compiled()
    one.set_weights(replicated.get_weights())
    for form in ("classes", "dataset of tuples"):
        assert replicated.evaluate(*FORMS[form](), verbose=0) == pytest.approx(
            one.evaluate(BATCH, verbose=0), rel=1e-4
        )


@pytest.mark.parametrize(
    "validation",
    [(X, Y), [X, ONE_HOT], BATCH, (BATCH,), tf.data.Dataset.from_tensors((X, Y))],
    ids=["classes", "list", "batch", "tuple of a batch", "dataset"],
)
def test_validation_data(validation):
    logs = compiled().fit(X, Y, validation_data=validation, epochs=2, verbose=0).history
    assert len(logs["val_mse"]) == 2


def test_images_alone_validate_a_model_without_labels():
    logs = dense("vae", UNLABELLED).fit(X, validation_data=X, verbose=0).history
    assert "val_elbo" in logs


def test_predictions_need_no_labels(model):
    expected = model(X)
    dataset = tf.data.Dataset.from_tensors((X, Y))
    for x in (X, {"image": X}, BATCH, dataset, dataset.map(lambda x, y: x)):
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
    np.testing.assert_allclose(model.predict_on_batch(X), expected, rtol=1e-5)


IMAGES = [
    ((255 * X).astype("uint8"), "float32 in .0, 1., found uint8 from 0 to 25.: divide by 255$"),
    (255 * X, "found float32 from .* to 25.*: divide by 255$"),
    (2 * X - 1, r"found float32 from -0.9.* to 0.9.*: take \(images \+ 1\) / 2$"),
    ((X > 0.5).astype(int), r'found int64 from 0 to 1: images.astype\("float32"\)$'),
    (X > 0.5, r'found bool from 0 to 1: images.astype\("float32"\)$'),
    (np.where(X > 0.5, np.nan, X), "found float32 with NaN$"),
    (1000 * X - 500, "found float32 from -49.* to 49.*[0-9]$"),
    (X[0], r"must be \[N, 8, 8, 1\], found \[8, 8, 1\]: give a batch, such as image\[None\]"),
    (X[..., 0], r"must be \[N, 8, 8, 1\], found \[12, 8, 8\]: .* images\[..., None\]$"),
    (X[:, :4], r"must be \[N, 8, 8, 1\], found \[12, 4, 8, 1\]$"),
    (X[:0], r"found \[0, 8, 8, 1\]$"),
    (list(X), "must be one array or tensor, found list"),
    (None, "must be one array or tensor, found NoneType"),
    (X.astype(str), "images must be numbers, found <U"),
    ({"images": X}, "a batch has images as 'image', found 'images'"),
]


@pytest.mark.parametrize("images, message", IMAGES, ids=[each[1][-30:] for each in IMAGES])
def test_what_is_wrong_with_images_is_said(model, images, message):
    for method in (model.fit, model.train_on_batch):
        with pytest.raises(UserError, match=message):
            method(images, Y)
    with pytest.raises(UserError, match=message):
        model.predict(images)
    with pytest.raises(UserError, match=f"validation_data: .*{message}"):
        model.fit(X, Y, validation_data=(images, Y))


@pytest.mark.parametrize("source", [tf.data.Dataset.from_tensors, lambda x: iter([x]), Batches])
def test_the_first_batch_of_a_source_is_looked_at(model, source):
    with pytest.raises(UserError, match="divide by 255"):
        model.fit(source((255 * X, Y)))
    with pytest.raises(UserError, match="divide by 255"):
        model.evaluate(source({"image": 255 * X, "label": ONE_HOT}))
    with pytest.raises(UserError, match="classes from 0 to 4"):
        model.fit(source((X, 2 * Y)))
    with pytest.raises(UserError, match="weights of examples are not supported"):
        model.fit(source((X, Y, np.ones(COUNT))))


LABELS = [
    (Y + 1, "classes .N. from 0 to 2 or one-hot 0 or 1, .N, 3.; found classes from 1 to 3$"),
    (Y.astype(float), r"found float64 \[12\] for 12 images$"),
    (Y[1:], r"found \[11\] for 12 images$"),
    (np.array(1), r"found \[\] for 12 images$"),
    (ONE_HOT[:, :2], r"found float32 \[12, 2\] for 12 images$"),
    (X, r"found float32 \[12, 8, 8, 1\] for 12 images$"),
    (2 * ONE_HOT, "found values from 0 to 2$"),
    (np.full_like(ONE_HOT, np.nan), "found values from nan to nan$"),
    (KNOWN, "found rows whose sum isn't 1$"),
    (list(Y), "labels must be one array or tensor, found list$"),
]


@pytest.mark.parametrize("labels, message", LABELS, ids=[each[1][-30:] for each in LABELS])
def test_what_is_wrong_with_labels_is_said(model, labels, message):
    with pytest.raises(UserError, match=message):
        model.fit(X, labels)


def test_labels_that_are_not_known_may_be_anything(model):
    batch = {"image": X, "label": np.where(Y[:, None] > 0, ONE_HOT, -1)}
    batch["observed"] = np.repeat(Y[:, None] > 0, 3, axis=1).astype("float32")
    model.evaluate(batch, verbose=0)
    with pytest.raises(UserError, match=r"observed must be 0 or 1, \[12, 3\], found \[12\]"):
        model.evaluate({**BATCH, "observed": np.ones(COUNT)})


def test_attributes_are_not_given_as_classes():
    model = dense("cvae", ATTRIBUTES)
    with pytest.raises(UserError, match=r"must be 0 or 1, \[N, 3\]; found int64 \[12\] for 12"):
        model.fit(X, Y)
    model.fit(X, (X[:, 0, :3, 0] > 0.5).astype(int), verbose=0)


def test_labels_are_given_once_and_only_where_the_data_have_them(model):
    with pytest.raises(UserError, match="given twice"):
        model.fit(BATCH, Y)
    with pytest.raises(UserError, match="Greys learns from labels: give"):
        model.fit(X)
    with pytest.raises(UserError, match="made for data without labels .'dots'.: leave the labels"):
        dense("vae", UNLABELLED).fit(X, X)


def test_weights_are_refused(model):
    weights = np.ones(COUNT)
    for method in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        with pytest.raises(UserError, match="sample_weight is not supported"):
            method(X, Y, sample_weight=weights)
    with pytest.raises(UserError, match="class_weight is not supported"):
        model.fit(X, Y, class_weight={0: 2.0})
    with pytest.raises(UserError, match="validation_data: weights of examples"):
        model.fit(X, Y, validation_data=(X, Y, weights))


def test_sources_without_a_batch_or_a_shape_are_refused(model):
    with pytest.raises(UserError, match="the data have no batch"):
        model.fit(tf.data.Dataset.from_tensors(BATCH).take(0))
    with pytest.raises(UserError, match="not 4 parts"):
        model.fit(iter([(X, Y, Y, Y)]))
    unknown = tf.data.Dataset.from_generator(lambda: [(X, Y)], (tf.float32, tf.int64))
    with pytest.raises(UserError, match="`output_signature`"):
        model.fit(unknown)


def test_keras_says_that_a_model_is_not_compiled():
    model = build_model("vae", UNLABELLED, {"network": "dense"})
    with pytest.raises(ValueError, match="call `compile"):
        model.fit(X)


def test_a_loaded_model_is_trained_further(tmp_path):
    model = dense("cvae", CLASSES)
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.fit(X, Y, verbose=0)
    assert loaded.optimizer.iterations == 2


def test_export_writes_versions_for_a_server(tmp_path):
    model = build_model("vae", UNLABELLED, {"network": "dense"})
    (tmp_path / "dots" / "1").mkdir(parents=True)
    path = model.export(tmp_path / "dots", verbose=False)
    assert path == tmp_path / "dots" / "2"
    export = tfvae.load(path)
    assert (export.manifest["model"], export.manifest["dataset"]) == ("vae", "dots")
    found = export.call("reconstruct", image=X)["image"]
    np.testing.assert_allclose(found, model(X), rtol=1e-4, atol=1e-5)
    with pytest.raises(UserError, match="give `export` the folder alone"):
        model.export(tmp_path / "dots", format="onnx")
