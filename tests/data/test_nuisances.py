"""What images were drawn from beside their labels goes with them."""

import numpy as np
import pytest

from tfvae.avatars.scene import NUISANCES, draw_scenes
from tfvae.data.examples import Examples
from tfvae.data.options import LoadOptions
from tfvae.data.sources.avatars import draw_dataset


def test_nuisances_are_those_of_the_scenes(tmp_path):
    ranges = {"train": (0, 6), "validation": (6, 2), "test": (8, 3)}
    faces = draw_dataset("avatars", LoadOptions(data_dir=str(tmp_path)), ranges)
    found = faces.nuisances("test")
    assert list(found) == list(NUISANCES)
    scenes = draw_scenes(0, np.arange(8, 11))
    assert np.array_equal(np.stack(list(found.values()), axis=1), scenes.nuisance)
    assert np.array_equal(faces.with_labels([3]).nuisances("test")["light"], found["light"])
    fewer, all_of_them = faces.with_train_images(2, seed=0), faces.nuisances("train")["light"]
    kept = fewer.nuisances("train")["light"]
    assert len(kept) == 2 and np.isin(kept, all_of_them).all()


def test_nuisances_follow_the_rows():
    part = Examples(np.zeros([3, 8, 8, 1], np.uint8), nuisances={"light": np.arange(3.0)})
    assert part.take(np.array([2, 0])).nuisances["light"].tolist() == [2, 0]
    with pytest.raises(ValueError, match="2 rows of light for 3 examples"):
        Examples(np.zeros([3, 8, 8, 1], np.uint8), nuisances={"light": np.arange(2.0)})
