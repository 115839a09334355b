"""All scenes, drawn once."""

import numpy as np
import pytest

from tfvae.avatars.scene import COUNT, draw_scenes


@pytest.fixture(scope="session")
def scenes():
    return draw_scenes(0, np.arange(COUNT))
