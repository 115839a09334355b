"""How many cases are tried: a few of each by default, always the same ones; many with
`TFVAE_FUZZ=N pytest tests/fuzz`, N of each, others each time."""

import os

from hypothesis import HealthCheck, settings

FEW = 20

number = int(os.environ.get("TFVAE_FUZZ", FEW))
settings.register_profile(
    "tfvae",
    max_examples=number,
    derandomize=number == FEW,
    database=None,
    deadline=None,
    # The machine's speed, and files that a test writes anew for each case.
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("tfvae")
