"""Whatever is given gets a result or one clear line: never a traceback, a hang or half a file."""

import contextlib
import io
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tfvae.cli import evaluate as evaluate_command
from tfvae.cli import generator as generator_command
from tfvae.cli import serving as serving_command
from tfvae.cli import train as train_command
from tfvae.data import load_dataset
from tfvae.exports.reader import Export
from tfvae.exports.writer import export_model
from tfvae.models import MODELS, build_model
from tfvae.schema import CATEGORICAL, DataSpec, UserError
from tfvae.training.config import RunConfig

TEXT = st.text(max_size=20)
NAME = st.one_of(st.sampled_from(["a", "b", "image", "é", "e\u0301", "..", "c/d", "[x]", ""]), TEXT)
NUMBER = st.one_of(st.integers(), st.floats(), st.sampled_from(["1e400", "0x10", "²", "9" * 5000]))
VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBER, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAME, inner, max_size=3)),
    max_leaves=8,
)
OPTIONS = [
    f"--{(field.alias or name).replace('_', '-')}" for name, field in RunConfig.model_fields.items()
]


@contextlib.contextmanager
def answered():
    """A result, or a UserError of one line that a terminal can show."""
    try:
        yield
    except UserError as error:
        line = str(error)
        assert line.strip() and len(line) < 5000


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def emptied(folder):
    """The folder of a test, for its next case."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return folder


def ends_well(command, arguments, folder, monkeypatch):
    """Status 0, 1 or 2, at most one line of errors, and nothing left in the folder."""
    monkeypatch.chdir(folder)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command.main(arguments)
    assert status in (0, 1, 2)
    lines = err.getvalue().splitlines()
    if status:
        assert lines[-1].startswith("tfvae: "), lines
        assert not list(folder.glob("*")), sorted(folder.iterdir())


@given(
    options=st.lists(
        st.tuples(st.sampled_from([*OPTIONS, "--set", "--nothing"]), st.lists(NAME, max_size=2)),
        max_size=4,
    )
)
def test_command_lines_of_training(folder, monkeypatch, options):
    """With a model that there isn't, so that no training begins."""
    rest = [part for option, values in options for part in (option, *values)]
    arguments = ["--model", "none", *(part.replace("\0", "0") for part in rest)]
    ends_well(train_command, arguments, emptied(folder), monkeypatch)


@pytest.mark.parametrize("command", [evaluate_command, generator_command, serving_command])
@given(words=st.lists(st.one_of(NAME, st.sampled_from(["--metric", "cis", "--json"])), max_size=4))
def test_command_lines_of_others(folder, monkeypatch, command, words):
    """In an empty folder, which holds no export."""
    arguments = [word.replace("\0", "0") for word in words]
    ends_well(command, arguments, emptied(folder), monkeypatch)


@given(
    model=st.sampled_from(list(MODELS)),
    data=st.data(),
    value=st.one_of(VALUE, NUMBER.map(str), TEXT),
)
def test_settings(model, data, value):
    names = [option.name for option in MODELS.options(model)]
    name = data.draw(st.one_of(st.sampled_from(names), NAME))
    with answered():
        MODELS.check_options(model, {name: value})


@given(fields=st.dictionaries(st.one_of(st.sampled_from(OPTIONS), NAME), VALUE, max_size=4))
def test_configurations(fields):
    fields = {name.removeprefix("--").replace("-", "_"): value for name, value in fields.items()}
    with answered():
        RunConfig.checked(fields)


@given(content=st.one_of(st.binary(max_size=200), VALUE.map(lambda v: yaml.dump(v).encode())))
def test_configuration_files(folder, content):
    path = folder / "run.yaml"
    path.write_bytes(content)
    with answered():
        RunConfig.load(path)


def png(size=(8, 8), mode="L"):
    file = io.BytesIO()
    Image.new(mode, size).save(file, "PNG")
    return file.getvalue()


@given(
    cuts=st.lists(
        st.tuples(st.integers(0, 70), st.integers(0, 255)), min_size=0, max_size=6, unique=True
    ),
    end=st.integers(0, 80),
    skip=st.booleans(),
)
def test_image_bytes(folder, cuts, end, skip):
    """A damaged image among good ones."""
    emptied(folder)
    for index in range(12):
        (folder / f"{index}.png").write_bytes(png())
    content = bytearray(png())
    for place, byte in cuts:
        if place < len(content):
            content[place] = byte
    (folder / "bad.png").write_bytes(content[:end])
    with answered():
        load_dataset(f"folder:{folder}", skip_bad_images=skip)


