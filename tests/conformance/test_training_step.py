"""What every model guarantees while it trains."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance.conftest import BATCH, built, every_case, grey_case, labelled_case, vae_case
from tfvae.schema import CATEGORICAL

SEED = (1, 2)
PRECISIONS = ("mixed_bfloat16", "mixed_float16")


def compiled(model, **options):
    model.compile(keras.optimizers.SGD(1e-3), **options)
    return model


def weights_after_fit(model, batches):
    # Two steps: the second sees what the first one's optimizer wrote.
    model.fit(batches, epochs=2, steps_per_epoch=1, verbose=0, shuffle=False)
    return [np.asarray(weight) for weight in model.get_weights()]


def dataset(case, size=4):
    return tf.data.Dataset.from_tensors(case.batch(size)).repeat()


def figures(model, batches):
    return model.evaluate(batches, return_dict=True, verbose=0)


@every_case
def test_terms_are_finite_per_image_and_weighted(case):
    model, batch = built(case), case.batch()
    terms = model.loss_terms(batch, SEED)
    assert list(terms) == list(model.term_weights())
    for name, term in terms.items():
        assert term.shape == (4,), name
        assert np.isfinite(term).all(), name
    weighted = sum(weight * terms[name] for name, weight in model.term_weights().items())
    np.testing.assert_allclose(sum(model.objectives(terms)), weighted, rtol=1e-5)


@every_case
def test_every_weight_gets_a_finite_gradient(case):
    """From the loss of each optimizer to the weights that are its own; none is left out."""
    model = built(case)
    with tf.GradientTape(persistent=True) as tape:
        objectives = model.objectives(model.loss_terms(case.batch(), SEED))
        losses = [tf.reduce_mean(objective) for objective in objectives]
    groups = model.variable_groups()
    for loss, variables in zip(losses, groups, strict=True):
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            assert gradient is not None, variable.path
            assert np.isfinite(gradient).all(), variable.path
    covered = {id(variable) for variables in groups for variable in variables}
    assert covered == {id(variable) for variable in model.trainable_variables}


@every_case
def test_terms_are_a_function_of_the_seed(case):
    model, batch = built(case), case.batch(16)

    def measured(seed):
        terms, diagnostics = model.measure(batch, seed)
        values = [values for values, _ in diagnostics.values()]
        return [np.asarray(value) for value in [*terms.values(), *values]]

    first, again, other = measured(SEED), measured(SEED), measured((1, 3))
    np.testing.assert_equal(first, again)
    assert not all(map(np.array_equal, first, other))


@labelled_case
def test_unknown_labels_have_no_influence(case):
    """Whatever stands where `observed` is 0, terms and diagnostics are the same."""
    model, batch = built(case), case.batch()
    label, observed = batch["label"], batch["observed"]
    other = {**batch, "label": tf.where(observed > 0, label, 1.0 - label)}
    terms, diagnostics = model.measure(batch, SEED)
    other_terms, other_diagnostics = model.measure(other, SEED)
    for name, term in terms.items():
        np.testing.assert_allclose(other_terms[name], term, rtol=1e-5, err_msg=name)
    for name, (values, weights) in diagnostics.items():
        other_values, other_weights = other_diagnostics[name]
        np.testing.assert_array_equal(other_weights, weights)
        np.testing.assert_allclose(
            other_values * weights, values * weights, rtol=1e-5, err_msg=name
        )


@vae_case
def test_logged_elbo_has_one_sign_and_scale(case):
    """Weight 1 whatever the loss weighs; the same in training, validation and test."""
    model = compiled(case.build(), run_eagerly=True)
    logs = figures(model, dataset(case).take(1))
    terms = model.loss_terms(case.batch(), (model.seed, -1))
    np.testing.assert_allclose(logs["elbo"], np.mean(model.elbo(terms)), rtol=1e-5)
    np.testing.assert_allclose(
        logs["elbo"], -np.mean(terms["distortion"] + terms["rate"]), rtol=1e-5
    )
    history = model.fit(
        dataset(case),
        steps_per_epoch=1,
        validation_data=dataset(case).take(1),
        verbose=0,
        shuffle=False,
    ).history
    first_step = built(case).loss_terms(case.batch(), (model.seed, 0))
    assert {"loss", "elbo", *terms} <= set(history)
    assert history["elbo"][0] == pytest.approx(np.mean(model.elbo(first_step)), rel=1e-4)
    after_step = model.loss_terms(case.batch(), (model.seed, -1))
    assert history["val_elbo"][0] == pytest.approx(np.mean(model.elbo(after_step)), rel=1e-5)
    assert not np.allclose(model.elbo(after_step), model.elbo(terms), rtol=1e-4)


@every_case
def test_loss_falls(case):
    model = case.build()
    model.compile(keras.optimizers.Adam(3e-3))
    figures = model.fit(
        dataset(case), epochs=2, steps_per_epoch=25, verbose=0, shuffle=False
    ).history[case.falls]
    assert figures[1] < figures[0]


@grey_case
def test_two_replicas_equal_one_device(case, mirrored_strategy):
    """Also after an uneven last batch, of three: no replica may weigh by its own count."""
    single = compiled(case.build(), run_eagerly=True)
    with mirrored_strategy.scope():
        mirrored = compiled(case.build())
    for one, two in zip(
        weights_after_fit(single, dataset(case)), weights_after_fit(mirrored, dataset(case))
    ):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)

    uneven = dataset(case, 4).take(1).concatenate(dataset(case, 3).take(1))
    one, two = figures(single, uneven.take(1)), figures(mirrored, uneven.take(1))
    for name, value in one.items():
        assert two[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name

    one, two = figures(single, uneven), figures(mirrored, uneven)
    # The last row of an uneven split draws other noise. Compared are the terms that this leaves
    # alone; for classes some are means over draws, 1 % apart here. A replica's own count moves
    # `label` by 10 %.
    tolerance = 0.03 if case.label_kind == CATEGORICAL else 1e-4
    names = {"rate", "label", "mse", "auxiliary_classifier", "critic_label"} & set(one)
    first, second = (built(case).loss_terms(case.batch(), [seed, seed]) for seed in (1, 2))
    compared = 0
    for name in names:
        effect = abs(float(first[name][-1] - second[name][-1])) / BATCH
        if effect <= tolerance * abs(float(tf.reduce_mean(first[name]))):
            assert two[name] == pytest.approx(one[name], rel=tolerance), name
            compared += 1
    assert compared
    assert np.isfinite(list(two.values())).all()


@vae_case
def test_codes_made_from_noise_follow_their_distributions(case):
    """`prior_code` draws from `prior`, `code` from `posterior`: alike in mean and in density."""
    model, draws = built(case), 4000
    posterior = model.posterior(case.batch())
    noise = tf.random.stateless_normal([draws, BATCH, model.noise_dim], [1, 2])
    for distribution, codes in (
        (model.prior(), model.prior_code(noise[:, 0])),
        (posterior, model.code(posterior, noise)),
    ):
        drawn = distribution.sample(draws, seed=[3, 4])
        for statistic in (distribution.log_prob, lambda z: tf.reduce_sum(z, axis=-1)):
            one, two = statistic(codes).numpy(), statistic(drawn).numpy()
            error = np.sqrt((one.var(axis=0) + two.var(axis=0)) / draws)
            assert (np.abs(one.mean(axis=0) - two.mean(axis=0)) < 5 * error).all()


def equal_noise(monkeypatch):
    """Makes draws from random bits, which are the same with XLA and without; floats are not."""

    def uniform(shape, seed, alg):
        bits = tf.random.stateless_uniform_bits(shape, seed, None, None, tf.int32, alg)
        return (tf.cast(tf.bitwise.right_shift(bits, 9) & 0x7FFFFF, tf.float32) + 0.5) / 2**23

    def normal(shape, seed, alg):
        return math.sqrt(2.0) * tf.math.erfinv(2.0 * uniform(shape, seed, alg) - 1.0)

    drawn = tf.random.stateless_uniform
    monkeypatch.setattr(tf.random, "stateless_uniform_bits", drawn, raising=False)
    monkeypatch.setattr(tf.random, "stateless_uniform", uniform)
    monkeypatch.setattr(tf.random, "stateless_normal", normal)


@grey_case
def test_xla_equals_no_xla_given_the_same_noise(case, monkeypatch):
    """Terms and gradients, each gradient within rounding of its own size, for a seed that is known
    at run time alone, as in training; a constant would be drawn before XLA compiles."""
    model, batch = built(case), case.batch()
    groups = model.variable_groups()

    def step(seed):
        with tf.GradientTape(persistent=True) as tape:
            terms = model.loss_terms(batch, seed)
            losses = [tf.reduce_mean(objective) for objective in model.objectives(terms)]
        return terms, [tape.gradient(loss, group) for loss, group in zip(losses, groups)]

    equal_noise(monkeypatch)
    seed = tf.constant(SEED)
    terms, gradients = step(seed)
    fused_terms, fused_gradients = tf.function(step, jit_compile=True)(seed)
    for name, term in terms.items():
        np.testing.assert_allclose(term, fused_terms[name], rtol=1e-3, atol=1e-3, err_msg=name)
    for group, ones, twos in zip(groups, gradients, fused_gradients):
        for variable, one, two in zip(group, ones, twos):
            difference = np.linalg.norm(np.asarray(one) - two)
            assert difference <= 2e-3 * np.linalg.norm(one) + 1e-4, variable.path


@pytest.mark.parametrize("precision", PRECISIONS)
@every_case
def test_mixed_precision_is_finite_and_close(case, precision):
    reference = built(case).loss_terms(case.batch(), SEED)
    keras.config.set_dtype_policy(precision)
    model = case.build()
    # Traced in the one that scales its loss.
    model.compile(keras.optimizers.Adam(1e-3), run_eagerly=precision == "mixed_bfloat16")
    for name, term in model.loss_terms(case.batch(), SEED).items():
        assert term.dtype == tf.float32
        np.testing.assert_allclose(term, reference[name], rtol=0.1, atol=0.5, err_msg=name)
    history = model.fit(dataset(case), steps_per_epoch=3, verbose=0, shuffle=False).history
    assert np.isfinite([values[-1] for values in history.values()]).all()
    assert all(weight.dtype == "float32" for weight in model.trainable_variables)
