"""All scores that need known factors, by one protocol."""

import numpy as np

from tfvae.evaluation.code_scores import ACTIVE_VARIANCE
from tfvae.evaluation.disentanglement.fixed_factor import beta_vae_score, factor_vae_score
from tfvae.evaluation.disentanglement.importance import dci
from tfvae.evaluation.disentanglement.information import mig, modularity
from tfvae.evaluation.disentanglement.predictability import sap


def all_scores(
    codes: np.ndarray,
    factors: np.ndarray,
    *,
    bins: int = 20,
    batch_size: int = 64,
    num_batches: int = 10_000,
    smallest_scale: float = 0.0,
    seed: int = 0,
) -> dict[str, float]:
    """Name -> score, for codes [N, D] and factors [N, F].

    Args:
        codes, factors: As for the scores.
        bins: Of `mig` and `modularity`.
        batch_size, num_batches: Of `beta_vae` and `factor_vae`, which score half as many batches.
        smallest_scale: Of `factor_vae`, as for `factor_vae_score`. In `factor_vae_active` it is at
            least 0.1, the standard deviation of an active dimension (Burda et al. 2016).
        seed: Of all drawing.
    Raises:
        UserError: arrays that don't fit.

    >>> factors = np.random.default_rng(0).integers(0, 3, size=[300, 2])
    >>> sorted(all_scores(factors, factors, num_batches=100))[:4]
    ['beta_vae', 'completeness', 'dci', 'factor_vae']
    """
    votes = {"batch_size": batch_size, "num_train": num_batches, "num_eval": -(-num_batches // 2)}
    active = {**votes, "smallest_scale": max(smallest_scale, np.sqrt(ACTIVE_VARIANCE))}
    by_trees = dci(codes, factors)
    return {
        "beta_vae": beta_vae_score(codes, factors, seed=seed, **votes),
        "factor_vae": factor_vae_score(
            codes, factors, seed=seed, smallest_scale=smallest_scale, **votes
        ),
        "factor_vae_active": factor_vae_score(codes, factors, seed=seed, **active),
        "mig": mig(codes, factors, bins=bins),
        "dci": by_trees.disentanglement,
        "completeness": by_trees.completeness,
        "informativeness": by_trees.informativeness,
        "sap": sap(codes, factors),
        "modularity": modularity(codes, factors, bins=bins),
    }
