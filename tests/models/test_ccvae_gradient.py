"""The gradient of the CCVAE: it does not depend on the zero of log p(x|z), and is the bound's."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tests.models.ccvae_by_hand import SEED, SHAPE, batch, build, grid_bound, grid_weight
from tfvae.models.ccvae import CCVAE
from tfvae.probability.likelihoods import LIKELIHOODS as LIKELIHOOD_FUNCTIONS
from tfvae.schema import UsageError

LIKELIHOODS = list(LIKELIHOOD_FUNCTIONS)


def gradients(model, data):
    """Gradient of the loss, a tensor per weight."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.objective(model.loss_terms(data, SEED)))
    variables = model.trainable_variables
    return tape.gradient(loss, variables, unconnected_gradients="zero")


class Shifted:
    """A distribution whose log-probability is larger by 1,000 nats."""

    def __init__(self, distribution):
        self.distribution = distribution

    def log_prob(self, value):
        return self.distribution.log_prob(value) + 1000.0


@pytest.mark.parametrize("observed", [(1, 1, 1, 1), (0, 0, 0, 0), (1, 0, 1, 0)])
@pytest.mark.parametrize("kind", ["binary", "categorical"])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_gradient_does_not_depend_on_the_zero_of_log_p(likelihood, kind, observed, monkeypatch):
    """A constant added to log p(x|z) moves the bound and no gradient."""
    model = build(kind, 3, pixel_likelihood=likelihood)
    data = batch([0, 1, 0], [1, 1, 1], count=4)
    data["observed"] *= tf.constant(observed, tf.float32)[:, tf.newaxis]
    before, terms = gradients(model, data), model.loss_terms(data, SEED)
    pixels = model.likelihood
    monkeypatch.setattr(model, "likelihood", lambda *given: Shifted(pixels(*given)))
    moved = model.loss_terms(data, SEED)
    assert np.all(np.abs(np.asarray(moved["distortion"] - terms["distortion"])) > 100)
    for one, other in zip(before, gradients(model, data), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)


def slope_along(weight, index, bound, step=0.02):
    """Central finite difference of a bound with respect to one number of a weight."""
    value = weight.numpy()
    results = []
    for sign in (1, -1):
        moved = value.copy()
        moved[index] += sign * step
        weight.assign(moved)
        results.append(bound())
    weight.assign(value)
    return (results[0] - results[1]) / (2 * step)


@pytest.mark.parametrize(
    ("label", "likelihood"),
    [*((1, name) for name in LIKELIHOODS), (0, "bernoulli"), (None, "gaussian_learned")],
)
def test_gradient_is_that_of_the_bound_with_w_given(label, likelihood):
    """The encoder's, the prior's and the decoder's, against finite differences on a grid.

    The one part left out is f dw in the gradient of E[w f], which the grid can hold fixed.
    """
    model = build(pixel_likelihood=likelihood, label_weight=0.0)
    data = batch([label or 0], [label is not None], count=20_000)
    parts, last = model.characteristics, model.encoder.trainable_variables[-1]
    with tf.GradientTape(persistent=True) as tape:
        elbo = model.elbo(model.loss_terms(data, SEED))
        mean = tf.reduce_mean(elbo)
    given = None if label is None else grid_weight(model, data, label)

    def bound():
        return grid_bound(model, data, label, given=given)

    for weight, index in [
        (last, (0,)),
        (last, (1,)),
        (last, (2,)),
        (parts.slope, (0,)),
        (parts.prior_mean, (0, label or 0)),
        (next(w for w in model.decoder.trainable_variables[::-1] if w.shape.rank == 1), (0,)),
    ]:
        expected = slope_along(weight, index, bound)
        found = tape.gradient(mean, weight, unconnected_gradients="zero").numpy()[index]
        assert found == pytest.approx(expected, rel=0.01, abs=0.02), (weight.path, index)


def test_authors_gradient_depends_on_the_zero_of_log_p(monkeypatch):
    """1,000 nats more take 1,000 from the weight of -log q(y|x): what the drawn code mends."""
    model, data = build(estimator="authors"), batch([1], [1], count=4)
    before, pixels = gradients(model, data), model.likelihood
    monkeypatch.setattr(model, "likelihood", lambda *given: Shifted(pixels(*given)))
    differences = [np.abs(a - b).max() for a, b in zip(before, gradients(model, data))]
    assert max(differences) > 10


def test_authors_gradient_stops_at_the_code_alone():
    """d w / d z_c = 0, d w / d log q(y|x) = -w, and the classifier inside w still learns."""
    model = build(estimator="authors")
    z_c, log_label = tf.constant([[0.3]]), tf.constant([[-0.7]])
    label = tf.constant([[[0.0, 1.0]]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([z_c, log_label])
        weight = tf.exp(model._log_w(z_c, label, log_label))
    assert tape.gradient(weight, z_c) is None
    np.testing.assert_allclose(tape.gradient(weight, log_label), -weight, rtol=1e-6)
    assert float(tf.abs(tape.gradient(weight, model.characteristics.slope))[0]) > 0


@pytest.mark.parametrize("likelihood", LIKELIHOODS[1:])
def test_authors_gradient_is_refused_for_densities(likelihood):
    with pytest.raises(UsageError, match=f"pixel_likelihood={likelihood} can turn negative"):
        build(estimator="authors", pixel_likelihood=likelihood)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_files_of_earlier_versions_keep_their_gradient_where_it_was_sound(likelihood):
    config = build(pixel_likelihood=likelihood).get_config()
    del config["estimator"]
    model = CCVAE.from_config({**config, "label_weight": 32.0})
    if likelihood == "bernoulli":
        assert (model.estimator, model.term_weights()["label"]) == ("authors", 32.0)
    else:
        assert (model.estimator, model.label_weight) == ("drawn", 0.125)


def test_weight_of_the_label_by_default():
    """The same share of a loss that is a sum over the numbers of an image."""
    assert build().term_weights()["label"] == 0.125 * math.prod(SHAPE)
    assert build(label_weight=2.0).term_weights()["label"] == 2.0 * math.prod(SHAPE)
    assert build(estimator="authors").term_weights()["label"] == 0.0
