"""`chairs` from small archives of the form of the original one."""

import io
import itertools
import shutil
import tarfile

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from tfvae.data import load_dataset
from tfvae.data.sources import chairs_archive
from tfvae.schema import SPLITS, UsageError, UserError

# The order in the archive is not that of the ranks.
CHAIRS = ("c0ffee", "1a2b", "b663", "0_9")
ELEVATIONS = (20, 30)
AZIMUTHS = (11, 348, 23)
SIDE = 128


def drawn(chair, elevation, azimuth, brighter=0):
    """The ranks are 20 to 23, 30 to 31 and 40 to 42 in the colours; white in the last column.

    Neighbouring pixels differ by 8, so that only their mean is right.
    """
    values = (sorted(CHAIRS), sorted(ELEVATIONS), sorted(AZIMUTHS))
    ranks = [v.index(own) for v, own in zip(values, (chair, elevation, azimuth), strict=True)]
    colour = np.array([20, 30, 40]) + ranks
    checks = 4 * (-1) ** np.add.outer(np.arange(SIDE), np.arange(SIDE))
    pixels = np.add.outer(checks, colour + brighter)
    pixels[:, -2:] = 255
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def renders(**options):
    """Name -> content of all files."""
    files = {"rendered_chairs/all_chair_names.mat": b"names"}
    for chair, (number, (elevation, azimuth)) in itertools.product(
        CHAIRS, enumerate(itertools.product(ELEVATIONS, AZIMUTHS))
    ):
        name = f"image_{number:03d}_p{elevation:03d}_t{azimuth:03d}_r096.png"
        folder = f"rendered_chairs/{chair}/renders"
        files[f"{folder}/{name}"] = drawn(chair, elevation, azimuth, **options)
        files[f"{folder}/._{name}"] = b"not an image"
    return files


def write(folder, files, name="rendered_chairs.tar"):
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / name, "w" if name.endswith("tar") else "w:gz") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return folder


@pytest.fixture
def archives(tmp_path):
    return write(tmp_path / "archives", renders())


def colours(dataset, split):
    return np.rint(dataset.arrays(split)["image"][:, 0, 0] * 255).astype(int)


def test_factors_are_those_of_the_images(tmp_path, archives):
    dataset = load_dataset("chairs", data_dir=tmp_path / "data", manual_dir=archives)
    assert dataset.spec.image_shape == (64, 64, 3) and dataset.spec.label_kind is None
    assert dataset.spec.num_examples == {"train": 20, "validation": 2, "test": 2}
    assert dataset.spec.factor_sizes == {"chair": 4, "elevation": 2, "azimuth": 3}
    for split in SPLITS:
        assert np.array_equal(colours(dataset, split), dataset.factors(split) + [20, 30, 40])
    seen = np.concatenate([dataset.factors(split) for split in SPLITS])
    assert sorted(map(tuple, seen)) == [*itertools.product(range(4), range(2), range(3))]


def test_the_whole_frame_is_averaged(tmp_path, archives):
    dataset = load_dataset("chairs", data_dir=tmp_path / "data", manual_dir=archives)
    images = np.rint(dataset.arrays("train")["image"] * 255)
    assert (images[:, :, -1] == 255).all()
    assert (images[:, :, :-1] == images[:, :1, :1]).all()


def test_transparent_pixels_become_white(tmp_path):
    file = io.BytesIO()
    Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0)).save(file, "PNG")
    files = {"x/renders/image_0_p1_t1_r1.png": file.getvalue()}
    archive = write(tmp_path / "archives", files) / "rendered_chairs.tar"
    ((image, _),) = chairs_archive.read_renders(archive)
    assert (image == 255).all()


