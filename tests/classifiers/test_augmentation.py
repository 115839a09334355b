"""Changes of training images against turns and shifts that are known."""

import numpy as np
import pytest
import tensorflow as tf

from tfvae.classifiers.augmentation import AUGMENTATIONS, photograph, shift, transformed

ONE, ZERO = tf.ones([1]), tf.zeros([1])


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=(1, 9, 9, 2)).astype(np.float32)


def test_nothing_changes_nothing(images):
    same = transformed(images, ONE, ZERO, ONE, (ZERO, ZERO))
    np.testing.assert_allclose(same, images, atol=1e-6)


def test_a_quarter_turn_goes_clockwise(images):
    turned = transformed(images, ONE, ZERO - np.pi / 2, ONE, (ZERO, ZERO))
    np.testing.assert_allclose(turned[0], np.rot90(images[0], -1), atol=1e-5)


def test_shifts_are_to_the_right_and_down(images):
    moved = transformed(images, ONE, ZERO, ONE, (2 * ONE, 3 * ONE)).numpy()
    np.testing.assert_allclose(moved[0, 3:, 2:], images[0, :-3, :-2], atol=1e-6)


def test_mirroring_keeps_a_shift(images):
    moved = transformed(images, -ONE, ZERO, ONE, (2 * ONE, ZERO)).numpy()
    np.testing.assert_allclose(moved[0, :, :-2], images[0, :, ::-1][:, 2:], atol=1e-6)


def test_zoom_above_one_shows_more_of_the_mirrored_surroundings(images):
    centre = transformed(images, ONE, ZERO, 2 * ONE, (ZERO, ZERO)).numpy()[0, 4, 4]
    np.testing.assert_allclose(centre, images[0, 4, 4], atol=1e-6)
    half = transformed(images, ONE, ZERO, 2 * ONE, (ZERO, ZERO)).numpy()[0, 2:7:1, 2:7:1]
    np.testing.assert_allclose(half, images[0, ::2, ::2], atol=1e-6)


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
def test_the_seed_decides(name):
    change = AUGMENTATIONS[name]
    batch = np.random.default_rng(0).uniform(size=(40, 12, 12, 3)).astype(np.float32)
    first, again, other = (change(batch, (0, step)).numpy() for step in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == batch.shape and first.min() >= 0 and first.max() <= 1
    assert np.abs(first - other).mean() > 0.01


def test_each_photograph_changes_in_its_own_way():
    same = np.repeat(np.random.default_rng(0).uniform(size=(1, 12, 12, 3)), 30, axis=0)
    changed = photograph(same.astype(np.float32), (0, 1)).numpy()
    assert np.abs(np.diff(changed, axis=0)).mean(axis=(1, 2, 3)).min() > 0.01
    # Half of them are mirrored: nearer to the mirror image than to the image.
    distance = np.abs(changed - same).mean(axis=(1, 2, 3))
    mirrored = np.abs(changed - same[:, :, ::-1]).mean(axis=(1, 2, 3))
    assert 5 <= (mirrored < distance).sum() <= 25


def test_a_shifted_batch_is_shifted_as_a_whole():
    same = np.repeat(np.random.default_rng(0).uniform(size=(1, 14, 14, 1)), 3, axis=0)
    moved = shift(tf.constant(same, tf.float32), (3, 5)).numpy()
    assert (moved[0] == moved[1]).all() and (moved[0] == moved[2]).all()
