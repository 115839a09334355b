"""TensorFlow Datasets without a network: tiny builders, refusals."""

import gzip
import hashlib
import shutil
import socket

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfvae.data import cache, load_dataset, pipeline, tfds_reader
from tfvae.schema import SPLITS, UsageError, UserError


class TfvaeTiny(tfds.core.GeneratorBasedBuilder):
    """Images of one value each, 20 to train and 6 to test; an example in seven has no label."""

    VERSION = tfds.core.Version("1.0.0")
    SHAPE = (5, 4, 1)
    COUNTS = {"train": 20, "test": 6}

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=self.SHAPE),
            "label": tfds.features.ClassLabel(names=["low", "high"]),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(count) for split, count in self.COUNTS.items()}

    def _generate_examples(self, count):
        for index in range(count):
            shape = [size or 8 + index % 3 for size in self.SHAPE]
            label = -1 if index % 7 == 6 else int(index >= 10)
            yield index, {"image": np.full(shape, index, np.uint8), "label": label}


class TfvaeTinyMixed(TfvaeTiny):
    """Images of several sizes, in one split only."""

    VERSION = tfds.core.Version("1.0.0")
    SHAPE = (None, None, 3)
    COUNTS = {"train": 20}


class TfvaeTinyTwice(TfvaeTiny):
    """Prepared by another process while this one is at it."""

    VERSION = tfds.core.Version("1.0.0")
    other_is_done = False

    def _split_generators(self, dl_manager):
        if not TfvaeTinyTwice.other_is_done:
            TfvaeTinyTwice.other_is_done = True
            load_dataset("tfds:tfvae_tiny_twice", data_dir=self._data_dir_root)
        return super()._split_generators(dl_manager)


class TfvaeTinyZipped(TfvaeTiny):
    """Its images are in an archive, which is taken from a folder."""

    VERSION = tfds.core.Version("1.0.0")
    URL = "https://nowhere.test/zipped/images.gz"
    FIRST = 0

    @classmethod
    def archive(cls):
        return gzip.compress(bytes(cls.FIRST + index for index in range(26)), mtime=0)

    @tfds.core.utils.classproperty
    @classmethod
    def url_infos(cls):
        checksum = hashlib.sha256(cls.archive()).hexdigest()
        size = tfds.core.utils.Size(len(cls.archive()))
        return {cls.URL: tfds.download.checksums.UrlInfo(size, checksum, "images.gz")}

    def _split_generators(self, dl_manager):
        images = dl_manager.download_and_extract(self.URL).read_bytes()
        parts = {"train": images[:20], "test": images[20:]}
        return {split: self._examples_of(part) for split, part in parts.items()}

    def _examples_of(self, part):
        for index, value in enumerate(part):
            yield index, {"image": np.full(self.SHAPE, value, np.uint8), "label": index % 2}


class TfvaeTinyZippedToo(TfvaeTinyZipped):
    """Other images in an archive of the same name."""

    VERSION = tfds.core.Version("1.0.0")
    URL = "https://nowhere.test/zipped_too/images.gz"
    FIRST = 100


