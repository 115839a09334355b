"""Divergences between distributions of a code."""

import tensorflow_probability as tfp

tfd = tfp.distributions


def kl(posterior, prior, code):
    """KL(q || p): in closed form where TensorFlow Probability knows one, else from one draw.

    The estimate log q(z) - log p(z) at a draw z from q is unbiased, and its gradient through a
    reparameterised draw is too.

    Args:
        posterior: q, batch shape [B], event shape [D].
        prior: p, event shape [D].
        code: A draw from q, [B, D]; used by the estimate only.
    Returns:
        [B], nats.

    >>> normal = tfd.Independent(tfd.Normal([[0.0]], 1.0), 1)
    >>> kl(normal, normal, code=None).numpy().tolist()
    [0.0]
    """
    try:
        return tfd.kl_divergence(posterior, prior)
    except NotImplementedError:
        return posterior.log_prob(code) - prior.log_prob(code)
