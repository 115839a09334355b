"""Toy exports, made once per session."""

import matplotlib.figure
import pytest

from tests.evaluation.toys import EVERYTHING, read_label, toy_dataset, write_export
from tfvae.exports.reader import Export
from tfvae.schema import BINARY


@pytest.fixture
def drawn():
    """For tests that need the pictures of figures, and not the figures alone."""


@pytest.fixture(autouse=True)
def undrawn(request, monkeypatch):
    """Empty pictures for all other tests: drawing costs more than scoring."""

    def save(figure, path, **_):
        open(path, "wb").close()

    if "drawn" not in request.fixturenames:
        monkeypatch.setattr(matplotlib.figure.Figure, "savefig", save)


@pytest.fixture(scope="session")
def categorical():
    return toy_dataset()


@pytest.fixture(scope="session")
def binary():
    return toy_dataset(BINARY, num_labels=3, unknown=0.3)


@pytest.fixture(scope="session")
def unlabelled():
    return toy_dataset(None)


@pytest.fixture(scope="session")
def export_of(tmp_path_factory):
    """Function: (dataset, {signature: method}) -> opened export; equal ones are made once."""
    made = {}

    def make(dataset, methods, **manifest):
        key = (id(dataset), *sorted(methods.items()), *sorted(manifest.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("saved_models") / "toy" / "1"
            # With the data set: another one may get the id of one that is gone.
            made[key] = dataset, Export.load(write_export(folder, dataset, methods, **manifest))
        return made[key][1]

    return make


@pytest.fixture
def perfect():
    """Perfect classifiers of toy images, in place of trained ones."""

    def make(dataset):
        function = read_label(dataset.spec.num_labels)
        return {"cnn": function, "cnn_bn": function}

    return make


@pytest.fixture
def everything(categorical, export_of):
    return export_of(categorical, EVERYTHING, likelihood="bernoulli")