CELL = st.one_of(st.sampled_from(["0", "1", "", "0.png", "1.png", "image", '"', "\n"]), TEXT)


@pytest.mark.parametrize("file", ["attributes.csv", "factors.csv"])
@given(
    rows=st.lists(st.lists(CELL, max_size=4), max_size=14),
    header=st.lists(CELL, max_size=4),
    raw=st.one_of(st.none(), st.binary(max_size=100)),
)
def test_tables(folder, file, rows, header, raw):
    emptied(folder)
    for index in range(12):
        (folder / f"{index}.png").write_bytes(png())
    numbered = [",".join([f"{index}.png", *row]) for index, row in enumerate(rows)]
    text = "\n".join([",".join(["image", *header]), *numbered])
    (folder / file).write_bytes(text.encode(errors="ignore") if raw is None else raw)
    with answered():
        load_dataset(f"folder:{folder}")


PART = st.sampled_from(["train", "Test", "val", "a", "b", "é", ".hidden", "_c", "deep", "x y"])


@given(paths=st.lists(st.lists(PART, max_size=3), max_size=14), image=st.booleans())
def test_folder_layouts(folder, paths, image):
    emptied(folder)
    for index, parts in enumerate(paths):
        place = folder.joinpath(*parts)
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{index}.png").write_bytes(png() if image or index else b"")
    with answered():
        load_dataset(f"folder:{folder}")


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    spec = DataSpec("greys", (8, 8, 1), ("one", "two"), CATEGORICAL)
    model = build_model("ccvae", spec, {"network": "dense", "latent_dim": 3})
    return export_model(model, tmp_path_factory.mktemp("exports") / "run", {"dataset": "greys"})


@given(data=st.data(), value=VALUE)
def test_manifests(export, folder, data, value):
    """One part of a manifest, at any depth, has another value or is gone."""
    shutil.copytree(export, folder, dirs_exist_ok=True)
    path = folder / "manifest.json"
    document = json.loads((export / "manifest.json").read_text())
    part = document
    while True:
        keys = sorted(part) if isinstance(part, dict) else list(range(len(part)))
        key = data.draw(st.sampled_from(keys))
        deeper = isinstance(part[key], (dict, list)) and part[key] and data.draw(st.booleans())
        if not deeper:
            break
        part = part[key]
    if data.draw(st.booleans()):
        part[key] = value
    else:
        del part[key]
    try:
        path.write_text(json.dumps(document))
    except (TypeError, ValueError):
        return
    with answered():
        Export.load(folder)


@given(data=st.data(), at=st.floats(0, 1), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_exports(export, folder, data, at, byte, cut):
    """A byte of a file of an export is another one, or the file ends there. Variables have no
    checksum of their own: a changed number of theirs is a number."""
    shutil.copytree(export, folder, dirs_exist_ok=True)
    names = ["saved_model.pb", "manifest.json", "variables/variables.index", "model.keras"]
    path = folder / data.draw(st.sampled_from(names))
    content = bytearray(path.read_bytes())
    place = min(int(at * len(content)), len(content) - 1)
    content[place] = byte
    path.write_bytes(content[:place] if cut else content)
    with answered():
        found = Export.load(folder)
        assert found.loaded is not None
        found.keras_model()


SHAPE = st.lists(st.integers(0, 9), max_size=5)
ENTRY = st.sampled_from([0.0, 1.0, 0.5, -1.0, 255.0, np.nan, np.inf, 1e30])


@pytest.fixture(scope="module")
def loaded(export):
    return Export.load(export)


@given(data=st.data(), kind=st.sampled_from(["f4", "f8", "i8", "u1", "?", "U3", "O", "c8"]))
def test_requests(loaded, data, kind):
    name = data.draw(st.sampled_from(sorted(loaded.signatures)))
    inputs = {}
    for each in loaded.inputs(name):
        shape = data.draw(st.one_of(SHAPE, st.sampled_from([[2, 8, 8, 1], [2, 2], [2, 3], [2]])))
        with np.errstate(all="ignore"), contextlib.suppress(ValueError, OverflowError):
            inputs[each] = np.full(shape, data.draw(ENTRY)).astype(kind)
    with answered(), contextlib.suppress(ValueError):
        loaded.call(name, **inputs)
