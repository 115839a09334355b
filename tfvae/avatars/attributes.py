"""The 40 attributes of the avatars: their frequencies, correlations and exclusions."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Attribute:
    """One binary attribute.

    Three hidden normal variables per face correlate the attributes. An attribute is on where a
    normal score is among the lowest; a loading is the correlation of the negated score with the
    variable. Two attributes whose loadings have the same sign appear together more often than by
    chance, with opposite signs more rarely.

    Args:
        name: As in `DataSpec.label_names`.
        frequency: Share of the 20,000 faces that have it.
        feminine, old, merry: Loadings, squares summing to less than 1.

    >>> len(ATTRIBUTES), ATTRIBUTES[2].name, ATTRIBUTES[2].frequency, ATTRIBUTES[2].merry
    (40, 'smiling', 0.45, 0.7)
    >>> bool(CONFLICTS[NAMES.index("hat"), NAMES.index("bun")])
    True
    """

    name: str
    frequency: float
    feminine: float = 0.0
    old: float = 0.0
    merry: float = 0.0


# In such an order that the first N attributes, for any N, vary hair, eyes, mouth, skin and clothes.
ATTRIBUTES = (
    #                             feminine  old  merry
    Attribute("black_hair", 0.25, 0.0, -0.3),
    Attribute("eyeglasses", 0.18, -0.2, 0.4),
    Attribute("smiling", 0.45, 0.2, 0.0, 0.7),
    Attribute("beard", 0.18, -0.8, 0.1),
    Attribute("blond_hair", 0.20, 0.4, -0.2),
    Attribute("hat", 0.12, -0.3, -0.2),
    Attribute("lipstick", 0.38, 0.85),
    Attribute("long_hair", 0.32, 0.7, -0.2),
    Attribute("bushy_eyebrows", 0.22, -0.5),
    Attribute("mouth_open", 0.35, 0.1, 0.0, 0.6),
    Attribute("earrings", 0.25, 0.7),
    Attribute("rosy_cheeks", 0.22, 0.5, -0.2, 0.2),
    Attribute("bangs", 0.22, 0.4, -0.3),
    Attribute("mustache", 0.15, -0.7, 0.2),
    Attribute("big_nose", 0.22, -0.4, 0.2),
    Attribute("necktie", 0.12, -0.6, 0.2),
    Attribute("sunglasses", 0.08, -0.1, -0.1),
    Attribute("bald", 0.07, -0.6, 0.5),
    Attribute("freckles", 0.14, 0.1, -0.4),
    Attribute("scarf", 0.10, 0.3),
    Attribute("red_hair", 0.12, 0.2, -0.2),
    Attribute("gray_hair", 0.11, -0.1, 0.8),
    # The last of the hair colours: it goes to the remaining faces, whatever its loadings.
    Attribute("brown_hair", 0.25),
    Attribute("curly_hair", 0.15, 0.1),
    Attribute("bun", 0.08, 0.7),
    Attribute("mohawk", 0.06, -0.3, -0.4),
    Attribute("headband", 0.10, 0.3, -0.3),
    Attribute("headphones", 0.08, 0.0, -0.4),
    Attribute("flower", 0.08, 0.7, -0.2),
    Attribute("arched_eyebrows", 0.26, 0.5),
    Attribute("narrow_eyes", 0.18, -0.1, 0.2, 0.3),
    Attribute("eye_shadow", 0.20, 0.75),
    Attribute("eye_patch", 0.06, -0.3),
    Attribute("pointy_nose", 0.24, 0.3),
    Attribute("big_lips", 0.24, 0.3),
    Attribute("goatee", 0.08, -0.6),
    Attribute("sideburns", 0.10, -0.6),
    Attribute("wrinkles", 0.16, -0.1, 0.8),
    Attribute("necklace", 0.16, 0.6),
    Attribute("scar", 0.08, -0.3),
)

NAMES = tuple(attribute.name for attribute in ATTRIBUTES)

# Of each set at most one is on, and of the first set exactly one.
EXCLUSIVE = tuple(
    frozenset(names.split())
    for names in (
        "black_hair blond_hair brown_hair red_hair gray_hair bald",
        "bald long_hair curly_hair bun mohawk",
        "bald bangs mohawk",
        "hat headband headphones mohawk",
        "hat headphones bun",
        "hat flower mohawk",
        "bald flower",
        "bald headband",
        "eyeglasses sunglasses eye_patch",
        "sunglasses narrow_eyes",
        "sunglasses eye_shadow",
        "eye_patch narrow_eyes",
        "eye_patch eye_shadow",
        "bushy_eyebrows arched_eyebrows",
        "big_nose pointy_nose",
        "beard goatee",
        "beard sideburns",
        "necktie scarf necklace",
    )
)


def _conflicts() -> np.ndarray:
    against = np.zeros((len(NAMES), len(NAMES)), bool)
    for names in EXCLUSIVE:
        columns = [NAMES.index(name) for name in names]
        against[np.ix_(columns, columns)] = True
    np.fill_diagonal(against, False)
    return against


# [40, 40]: whether the two can't both be on.
CONFLICTS = _conflicts()
