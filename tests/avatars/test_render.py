"""The pictures of the procedural faces, in both styles."""

import numpy as np
import pytest

from tfvae.avatars.attributes import EXCLUSIVE, NAMES
from tfvae.avatars.canvas import Canvas
from tfvae.avatars.cartoon import Cartoon
from tfvae.avatars.realistic import Realistic
from tfvae.avatars.render import render, render_all

STYLES = [Realistic(), Cartoon()]
# An edit of the hair changes what most pixels show, after the face.
HAIR = {name for names in EXCLUSIVE[:2] for name in names}


@pytest.mark.parametrize("style", STYLES, ids=["realistic", "cartoon"])
@pytest.mark.parametrize("size", [32, 64])
def test_a_picture_is_the_same_alone_and_in_a_batch(scenes, style, size):
    batch = render_all(scenes.take(slice(0, 300)), size, style, "faces")
    assert batch.shape == (300, size, size, 3) and batch.dtype == np.uint8
    for index in range(0, 300, 37):
        alone = render(scenes.take([index]), size, style)[0]
        np.testing.assert_array_equal(alone, batch[index])


def test_scenes_are_told_apart_and_styles_differ(scenes):
    photos, cartoons = (render(scenes.take(slice(0, 200)), 32, style) for style in STYLES)
    assert len({image.tobytes() for image in photos}) == 200
    assert np.all(np.abs(photos.astype(int) - cartoons).mean(axis=(1, 2, 3)) > 5)


@pytest.mark.parametrize("style", STYLES, ids=["realistic", "cartoon"])
@pytest.mark.parametrize("name", NAMES)
def test_every_edit_is_seen_and_local(scenes, style, name):
    off = scenes.take(np.flatnonzero(~scenes.on(name))[:40])
    before, after = (
        render(part, 32, style).astype(int) for part in (off, off.with_attribute(name))
    )
    seen = np.abs(before - after).max(axis=-1) > 12
    assert seen.sum(axis=(1, 2)).min() >= 3
    assert seen.mean(axis=(1, 2)).mean() < (0.45 if name in HAIR else 0.24)


@pytest.mark.parametrize("style", STYLES, ids=["realistic", "cartoon"])
def test_shapes_are_painted_in_full(scenes, style, monkeypatch):
    """Each shape is painted in a box only; painting it everywhere gives the same picture."""
    some = scenes.take(slice(0, 150))
    in_boxes = render(some, 32, style)
    monkeypatch.setattr(Canvas, "_pixels", lambda self, *box: slice(0, self._size))
    np.testing.assert_array_equal(render(some, 32, style), in_boxes)