def test_a_frame_that_is_no_square_is_kept_whole(tmp_path):
    file = io.BytesIO()
    Image.new("RGB", (256, 128), "red").save(file, "PNG")
    files = {f"x/renders/image_{t}_p1_t{t}_r1.png": file.getvalue() for t in range(10)}
    archive = write(tmp_path / "archives", files) / "rendered_chairs.tar"
    for image, _ in chairs_archive.read_renders(archive):
        assert (image[16:48] == [255, 0, 0]).all()
        assert (image[:16] == 255).all() and (image[48:] == 255).all()


@pytest.mark.parametrize("size", [32, 96])
def test_image_size(tmp_path, archives, size):
    options = {"data_dir": tmp_path / "data", "manual_dir": archives}
    dataset = load_dataset("chairs", image_size=size, **options)
    assert dataset.spec.image_shape == (size, size, 3)
    assert dataset.arrays("test")["image"].shape == (2, size, size, 3)
    assert np.array_equal(colours(dataset, "test"), dataset.factors("test") + [20, 30, 40])
    assert load_dataset("chairs", **options).pairing == dataset.pairing


def test_the_seed_divides(tmp_path, archives):
    options = {"data_dir": tmp_path / "data", "manual_dir": archives}
    first, again, other = (load_dataset("chairs", seed=seed, **options) for seed in (0, 0, 1))
    assert np.array_equal(first.factors("train"), again.factors("train"))
    assert not np.array_equal(first.factors("train"), other.factors("train"))


def test_the_archive_is_needed_once(tmp_path, archives):
    data = tmp_path / "data"
    first = load_dataset("chairs", data_dir=data, manual_dir=archives)
    shutil.rmtree(archives)
    again = load_dataset("chairs", data_dir=data)
    assert again.fingerprint == first.fingerprint
    assert np.array_equal(again.arrays("test")["image"], first.arrays("test")["image"])


@pytest.mark.parametrize("name", ["rendered_chairs.tar.gz", "rendered_chairs.tgz"])
def test_compressed_archives_hold_the_same(tmp_path, archives, name):
    data = tmp_path / "data"
    packed = write(tmp_path / "packed", renders(), name)
    plain = load_dataset("chairs", data_dir=data, manual_dir=archives)
    dataset = load_dataset("chairs", data_dir=data, manual_dir=packed)
    for split in SPLITS:
        assert np.array_equal(dataset.factors(split), plain.factors(split))
        assert np.array_equal(colours(dataset, split), colours(plain, split))


def test_archives_of_the_same_name_do_not_mix(tmp_path, archives):
    data = tmp_path / "data"
    others = write(tmp_path / "others", renders(brighter=100))
    for folder, shift in ((archives, 0), (others, 100), (archives, 0), (others, 100)):
        dataset = load_dataset("chairs", data_dir=data, manual_dir=folder)
        for split in SPLITS:
            expected = dataset.factors(split) + [20, 30, 40] + shift
            assert np.array_equal(colours(dataset, split), expected)
    folders = (archives, others)
    first, second = (load_dataset("chairs", data_dir=data, manual_dir=each) for each in folders)
    assert first.fingerprint != second.fingerprint and first.pairing != second.pairing
    with pytest.raises(UserError, match="2 archives were prepared .*--manual-dir"):
        load_dataset("chairs", data_dir=data)


def test_no_set_of_tensorflow_datasets_is_registered():
    with pytest.raises(UsageError, match="no set named 'chairs'"):
        load_dataset("tfds:chairs")
    assert "chairs" not in tfds.list_builders(with_community_datasets=False)


# Refusals


def refused(tmp_path, folder, match):
    """Loading stops with one line, and leaves nothing that could be taken for a set."""
    data = tmp_path / "data"
    with pytest.raises(UserError, match=match) as caught:
        load_dataset("chairs", data_dir=data, manual_dir=folder)
    assert "\n" not in str(caught.value) and "could not be fetched" not in str(caught.value)
    assert not [path for path in data.rglob("*") if path.is_file() or "incomplete" in path.name]
    with pytest.raises(UserError, match="no archive was prepared yet .*--manual-dir"):
        load_dataset("chairs", data_dir=data)


