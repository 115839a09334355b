"""What every model guarantees before it is built."""

import numpy as np
import pytest

from tests.conformance.conftest import Case, has_option
from tfvae.models import MODELS, build_model
from tfvae.schema import DataSpec, UsageError, UserError

every_model = pytest.mark.parametrize("name", MODELS)
with_likelihood = pytest.mark.parametrize(
    "name", [name for name in MODELS if has_option(name, "pixel_likelihood")]
)


@every_model
def test_every_hyperparameter_is_explained(name):
    options = MODELS.options(name)
    assert options
    for option in options:
        assert option.help, option.name
        assert option.name != "seed"


@every_model
def test_unknown_keys_and_values_name_the_choices(name):
    option = MODELS.options(name)[0].name
    mistyped = f"{option}x"
    with pytest.raises(UsageError, match=f"{mistyped}.*{option}"):
        MODELS.check_options(name, {mistyped: "3"})
    with pytest.raises(UsageError, match=f"{option}=several"):
        MODELS.check_options(name, {option: "several"})


@with_likelihood
def test_unknown_likelihoods_and_sizes_are_refused(name):
    with pytest.raises(UsageError, match="pixel_likelihood=poisson.*bernoulli"):
        MODELS.check_options(name, {"pixel_likelihood": "poisson"})
    with pytest.raises(UsageError, match="latent_dim=-1"):
        MODELS.check_options(name, {"latent_dim": "-1"})


def test_unknown_model_names_the_choices():
    with pytest.raises(UsageError, match="'ccvea'.*did you mean 'ccvae'.*vae, beta_vae"):
        MODELS.load("ccvea")


@every_model
def test_unlabelled_data_are_refused_where_labels_are_needed(name):
    spec = DataSpec("plain", (8, 8, 1), num_examples={"train": 4})
    if MODELS.load(name).needs_labels:
        with pytest.raises(UserError, match="'plain' has none"):
            build_model(name, spec)
    else:
        build_model(name, spec)


@with_likelihood
@pytest.mark.parametrize(
    "likelihood", ["continuous_bernoulli", "gaussian", "gaussian_learned", "laplace"]
)
def test_every_likelihood_gives_finite_terms(name, likelihood):
    kind = "binary" if MODELS.load(name).needs_labels else None
    case = Case(name, (8, 8, 1), kind, "dense")
    terms = case.build(pixel_likelihood=likelihood).loss_terms(case.batch(), (0, 0))
    assert all(np.isfinite(term).all() for term in terms.values())


@every_model
def test_search_space_is_valid_settings(name):
    import keras_tuner

    MODELS.check_options(name, MODELS.load(name).search_space(keras_tuner.HyperParameters()))
