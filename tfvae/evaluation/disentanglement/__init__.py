"""Scores of disentanglement on plain arrays: codes [N, D] and known factors [N, F] of images.

A representation is disentangled if each dimension of the code follows one factor of variation and
each factor is followed by one dimension; papers differ in how they put this into a number. The
protocols are those of `disentanglement_lib` (Locatello et al. 2019, "Challenging Common
Assumptions"), which compares them; where it departs from a paper, the docstrings say so. Codes are
means of posteriors, from any model:

>>> import numpy as np
>>> factors = np.random.default_rng(0).integers(0, [3, 4], size=[2000, 2])
>>> mig(factors * 1.0, factors) > 0.99, mig(factors @ [[1, 1], [1, -1]], factors) < 0.5
(True, True)
"""

from tfvae.evaluation.disentanglement.agreement import udr
from tfvae.evaluation.disentanglement.fixed_factor import (
    beta_vae_score,
    factor_vae_score,
    factor_vae_told,
)
from tfvae.evaluation.disentanglement.importance import DCI, dci
from tfvae.evaluation.disentanglement.information import mig, modularity, mutual_information
from tfvae.evaluation.disentanglement.predictability import sap
from tfvae.evaluation.disentanglement.together import all_scores

__all__ = [
    "DCI",
    "all_scores",
    "beta_vae_score",
    "dci",
    "factor_vae_score",
    "factor_vae_told",
    "mig",
    "modularity",
    "mutual_information",
    "sap",
    "udr",
]
