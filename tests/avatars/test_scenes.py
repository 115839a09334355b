"""The scenes of the procedural faces: attributes, nuisances, and the edit of an attribute."""

import numpy as np
import pytest

from tfvae.avatars.attributes import ATTRIBUTES, CONFLICTS, EXCLUSIVE, NAMES
from tfvae.avatars.scene import COUNT, NUISANCES, draw_scenes


def test_there_are_forty_names_and_every_exclusion_names_them():
    assert len(set(NAMES)) == 40
    assert set().union(*EXCLUSIVE) < set(NAMES)
    assert np.array_equal(CONFLICTS, CONFLICTS.T) and not CONFLICTS.diagonal().any()


def test_frequencies_are_the_table_s(scenes):
    expected = [attribute.frequency for attribute in ATTRIBUTES]
    np.testing.assert_allclose(scenes.label.mean(axis=0), expected, atol=1e-4)
    # Any stretch of scenes is a random sample of them: 4.5 standard errors.
    share, error = scenes.label[16_000:18_000].mean(axis=0), np.sqrt(np.square(expected) / 2000)
    np.testing.assert_array_less(np.abs(share - expected), 4.5 * np.maximum(error, 0.011))


def test_exclusive_attributes_are_never_both_on(scenes):
    for names in EXCLUSIVE:
        columns = [NAMES.index(name) for name in names]
        assert scenes.label[:, columns].sum(axis=1).max() <= 1


def test_every_face_has_a_hair_colour_or_is_bald(scenes):
    columns = [NAMES.index(name) for name in EXCLUSIVE[0]]
    assert "bald" in EXCLUSIVE[0] and np.all(scenes.label[:, columns].sum(axis=1) == 1)


@pytest.mark.parametrize(
    ("first", "second", "sign"),
    [
        ("lipstick", "earrings", 1),
        ("beard", "mustache", 1),
        ("smiling", "mouth_open", 1),
        ("gray_hair", "wrinkles", 1),
        ("beard", "lipstick", -1),
    ],
)
def test_attributes_go_together_as_in_the_table(scenes, first, second, sign):
    assert sign * np.corrcoef(scenes.on(first), scenes.on(second))[0, 1] > 0.15


def test_nuisances_are_uniform_and_tell_nothing_of_the_attributes(scenes):
    assert scenes.nuisance.shape == (COUNT, len(NUISANCES))
    assert scenes.nuisance.min() > 0 and scenes.nuisance.max() <= 1
    np.testing.assert_allclose(scenes.nuisance.mean(axis=0), 0.5, atol=0.012)
    np.testing.assert_allclose(scenes.nuisance.std(axis=0), np.sqrt(1 / 12), atol=0.006)
    both = np.corrcoef(scenes.nuisance.T, scenes.label.T)
    assert np.abs(both[: len(NUISANCES), len(NUISANCES) :]).max() < 0.04


def test_a_scene_depends_on_seed_and_index_alone(scenes):
    some = draw_scenes(0, [19_999, 3, 0])
    np.testing.assert_array_equal(some.label, scenes.label[[19_999, 3, 0]])
    np.testing.assert_array_equal(some.nuisance, scenes.nuisance[[19_999, 3, 0]])
    other = draw_scenes(1, np.arange(100))
    assert not np.array_equal(other.nuisance, scenes.nuisance[:100])


def test_an_edit_respects_exclusion_and_keeps_the_rest(scenes):
    for column, name in enumerate(NAMES):
        edited = scenes.with_attribute(name)
        assert edited.on(name).all() and edited.nuisance is scenes.nuisance
        assert not edited.label[:, CONFLICTS[column]].any()
        kept = ~CONFLICTS[column]
        kept[column] = False
        same = (edited.label == scenes.label)[:, kept].all(axis=1)
        # Who was bald and gets hair gets its colour too.
        assert (same | scenes.on("bald")).all()
        colours = edited.label[:, [NAMES.index(name) for name in EXCLUSIVE[0]]]
        np.testing.assert_array_equal(colours.sum(axis=1), 1)
