"""A decoder and a classifier whose best generator is known."""

import pytest

from tfvae.generators.toy import toy_problem


@pytest.fixture
def problem():
    """Two classes at -1 and 1 of the first dimension, both with standard deviation 1: at theta = 1
    a sixth of the draws is of the wrong class."""
    return toy_problem()
