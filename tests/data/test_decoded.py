"""Images of a folder that are kept on disk are those that would be decoded."""

import logging
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tfvae.data import decoded, load_dataset
from tfvae.schema import SPLITS, UserError


@pytest.fixture
def folder(tmp_path):
    """Twenty images of two classes; image i has the grey level 5 i."""
    for number in range(20):
        path = tmp_path / "pictures" / "ab"[number % 2] / f"{number:02}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 5 * number).save(path)
    return tmp_path / "pictures"


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Small folders are kept, too."""
    monkeypatch.setattr(decoded, "FEWEST_IMAGES", 1)


@pytest.fixture
def read(monkeypatch):
    """The number of files of each call that decodes."""
    calls, original = [], decoded.read_images

    def count(paths, **options):
        calls.append(len(paths))
        return original(paths, **options)

    monkeypatch.setattr(decoded, "read_images", count)
    return calls


def load(folder, **options):
    return load_dataset(f"folder:{folder}", data_dir=folder.parent / "data", **options)


def kept(folder):
    return list(folder.parent.glob("data/tfvae/folders/*/*/images.npy"))


def contents(dataset):
    return {split: dataset.arrays(split) for split in SPLITS}


def test_they_are_the_same_as_those_decoded_anew(folder, read, monkeypatch):
    first, again = contents(load(folder)), contents(load(folder))
    monkeypatch.setattr(decoded, "FEWEST_IMAGES", 100)
    plain = load(folder)
    np.testing.assert_equal(first, contents(plain))
    np.testing.assert_equal(again, contents(plain))
    assert read == [20, 20] and load(folder).fingerprint == plain.fingerprint


def test_large_ones_stay_in_the_file(folder, read, monkeypatch):
    plain = contents(load(folder))
    monkeypatch.setattr(decoded, "IN_MEMORY_BYTES", 100)
    mapped = load(folder)
    assert all(isinstance(part.images, np.memmap) for part in mapped._splits.values())
    np.testing.assert_equal(contents(mapped), plain)
    assert read == [20]


def change_pixels(folder):
    """With the size and the time of the file as before."""
    path = folder / "a" / "00.bmp"
    before = path.stat()
    Image.new("L", (8, 8), 255).save(path)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def exchange(folder):
    (folder / "a" / "00.bmp").rename(folder / "saved")
    (folder / "a" / "02.bmp").rename(folder / "a" / "00.bmp")
    (folder / "saved").rename(folder / "a" / "02.bmp")


def remove(folder):
    (folder / "b" / "07.bmp").unlink()


def add(folder):
    Image.new("L", (8, 8), 99).save(folder / "b" / "new.bmp")


@pytest.mark.parametrize("change", [change_pixels, exchange, remove, add])
def test_a_folder_that_changed_is_decoded_again(folder, read, monkeypatch, change):
    load(folder)
    change(folder)
    found = contents(load(folder))
    monkeypatch.setattr(decoded, "FEWEST_IMAGES", 100)
    np.testing.assert_equal(found, contents(load(folder)))
    assert len(read) == 3
    assert len(kept(folder)) == 1, "what was kept before is replaced"


def test_another_size_is_kept_beside_it(folder, read):
    sizes = (4, None, np.int64(4), None)
    shapes = [load(folder, image_size=size).spec.image_shape for size in sizes]
    assert shapes == [(4, 4, 1), (8, 8, 1)] * 2 and read == [20, 20]


def test_two_folders_of_one_name(folder, read, tmp_path):
    other = tmp_path / "elsewhere" / "pictures"
    shutil.copytree(folder, other, copy_function=shutil.copy2)
    data = tmp_path / "data"
    for each in (folder, other, folder, other):
        load_dataset(f"folder:{each}", data_dir=data)
    assert read == [20, 20]


def test_a_folder_with_bad_images_is_not_kept(folder, read, caplog):
    """They may be readable the next time."""
    bad = folder / "b" / "bad.bmp"
    bad.write_text("no image")
    with pytest.raises(UserError, match="bad.bmp"):
        load(folder)
    with caplog.at_level(logging.WARNING, "tfvae"):
        found = contents(load(folder, skip_bad_images=True))
    assert sum(len(part["image"]) for part in found.values()) == 20
    assert "1 bad images left out" in caplog.text and not kept(folder)
    load(folder, skip_bad_images=True)
    assert read == [21, 21, 21]


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda file: file.write_bytes(file.read_bytes()[:30]), "can't read .*npy: EOF"),
        (lambda file: file.write_bytes(file.read_bytes()[:10] + b"(" * 118), "can't read .*npy"),
        (lambda file: file.write_bytes(b"PK\x03\x04"), "can't read .*npy"),
        (lambda file: np.save(file, np.zeros([2, 3])), "npy holds no images"),
        (lambda file: (file.unlink(), os.mkfifo(file)), "npy: it isn't a regular file"),
    ],
)
def test_a_damaged_file_is_made_again(folder, read, caplog, damage, message):
    first = contents(load(folder))
    (file,) = kept(folder)
    damage(file)
    with caplog.at_level(logging.WARNING, "tfvae"):
        np.testing.assert_equal(contents(load(folder)), first)
    assert re.search(message, caplog.text) and read == [20, 20]
    load(folder)
    assert len(read) == 2


def test_without_room_they_are_decoded_each_time(folder, read, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(decoded.cache, "reserved", full)
    with caplog.at_level(logging.WARNING, "tfvae"):
        first, again = (contents(load(folder)) for _ in range(2))
    np.testing.assert_equal(again, first)
    assert "No space left on device; the images are decoded each time" in caplog.text
    (place,) = (folder.parent / "data" / "tfvae" / "folders").iterdir()
    assert [path.name for path in place.iterdir()] == [".lock"], "nothing half-written is left"


PROGRAM = """
import pathlib, sys, time
from tfvae.data import decoded
from tfvae.data.options import LoadOptions

