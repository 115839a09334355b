"""The bound of the CCVAE by brute force, and each of its pitfalls."""

import itertools

import keras
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import tensorflow as tf

from tests.models.ccvae_by_hand import (
    SEED,
    Attribute,
    batch,
    build,
    grid_bound,
    moments,
    spec,
)
from tfvae.models import build_model
from tfvae.schema import UsageError


@pytest.mark.parametrize("label", [0, 1, None])
def test_bound_equals_brute_force_over_the_code(label):
    model = build()
    data = batch([label or 0], [label is not None], count=20_000)
    elbo = np.asarray(model.elbo(model.loss_terms(data, SEED)))
    error = 4 * elbo.std() / np.sqrt(len(elbo))
    assert error < 0.5
    assert elbo.mean() == pytest.approx(grid_bound(model, data, label), abs=error)


def test_bound_is_below_the_evidence():
    """log p(x, y) by plain Monte Carlo from the prior; the bound may not pass it."""
    model, data = build(), batch([1], [1], count=4000)
    label = tf.constant([[1.0]])
    mean, stddev = model.characteristics.prior_of(label)
    generator = np.random.default_rng(0)
    z = generator.normal(size=(100_000, 2)).astype("float32")
    z[:, :1] = mean + stddev * z[:, :1]
    image = tf.repeat(data["image"][:1], len(z), axis=0)
    log_x = model.likelihood(z).log_prob(image).numpy()
    log_y = float(model.characteristics.log_p_y()[0, 1])
    evidence = scipy.special.logsumexp(log_x) - np.log(len(z)) + log_y
    assert float(tf.reduce_mean(model.elbo(model.loss_terms(data, SEED)))) < evidence


def test_label_posterior_of_an_attribute_is_exact():
    model, data = build(), batch([1], [1])
    mean, stddev = moments(model, data)
    attribute = Attribute(model)
    exact, _ = scipy.integrate.quad(
        lambda z: scipy.stats.norm.pdf(z, mean[0], stddev[0]) * attribute.classifier(z, 1), -30, 30
    )
    assert float(model.classify(data["image"])[0, 0]) == pytest.approx(exact, abs=1e-4)


def test_rate_of_the_characteristic_code_is_not_the_closed_form():
    """w depends on z_c: the Gaussian KL to p(z_c|y) in its place is another number."""
    model, data = build(), batch([1], [1])
    mean, stddev = moments(model, data)
    attribute = Attribute(model)
    z = np.linspace(mean[0] - 9 * stddev[0], mean[0] + 9 * stddev[0], 4001)
    q = scipy.stats.norm.pdf(z, mean[0], stddev[0]) * (z[1] - z[0])
    classifier = attribute.classifier(z, 1)
    evidence = np.sum(q * classifier)
    log_ratio = (
        scipy.stats.norm.logpdf(z, mean[0], stddev[0])
        + np.log(classifier / evidence)
        - attribute.log_prior(z, 1)
    )
    divergence = np.sum(q * classifier / evidence * log_ratio)
    style = 0.5 * (mean[1] ** 2 + stddev[1] ** 2 - 1) - np.log(stddev[1])
    expected = divergence - attribute.log_label[1] + style
    rate = float(model.loss_terms(data, SEED)["rate"][0])
    assert rate == pytest.approx(expected, abs=1e-3)
    gaussian = scipy.stats.norm(mean[0], stddev[0])
    closed = gaussian.expect(lambda value: gaussian.logpdf(value) - attribute.log_prior(value, 1))
    assert abs(rate - (closed - attribute.log_label[1] + style)) > 0.05


def test_rate_of_a_labelled_image_is_a_divergence():
    """KL(q(z|x, y) || p(z|y)) >= 0, whatever the weights."""
    for kind, num_labels in (("binary", 3), ("categorical", 3)):
        model = build(kind, num_labels)
        data = batch(np.eye(3)[0], np.ones(3), count=50)
        assert np.all(np.asarray(model.loss_terms(data, SEED)["rate"]) > 0)


