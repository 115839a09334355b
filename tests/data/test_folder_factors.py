"""`factors.csv` in a folder: known factors beside any layout, and every kind of bad table."""

import numpy as np
import pytest

from tests.data.pictures import draw, load, seen
from tfvae.schema import SPLITS, UserError


def views(root, folder="", first=0, count=30):
    """Images whose pixel value tells both factors: chair 10, 20, 30, and its view."""
    lines = ["image,chair,view"]
    for value in range(first, first + count):
        draw(root / folder / f"{value:03}.png", value)
        lines.append(f"{value:03}.png,{10 + 10 * (value % 3)},{value // 3}")
    # The rows may have any order.
    text = "\n".join([lines[0], *reversed(lines[1:])])
    (root / folder / "factors.csv").write_text(text + "\n")


def check_factors(dataset):
    for split in SPLITS:
        values, factors = seen(dataset, split), dataset.factors(split)
        assert factors.dtype == np.int64
        np.testing.assert_array_equal(factors[:, 0], values % 3)
        np.testing.assert_array_equal(factors[:, 1], values // 3)


def test_factors_follow_their_images_and_are_numbered_without_gaps(tmp_path):
    views(tmp_path)
    dataset = load(tmp_path)
    assert dict(dataset.spec.factor_sizes) == {"chair": 3, "view": 10}
    assert dataset.spec.label_kind is None
    check_factors(dataset)
    assert not np.array_equal(dataset.factors("test"), load(tmp_path, seed=1).factors("test"))


def test_factors_of_splits_are_numbered_together(tmp_path):
    """View 10 and 11 occur in the test split alone."""
    views(tmp_path, "train")
    views(tmp_path, "test", first=30, count=6)
    dataset = load(tmp_path)
    assert dict(dataset.spec.factor_sizes) == {"chair": 3, "view": 12}
    check_factors(dataset)


def test_factors_stand_beside_class_folders_and_attributes(tmp_path):
    for value in range(24):
        draw(tmp_path / "classes" / "ab"[value % 2] / f"{value}.png", value)
        draw(tmp_path / "attributes" / f"{value}.png", value)
    rows = [f"{value}.png,{value % 4}" for value in range(24)]
    (tmp_path / "attributes" / "factors.csv").write_text("\n".join(["image,turn", *rows]))
    rows = [f"{value}.png,{value % 2}" for value in range(24)]
    (tmp_path / "attributes" / "attributes.csv").write_text("\n".join(["image,odd", *rows]))
    rows = [f"{'ab'[value % 2]}/{value}.png,{value % 4}" for value in range(24)]
    (tmp_path / "classes" / "factors.csv").write_text("\n".join(["image,turn", *rows]))
    for name, kind in (("classes", "categorical"), ("attributes", "binary")):
        dataset = load(tmp_path / name)
        assert dataset.spec.label_kind == kind
        for split in SPLITS:
            values, label = seen(dataset, split), dataset.arrays(split)["label"]
            np.testing.assert_array_equal(dataset.factors(split)[:, 0], values % 4)
            np.testing.assert_array_equal(label[:, -1], values % 2)


def test_bad_images_are_left_out_of_the_factors_too(tmp_path):
    views(tmp_path)
    (tmp_path / "007.png").write_bytes(b"no image")
    with pytest.raises(UserError, match="007.png"):
        load(tmp_path)
    dataset = load(tmp_path, skip_bad_images=True)
    assert sum(dataset.spec.num_examples.values()) == 29
    check_factors(dataset)


def test_factors_can_be_added_to_data_that_a_model_was_trained_on(tmp_path):
    """They change neither the images nor the splits, nor what tells the data from others."""
    views(tmp_path)
    before = load(tmp_path)
    (tmp_path / "factors.csv").unlink()
    dataset = load(tmp_path)
    assert dataset.spec.factor_sizes is None and dataset.factors("test") is None
    assert dataset.fingerprint == before.fingerprint
    for split in SPLITS:
        np.testing.assert_array_equal(seen(dataset, split), seen(before, split))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,view\na.png,0\nb.png,-1\n", "line 3, column view: '-1' is not a whole number"),
        (f"image,view\na.png,0\nb.png,{'9' * 5000}\n", "is not a whole number"),
        ("image,view\na.png,0\nb.png,1.5\n", "'1.5' is not a whole number"),
        ("image,view\na.png,0\nb.png,\n", "'' is not a whole number"),
        ("image,view\na.png,0\n", "factors.csv: 1 images have no row, the first is .*b.png"),
        ("image,view\na.png,0\nb.png,1\nc.png,2\n", "line 4: image c.png does not exist"),
        ("image,view\na.png,0\n../b.png,1\n", "would leave the folder"),
        ("picture,view\na.png,0\nb.png,1\n", "the first column must be image"),
        ("image\na.png\nb.png\n", "no column beside image"),
        ("image,view\na.png,0\na.png,1\n", "stands in line 2 already"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path, text, message):
    for name in "ab":
        draw(tmp_path / f"{name}.png")
    (tmp_path / "factors.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        load(tmp_path)


def test_splits_with_other_factors_are_refused(tmp_path):
    views(tmp_path, "train")
    views(tmp_path, "test")
    table = tmp_path / "test" / "factors.csv"
    table.write_text(table.read_text().replace("image,chair,view", "image,view,chair"))
    with pytest.raises(UserError, match="differ in their factors or the order"):
        load(tmp_path)
    table.unlink()
    with pytest.raises(UserError, match="differ in their factors or the order"):
        load(tmp_path)
    views(tmp_path, "test")
    (tmp_path / "factors.csv").write_text("image,view\n")
    with pytest.raises(UserError, match="factors.csv lies beside train and test"):
        load(tmp_path)