def test_no_archive_in_the_folder(tmp_path):
    (tmp_path / "archives").mkdir()
    refused(tmp_path, tmp_path / "archives", r"no rendered_chairs\.tar .* in .*archives")


def test_no_folder(tmp_path):
    with pytest.raises(UsageError, match="--manual-dir: there is no folder"):
        load_dataset("chairs", data_dir=tmp_path, manual_dir=tmp_path / "nothing")


def test_a_missing_image_is_named(tmp_path):
    files = renders()
    del files["rendered_chairs/b663/renders/image_004_p030_t348_r096.png"]
    folder = write(tmp_path / "archives", files)
    refused(tmp_path, folder, "lacks chair b663 at elevation 30, azimuth 348")


def test_two_images_of_the_same_view(tmp_path):
    files = renders()
    files["rendered_chairs/b663/renders/image_006_p030_t348_r096.png"] = b""
    folder = write(tmp_path / "archives", files)
    refused(tmp_path, folder, "2 images of chair b663 at elevation 30, azimuth 348")


def test_no_image_of_this_form(tmp_path):
    folder = write(tmp_path / "archives", {"chairs/1.png": drawn("1a2b", 20, 11)})
    refused(tmp_path, folder, "holds no image named as CHAIR/renders/image_000_p020_t011_r096.png")


@pytest.mark.parametrize("content", [b"", b"half an image"])
def test_a_bad_image_is_named(tmp_path, content):
    name = "rendered_chairs/b663/renders/image_004_p030_t348_r096.png"
    content = content and renders()[name][:200]
    folder = write(tmp_path / "archives", {**renders(), name: content})
    refused(tmp_path, folder, f"{name}: not a readable PNG image")


@pytest.mark.parametrize("content", [b"", b"not an archive" * 100])
def test_not_an_archive(tmp_path, content):
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / "rendered_chairs.tar").write_bytes(content)
    refused(tmp_path, tmp_path / "archives", r"rendered_chairs\.tar is not a tar archive, or is")


@pytest.mark.parametrize("name", ["rendered_chairs.tar", "rendered_chairs.tar.gz"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_an_archive_that_was_cut_off(tmp_path, name, share):
    archive = write(tmp_path / "archives", renders(), name) / name
    content = archive.read_bytes()
    archive.write_bytes(content[: int(share * len(content))])
    refused(tmp_path, tmp_path / "archives", r"rendered_chairs\.tar.* is damaged \(")


def test_an_archive_that_was_cut_off_between_two_chairs(tmp_path):
    """The names that are left make a full grid."""
    archive = write(tmp_path / "archives", renders()) / "rendered_chairs.tar"
    with tarfile.open(archive) as tar:
        last_chair = next(member for member in tar if "/0_9/" in member.name)
    for cut in (last_chair.offset + 100, last_chair.offset):
        archive.write_bytes(archive.read_bytes()[:cut])
        refused(tmp_path, tmp_path / "archives", "is damaged .it ends too early")


def test_a_header_with_other_bytes(tmp_path):
    archive = write(tmp_path / "archives", renders()) / "rendered_chairs.tar"
    with tarfile.open(archive) as tar:
        last_chair = next(member for member in tar if "/0_9/" in member.name)
    content = bytearray(archive.read_bytes())
    content[last_chair.offset : last_chair.offset + 8] = b"damaged!"
    archive.write_bytes(content)
    refused(tmp_path, tmp_path / "archives", "is damaged .it ends too early")


def test_a_compressed_archive_with_other_bytes(tmp_path):
    name = "rendered_chairs.tgz"
    archive = write(tmp_path / "archives", renders(), name) / name
    content = bytearray(archive.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = bytes(64)
    archive.write_bytes(content)
    refused(tmp_path, tmp_path / "archives", "is damaged|is incomplete|not a readable PNG")