class TfvaeTinyText(tfds.core.GeneratorBasedBuilder):
    """No images at all."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = tfds.features.FeaturesDict({"text": tfds.features.Text()})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        raise AssertionError("nothing may be fetched for a set that can't be used")

    def _generate_examples(self):
        yield from ()


def values(arrays):
    return np.rint(arrays["image"][:, 0, 0, 0] * 255).astype(int)


def test_any_set_with_an_image_and_a_class(tmp_path):
    dataset = load_dataset("tfds:tfvae_tiny", data_dir=tmp_path)
    assert dataset.spec.name == "tfds:tfvae_tiny"
    assert dataset.spec.image_shape == (5, 4, 1)
    assert dataset.spec.label_names == ("low", "high")
    assert dataset.spec.num_examples == {"train": 18, "validation": 2, "test": 6}
    for split in SPLITS:
        arrays = dataset.arrays(split)
        known = arrays["observed"][:, 0] == 1
        assert np.array_equal(known, values(arrays) % 7 != 6)
        assert np.array_equal(arrays["label"][known, 1] == 1, values(arrays)[known] >= 10)
        assert not arrays["label"][~known].any()
    train_and_validation = np.concatenate([values(dataset.arrays(split)) for split in SPLITS[:2]])
    assert sorted(train_and_validation) == list(range(20))
    again = load_dataset("tfds:tfvae_tiny", data_dir=tmp_path, **dataset.options)
    assert again.fingerprint == dataset.fingerprint is not None
    assert np.array_equal(values(again.arrays("train")), values(dataset.arrays("train")))
    # Carved from the end: the seed has no say.
    other = load_dataset("tfds:tfvae_tiny", data_dir=tmp_path, seed=9)
    assert np.array_equal(values(other.arrays("validation")), values(dataset.arrays("validation")))


def test_mixed_sizes_and_a_single_split(tmp_path, caplog):
    dataset = load_dataset("tfds:tfvae_tiny_mixed", data_dir=tmp_path)
    assert dataset.spec.image_shape == (64, 64, 3) and "mixed size" in caplog.text
    assert dataset.spec.num_examples == {"train": 16, "validation": 2, "test": 2}
    rows = np.concatenate([values(dataset.arrays(split)) for split in SPLITS])
    assert sorted(rows) == list(range(20))
    small = load_dataset("tfds:tfvae_tiny_mixed", data_dir=tmp_path, image_size=6)
    assert small.spec.image_shape == (6, 6, 3)


def test_large_sets_are_written_once_and_memory_mapped(tmp_path, monkeypatch):
    expected = load_dataset("tfds:tfvae_tiny", data_dir=tmp_path)
    monkeypatch.setattr(tfds_reader, "IN_MEMORY_BYTES", 100)
    monkeypatch.setattr(pipeline, "IN_MEMORY_BYTES", 100)
    for _ in range(2):
        dataset = load_dataset("tfds:tfvae_tiny", data_dir=tmp_path)
        for split in SPLITS:
            arrays = dataset.arrays(split)
            for key, array in expected.arrays(split).items():
                assert np.array_equal(arrays[key], array)
        batch = next(iter(dataset.train_batches(18, seed=0)))
        assert batch["image"].shape == (18, 5, 4, 1)
        monkeypatch.setattr(tfds_reader, "_fill", None)
    folder = tmp_path / "tfvae_tiny" / "1.0.0" / "tfvae-5x4x1"
    assert sorted(path.name for path in folder.iterdir()) == ["test", "train"]


def test_two_runs_may_prepare_the_same_set_at_once(tmp_path):
    dataset = load_dataset("tfds:tfvae_tiny_twice", data_dir=tmp_path)
    assert TfvaeTinyTwice.other_is_done
    assert sorted(values(dataset.arrays("test"))) == list(range(6))
    assert [path.name for path in (tmp_path / "tfvae_tiny_twice").iterdir()] == ["1.0.0"]


def test_full_disk_leaves_nothing_half_written(tmp_path, monkeypatch):
    load_dataset("tfds:tfvae_tiny", data_dir=tmp_path)
    monkeypatch.setattr(tfds_reader, "IN_MEMORY_BYTES", 100)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "posix_fallocate", full)
    with pytest.raises(UserError, match="No space left"):
        load_dataset("tfds:tfvae_tiny", data_dir=tmp_path)
    assert list((tmp_path / "tfvae_tiny" / "1.0.0" / "tfvae-5x4x1").iterdir()) == []


# Two sets whose archives have the same names


ZIPPED = {"tfvae_tiny_zipped": TfvaeTinyZipped, "tfvae_tiny_zipped_too": TfvaeTinyZippedToo}


@pytest.fixture
def manual_dirs(tmp_path):
    """Set -> folder with its archive."""
    folders = {}
    for name, builder in ZIPPED.items():
        folders[name] = tmp_path / f"archives of {name}"
        folders[name].mkdir()
        (folders[name] / "images.gz").write_bytes(builder.archive())
    return folders


@pytest.mark.parametrize("names", [tuple(ZIPPED), tuple(ZIPPED)[::-1]])
def test_each_set_is_its_own_where_archives_share_a_name(tmp_path, manual_dirs, names):
    for name in (*names, *names):
        data = load_dataset(f"tfds:{name}", data_dir=tmp_path, manual_dir=manual_dirs[name])
        first = ZIPPED[name].FIRST
        rows = np.concatenate([values(data.arrays(split)) for split in SPLITS])
        assert sorted(rows) == list(range(first, first + 26))


@pytest.mark.parametrize("names", [tuple(ZIPPED), tuple(ZIPPED)[::-1]])
def test_set_prepared_from_another_one_s_archives_is_refused(tmp_path, manual_dirs, names):
    """As earlier versions left it: the records of one set under the name of both."""
    right, wrong = names
    load_dataset(f"tfds:{right}", data_dir=tmp_path, manual_dir=manual_dirs[right])
    shutil.copytree(tmp_path / right, tmp_path / wrong)
    for path in (tmp_path / wrong).rglob(f"{right}-*"):
        path.rename(path.with_name(path.name.replace(right, wrong)))
    for path in (tmp_path / wrong).rglob("*.json"):
        path.write_text(path.read_text().replace(f'"{right}"', f'"{wrong}"'))
    for name in names:
        with pytest.raises(UserError, match="hold the same images.*delete both"):
            load_dataset(f"tfds:{name}", data_dir=tmp_path, manual_dir=manual_dirs[name])
    for name in names:
        shutil.rmtree(tmp_path / name)
    data = load_dataset(f"tfds:{wrong}", data_dir=tmp_path, manual_dir=manual_dirs[wrong])
    assert values(data.arrays("test")).min() >= ZIPPED[wrong].FIRST


def test_arrays_of_a_large_set_go_with_its_folder(tmp_path, manual_dirs, monkeypatch):
    """A set that is deleted and prepared again is not read from what was written before."""
    monkeypatch.setattr(tfds_reader, "IN_MEMORY_BYTES", 100)
    name = "tfvae_tiny_zipped"
    load_dataset(f"tfds:{name}", data_dir=tmp_path, manual_dir=manual_dirs[name])
    shutil.rmtree(tmp_path / name / "1.0.0")
    assert not [path for path in tmp_path.rglob("*.npy") if path.stat().st_size]


# Refusals


def test_unknown_set_shows_the_nearest():
    with pytest.raises(UsageError, match="'mnits'.*did you mean mnist"):
        load_dataset("tfds:mnits")


def test_unknown_configuration():
    with pytest.raises(UsageError, match="emnist/nothing"):
        load_dataset("tfds:emnist/nothing")


def test_sets_without_image_or_class_are_refused_before_any_download(tmp_path):
    with pytest.raises(UserError, match="no features of type Image"):
        load_dataset("tfds:tfvae_tiny_text", data_dir=tmp_path)


def test_missing_manual_dir(tmp_path):
    with pytest.raises(UsageError, match="--manual-dir: there is no folder"):
        load_dataset("mnist", data_dir=tmp_path, manual_dir=tmp_path / "nothing")


def test_no_network_gives_one_clear_message_at_once(tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise socket.gaierror("no name service")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(tfds_reader.urllib.request, "getproxies", dict)
    with pytest.raises(UserError, match=r"no connection to .*ubyte\.gz.*--manual-dir") as caught:
        load_dataset("mnist", data_dir=tmp_path / "data")
    assert "\n" not in str(caught.value)
    # A folder with none of the archives is no help.
    with pytest.raises(UserError, match="no connection"):
        load_dataset("kmnist", data_dir=tmp_path / "data", manual_dir=tmp_path)


def test_wrong_archive_in_the_manual_dir_is_named(tmp_path):
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{part}-ubyte.gz").write_bytes(b"not the archive")
    with pytest.raises(UserError, match=r"not the original one.*ubyte\.gz"):
        load_dataset("mnist", data_dir=tmp_path / "data", manual_dir=tmp_path)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device"), "no space left"),
        (PermissionError(13, "Permission denied", "/data"), "Permission denied.*--data-dir"),
        (RuntimeError("parser\nfailed"), r"\(parser failed\)"),
        (AssertionError(), r"\(AssertionError\)"),
    ],
)
def test_whatever_preparation_raises_becomes_one_line(tmp_path, monkeypatch, error, message):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(TfvaeTiny, "download_and_prepare", fail)
    with pytest.raises(UserError, match=message) as caught:
        load_dataset("tfds:tfvae_tiny", data_dir=tmp_path)
    assert "\n" not in str(caught.value)
