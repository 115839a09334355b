"""Sprites are where and as large as their factors say."""

import numpy as np
import pytest

from tfvae.data import load_dataset
from tfvae.data.sources.sprites import DRAWING, FACTOR_SIZES, ORIENTATIONS, SCALES, Sprites
from tfvae.schema import SPLITS, UsageError, UserError

SIZES = tuple(FACTOR_SIZES.values())


@pytest.fixture(scope="module")
def sprites():
    return Sprites()


def drawn(sprites, shape=0, scale=5, orientation=0, x=15, y=15):
    """Images [...] of factors that broadcast, 0 or 1."""
    factors = np.broadcast_arrays(shape, scale, orientation, x, y)
    images = sprites[np.ravel_multi_index(factors, SIZES)][..., 0]
    assert set(np.unique(images)) == {0, 255}
    return images / 255


def centre(images):
    """(x, y) of the centre of mass, in pixels."""
    columns = np.arange(images.shape[-1]) + 0.5
    mass = images.sum(axis=(-2, -1))
    return images.sum(axis=-2) @ columns / mass, images.sum(axis=-1) @ columns / mass


def test_a_position_is_a_pixel_and_no_sprite_is_cut(sprites):
    positions = np.arange(32)
    for shape in range(3):
        across = drawn(sprites, shape=shape, orientation=7, x=positions, y=9)
        x, y = centre(across)
        np.testing.assert_allclose(np.diff(x), 1)
        np.testing.assert_allclose(np.diff(y), 0, atol=1e-9)
        down = centre(drawn(sprites, shape=shape, orientation=7, x=9, y=positions))
        np.testing.assert_allclose(np.diff(down[1]), 1)
        assert len(set(across.sum(axis=(1, 2)))) == 1
    edges = drawn(sprites, np.arange(3)[:, None, None], 5, np.arange(40)[:, None], [0, 31], [0, 31])
    assert not edges[..., [0, -1], :].any() and not edges[..., [0, -1]].any()


def test_area_grows_with_the_square_of_the_scale(sprites):
    for shape in range(3):
        area = drawn(sprites, shape=shape, scale=np.arange(6), orientation=5).sum(axis=(1, 2))
        np.testing.assert_allclose(area / area[-1], SCALES**2, atol=0.06)
    assert SCALES[0] == 0.5 and SCALES[-1] == 1


def test_an_orientation_turns_the_sprite_about_its_centre(sprites):
    turned = drawn(sprites, shape=2, orientation=np.arange(40))
    assert np.array_equal(turned[0], turned[-1]) and ORIENTATIONS[-1] == 2 * np.pi
    assert len({image.tobytes() for image in turned}) == 39
    # The tip of the heart points down, so its mass lies above its centre; after half a turn below.
    _, y = centre(turned)
    middle = 16.5 + 15
    assert y[0] < middle < y[20]
    # Up to its centre and beyond by as much.
    square = drawn(sprites)[:63, :63]
    assert np.array_equal(square, np.rot90(square))


def test_smaller_images_are_means_of_blocks(sprites):
    numbers = np.array([5, 300_000, 737_279])
    blocks = sprites[numbers].reshape(3, 32, 2, 32, 2).mean(axis=(2, 4))
    found = Sprites(32)[numbers][..., 0]
    assert found.shape == (3, 32, 32) and np.abs(found - blocks).max() <= 0.5
    with pytest.raises(UsageError, match="32 or 64 pixels a side; image size 28 is neither"):
        load_dataset("sprites", image_size=28)


@pytest.mark.parametrize("size", [32, 64])
def test_the_pipeline_reads_what_the_factors_say(size):
    """Whether or not all images together would fit into memory."""
    data = load_dataset("sprites", image_size=size)
    assert sum(data.spec.num_examples.values()) == np.prod(SIZES)
    assert next(iter(data.train_batches(8, seed=0)))["image"].shape == (8, size, size, 1)
    batch = next(iter(data.batches("validation", 50)))["image"].numpy()
    factors = data.factors("validation")[:50]
    expected = Sprites(size)[np.ravel_multi_index(factors.T, SIZES)] / 255
    np.testing.assert_array_equal(batch, expected.astype(np.float32))
    np.testing.assert_array_equal(data.arrays("validation", 50)["image"], batch)
    every = np.concatenate([data.factors(split) for split in SPLITS])
    assert len(np.unique(np.ravel_multi_index(every.T, SIZES))) == np.prod(SIZES)


@pytest.mark.parametrize("factor", FACTOR_SIZES)
def test_pairs_share_one_factor(factor):
    data = load_dataset("sprites", image_size=32)
    found = data.pairs("validation", factor, 200, seed=3)
    number = list(FACTOR_SIZES).index(factor)
    first, second = found["factors"].swapaxes(0, 1)
    np.testing.assert_array_equal(first[:, number], second[:, number])
    assert (first != second).any(axis=1).all()
    # The others are shared by chance alone, and every value is drawn.
    for other, size in enumerate(SIZES):
        if other != number:
            assert (first[:, other] == second[:, other]).mean() < 1 / size + 0.12
    assert len(np.unique(first[:, number])) > 0.8 * SIZES[number]
    rows = np.ravel_multi_index(found["factors"].reshape(-1, 5).T, SIZES)
    images = found["image"].reshape(-1, 32, 32, 1)
    np.testing.assert_array_equal(images, (Sprites(32)[rows] / 255).astype(np.float32))
    again = data.pairs("validation", factor, 200, seed=3)
    np.testing.assert_array_equal(again["factors"], found["factors"])


def test_pairs_need_a_known_factor():
    with pytest.raises(UsageError, match="unknown factor 'size'; choose from shape, scale"):
        load_dataset("sprites").pairs("test", "size", 2, seed=0)
    with pytest.raises(UsageError, match="the number of pairs must be 1 or more, got -1"):
        load_dataset("sprites").pairs("test", "scale", -1, seed=0)
    with pytest.raises(UserError, match="the factors of the data set digits aren't known"):
        load_dataset("digits").pairs("test", "size", 2, seed=0)


def test_another_drawing_needs_another_version(sprites):
    """The fingerprint of an export's data is the version: who changes a shape must raise it."""
    areas = drawn(sprites, np.arange(3)[:, None], np.arange(6)).sum(axis=(-2, -1)).astype(int)
    of_versions = {
        1: [
            [121, 169, 225, 289, 361, 441],
            [107, 157, 213, 267, 347, 421],
            [121, 174, 242, 315, 391, 485],
        ]
    }
    assert areas.tolist() == of_versions[DRAWING]
    assert load_dataset("sprites").fingerprint == f"drawing {DRAWING}"