def test_sum_over_unknown_labels_is_enumeration():
    """Three unknown attributes: the sum over all eight label vectors, by hand."""
    model, data = build(num_labels=3), batch(np.zeros(3), np.zeros(3))
    mean, stddev = moments(model, data)
    attributes = [Attribute(model, index) for index in range(3)]
    z = mean[:3] + stddev[:3] * np.random.default_rng(0).normal(size=(20_000, 3))
    total = np.zeros(len(z))
    for values in itertools.product((0, 1), repeat=3):
        q = np.prod(
            [a.classifier(z[:, i], v) for i, (a, v) in enumerate(zip(attributes, values))], axis=0
        )
        log_p = sum(
            a.log_prior(z[:, i], v) + a.log_label[v]
            for i, (a, v) in enumerate(zip(attributes, values))
        )
        total += q * (np.log(q) - log_p)
    total += scipy.stats.norm.logpdf(z, mean[:3], stddev[:3]).sum(axis=-1)
    style = 0.5 * (mean[3] ** 2 + stddev[3] ** 2 - 1) - np.log(stddev[3])
    rate = float(model.loss_terms(data, SEED)["rate"][0])
    assert rate == pytest.approx(total.mean() + style, abs=4 * total.std() / np.sqrt(len(z)))


@pytest.mark.parametrize("kind", ["binary", "categorical"])
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_expectations_given_each_label_are_sums_over_the_nodes(kind, scale):
    """Against the definition, with TFP's densities; also where q(y|z_c) is nearly a step."""
    model = build(kind, 3, latent_dim=5)
    labels = model.characteristics
    classifier = labels.slope if kind == "binary" else labels.kernel
    classifier.assign(scale * classifier)
    generator = np.random.default_rng(0)
    mean, stddev, noise = (
        tf.constant(generator.normal(size=shape), tf.float32)
        for shape in ((4, labels.dimension), (4, labels.dimension), (8, 4, labels.dimension))
    )
    nodes = labels.nodes(mean, tf.exp(stddev), noise)
    y, _ = labels.groups(tf.one_hot([0, 1, 2, 0], 3), tf.ones([4, 3]))
    given = labels.given_each(nodes, y)

    log_q_y = np.asarray(labels.log_q_y(nodes.z_c), "float64")
    log_weight = np.asarray(nodes.log_weight, "float64")[:, None, None, None]
    expected_log_q = scipy.special.logsumexp(log_weight + log_q_y, axis=0)
    w = np.exp(log_q_y - expected_log_q)
    log_p_z, log_q_z = (np.asarray(log_p, "float64") for log_p in
                        (labels.log_p_z(nodes.z_c), labels.log_q_z(nodes)))  # fmt: skip
    divergence = np.exp(log_weight) * w * (log_q_z[..., None] + log_q_y - log_p_z)
    np.testing.assert_allclose(given.log_q_y, expected_log_q, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(given.divergence, divergence.sum(axis=0), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(given.own_w, np.sum(y * w, axis=-1), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_expectations_are_the_same_on_a_gpu(kind, monkeypatch):
    """Where sums over nodes aren't products of matrices."""
    model, data = build(kind, 3), batch([0, 1, 0], [1, 1, 1], count=4)
    expected = model.loss_terms(data, SEED)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    for name, term in model.loss_terms(data, SEED).items():
        np.testing.assert_allclose(term, expected[name], rtol=1e-5)


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_both_estimators_have_the_same_rate(kind):
    drawn, authors = build(kind, 3), build(kind, 3, estimator="authors")
    authors.set_weights(drawn.get_weights())
    for observed in (1, 0):
        data = batch([0, 1, 0], 3 * [observed])
        rates = [model.loss_terms(data, SEED)["rate"] for model in (drawn, authors)]
        np.testing.assert_allclose(*rates, rtol=1e-4)


def test_value_of_an_unknown_label_has_no_influence():
    for kind in ("binary", "categorical"):
        model = build(kind, 3)
        one = model.loss_terms(batch([1, 0, 0], [0, 0, 0]), SEED)
        two = model.loss_terms(batch([0, 1, 0], [0, 0, 0]), SEED)
        for name in one:
            np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_unlabelled_images_leave_every_score_finite(kind):
    """The label of an unknown class is a row of zeros."""
    terms, diagnostics = build(kind, 3).measure(batch([0, 0, 0], [0, 0, 0]), SEED)
    for values in (*terms.values(), *itertools.chain(*diagnostics.values())):
        assert np.all(np.isfinite(tf.cast(values, tf.float32)))


def test_labelled_and_unlabelled_images_mix_in_a_batch():
    """Each image's terms are those that it has among its like."""
    model = build("categorical", 3)
    known, unknown = batch([0, 1, 0], [1, 1, 1], 2), batch([0, 0, 0], [0, 0, 0], 2)
    mixed = {key: tf.concat([known[key][:1], unknown[key][1:]], axis=0) for key in known}
    terms = model.loss_terms(mixed, SEED)
    for name, term in terms.items():
        np.testing.assert_allclose(term[0], model.loss_terms(known, SEED)[name][0], rtol=1e-5)
        np.testing.assert_allclose(term[1], model.loss_terms(unknown, SEED)[name][1], rtol=1e-5)


@pytest.mark.parametrize("kind", ["binary", "categorical"])
def test_weights_have_mean_one_and_an_effective_share(kind):
    model = build(kind, 3)
    data = batch([0, 1, 0], [1, 1, 1], count=20_000)
    _, diagnostics = model.measure(data, SEED)
    weight = np.asarray(diagnostics["weight_mean"][0])
    assert weight.std() > 0.1
    assert weight.mean() == pytest.approx(1, abs=4 * weight.std() / np.sqrt(len(weight)))
    share = np.asarray(diagnostics["weight_ess"][0])
    assert np.all((share > 0) & (share <= 1 + 1e-5))
    if kind == "binary":
        assert share[0] == pytest.approx(1 / np.mean(weight**2), rel=0.1)


def test_separation_is_there_at_the_start():
    binary = build_model("ccvae", spec("binary", 2), {"latent_dim": 4}).characteristics
    np.testing.assert_allclose(binary.prior_mean, [[-2, 2], [-2, 2]])
    means = build_model(
        "ccvae", spec("categorical", 3), {"latent_dim": 6}
    ).characteristics.prior_mean
    assert np.linalg.norm(means[0] - means[1]) > 2


def test_log_prior_is_the_mixture_over_labels():
    model = build(num_labels=2)
    z = np.random.default_rng(0).normal(size=(5, 3))
    expected = scipy.stats.norm.logpdf(z[:, 2])
    for index in range(2):
        attribute = Attribute(model, index)
        expected += scipy.special.logsumexp(
            [
                attribute.log_prior(z[:, index], value) + attribute.log_label[value]
                for value in (0, 1)
            ],
            axis=0,
        )
    np.testing.assert_allclose(model.log_prior(z.astype("float32")), expected, rtol=1e-4)


def test_samples_follow_the_prior_of_their_label(monkeypatch):
    model = build(num_labels=2)
    monkeypatch.setattr(model, "decode", lambda latent: latent)
    label = np.repeat([[1.0, 0.0]], 4000, axis=0).astype("float32")
    # Traced, as it draws row by row.
    drawn = tf.function(model.sample)(tf.range(4000, dtype=tf.int64), label).numpy()
    mean, stddev = model.characteristics.prior_of(label[:1])
    np.testing.assert_allclose(drawn[:, :2].mean(axis=0), mean[0], atol=0.1)
    np.testing.assert_allclose(drawn[:, :2].std(axis=0), stddev[0], rtol=0.1)
    assert drawn[:, 2].std() == pytest.approx(1, rel=0.1)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="latent_dim=3 leaves no room"):
        build_model("ccvae", spec("binary", 3), {"latent_dim": 3})
    with pytest.raises(UsageError, match="characteristic_dim=2 contradicts the 3 binary"):
        build_model("ccvae", spec("binary", 3), {"characteristic_dim": 2})


def test_forty_attributes_fit_by_default():
    model = build_model("ccvae", spec("binary", 40))
    assert model.latent_dim == 56
    model.compile(keras.optimizers.Adam())
    terms = model.loss_terms(batch(np.ones(40), np.ones(40)), SEED)
    assert all(np.isfinite(term).all() for term in terms.values())
