"""The points of a curve differ in their size alone, and each is measured as it says."""

import dataclasses

import pytest

from benchmarks import cost


@pytest.mark.parametrize("name", cost.CURVES)
def test_a_curve_changes_one_size(name):
    """Beside it only the number of images of an epoch, and of attributes the code with them."""
    varied = {"images": set(), "latent": {"settings"}, "classes": {"num_labels"},
              "attributes": {"num_labels", "settings"}, "side": {"image_shape"},
              "samples": {"samples"}}[name]  # fmt: skip
    points = [dataclasses.asdict(point) for point in cost.CURVES[name].points.values()]
    assert {key for point in points for key in point if point[key] != points[0][key]} <= {
        *varied,
        "images",
    }


@pytest.mark.parametrize("samples", [None, 2])
def test_a_point_is_measured_in_a_process_of_its_own(samples):
    point = cost.Point(images=64, batch_size=32, image_shape=(8, 8, 1), samples=samples)
    found = cost.run(point)
    assert found["images"] == 64
    assert 0 < found["seconds"] < found["first"]
    assert found["bytes"] > 2**27


def test_noise_has_the_labels_of_the_point():
    for kind, ones in (("categorical", 1), ("binary", None)):
        point = cost.Point(images=64, image_shape=(8, 8, 1), num_labels=7, label_kind=kind)
        labels = cost.noise_images(point).arrays("train")["label"]
        assert labels.shape == (64, 7)
        assert ones is None or (labels.sum(axis=1) == ones).all()


def test_a_failed_point_is_told():
    with pytest.raises(SystemExit, match="failed: .*no_such"):
        cost.run(cost.Point(model="no_such"))


def test_no_points_are_refused(tmp_path):
    for count in ("0", "-1"):
        with pytest.raises(SystemExit, match="--points must be 1 or more"):
            cost.main(["--points", count, "--output", str(tmp_path / "cost.md")])
    assert not list(tmp_path.iterdir())
