"""Generators: codes of one class for a VAE that was trained without labels (Vargas Aguilar & Gu).

A generator is a function `generator(problem, *, option=default, ...) -> Search`. A new one is one
file and one line in `GENERATORS`, which can be read before TensorFlow is imported.
"""

from tfvae.registry import Table

GENERATORS = Table(
    "generator",
    {
        "simple": "tfvae.generators.simple:simple",
        "medium1": "tfvae.generators.medium:medium1",
        "medium2": "tfvae.generators.medium:medium2",
        "full_covariance": "tfvae.generators.mixture:full_covariance",
        "mixture": "tfvae.generators.mixture:mixture",
        "network": "tfvae.generators.network:network",
    },
)