decoded.FEWEST_IMAGES = 1
original = decoded.read_images

def slow(paths, **options):
    print("decodes", flush=True)
    images = original(paths, **options)
    while not pathlib.Path(sys.argv[2]).exists():
        time.sleep(0.02)
    return images

decoded.read_images = slow
folder = pathlib.Path(sys.argv[1])
images, _ = decoded.load_or_decode(
    sorted(folder.rglob("*.bmp")), folder, LoadOptions(data_dir=folder.parent / "data")
)
print(int(images.sum()), flush=True)
"""


@pytest.fixture
def start(folder, tmp_path):
    """Function: a process that decodes, and goes on when there is a file `go`."""
    started = []

    def run():
        command = [sys.executable, "-c", PROGRAM, str(folder), str(tmp_path / "go")]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, **pipes, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_of_two_processes_one_decodes(start, tmp_path):
    first = start()
    assert first.stdout.readline() == "decodes\n"
    second = start()
    assert any(
        "waiting for another process that decodes pictures" in line for line in second.stderr
    )
    (tmp_path / "go").touch()
    whole, same = (process.communicate(timeout=120)[0] for process in (first, second))
    assert whole == same and int(whole) > 0


def test_a_killed_process_leaves_nothing_for_long(start, folder, read):
    process = start()
    assert process.stdout.readline() == "decodes\n"
    deadline = time.monotonic() + 60
    places = folder.parent / "data" / "tfvae" / "folders"
    while not list(places.glob("*/.writing-*/images.npy")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.wait()
    load(folder)
    assert not list(places.glob("*/.writing-*")) and len(kept(folder)) == 1


def test_small_folders_are_not_kept(folder, monkeypatch):
    monkeypatch.setattr(decoded, "FEWEST_IMAGES", 21)
    load(folder)
    assert not (folder.parent / "data").exists()
    monkeypatch.setattr(decoded, "FEWEST_BYTES", 100)
    load(folder)
    assert pathlib.Path(folder.parent / "data").exists(), "few large ones are"
