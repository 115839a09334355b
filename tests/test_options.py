"""Options are read off signatures and checked against them."""

from typing import Annotated, Literal

import annotated_types
import pytest

from tfvae.options import Option, check_options, display, options_of
from tfvae.schema import UsageError


def metric(
    export,
    *,
    seed: int,
    num_images: Annotated[int, annotated_types.Ge(1)] = 160,
    strength: float | Literal["auto"] = "auto",
    kind: Literal["cnn", "cnn_bn"] = "cnn",
    limit: int | None = None,
    widths: tuple[int, ...] = (500, 500),
    flag: bool = False,
    name: str = "x",
    networks: dict | None = None,
):
    """Scores something.

    Args:
        num_images: Test images,
            drawn by the seed.
        strength: How far.
    """


class Base:
    """A base.

    Args:
        beta: Weight of the rate.
        latent_dim: Size of z.
    """

    def __init__(self, spec, *, beta: float = 1.0, latent_dim: int = 10, hidden: object = None):
        pass


class Child(Base):
    """A child.

    Args:
        alpha: Weight of the label term.
    """

    def __init__(self, spec, *, alpha: float = 2.0, beta: float = 4.0, **kwargs):
        super().__init__(spec, beta=beta, **kwargs)


class Grandchild(Child):
    """Adds nothing."""


def test_function_options_have_default_and_help():
    options = {option.name: option for option in options_of(metric)}
    assert list(options) == [
        "num_images", "strength", "kind", "limit", "widths", "flag", "name",
    ]  # fmt: skip
    assert options["num_images"].default == 160
    assert options["num_images"].help == "Test images, drawn by the seed."
    assert options["kind"].type_name == "one of cnn, cnn_bn"
    assert options["limit"].type_name == "int or none"
    assert options["widths"].type_name == "list of int"


@pytest.mark.parametrize("cls", [Child, Grandchild])
def test_class_options_follow_keyword_arguments_to_the_base(cls):
    assert options_of(cls) == (
        Option("alpha", float, 2.0, "Weight of the label term."),
        Option("beta", float, 4.0, "Weight of the rate."),
        Option("latent_dim", int, 10, "Size of z."),
    )
    assert [option.name for option in options_of(cls, skip=["beta"])] == ["alpha", "latent_dim"]


def test_a_closed_signature_ends_the_search():
    class Closed(Base):
        def __init__(self, *, gamma: float = 0.0):
            super().__init__(None)

    assert [option.name for option in options_of(Closed)] == ["gamma"]


@pytest.mark.parametrize(
    "key, given, expected",
    [
        ("num_images", "12", 12),
        ("num_images", 12.0, 12),
        ("strength", "0.05", 0.05),
        ("strength", "1e-3", 1e-3),
        ("strength", "AUTO", "auto"),
        ("kind", "cnn_bn", "cnn_bn"),
        ("limit", "none", None),
        ("limit", "3", 3),
        ("widths", "500, 400", (500, 400)),
        ("widths", "[500]", (500,)),
        ("widths", [1, 2], (1, 2)),
        ("flag", "true", True),
        ("flag", "no", False),
        ("name", "none", "none"),
    ],
)
def test_values_are_coerced(key, given, expected):
    checked = check_options(metric, {key: given})[key]
    assert checked == expected and type(checked) is type(expected)


@pytest.mark.parametrize(
    "key, given",
    [
        ("num_images", "many"),
        ("num_images", "0"),
        ("num_images", "2.5"),
        ("num_images", True),
        ("strength", "far"),
        ("strength", "nan"),
        ("kind", "resnet"),
        ("widths", "5,x"),
        ("flag", "maybe"),
        ("name", 3),
    ],
)
def test_bad_values_are_named(key, given):
    with pytest.raises(UsageError) as caught:
        check_options(metric, {key: given}, what="metric cis")
    assert "metric cis" in str(caught.value) and key in str(caught.value)
    assert str(given) in str(caught.value)


def test_unknown_keys_get_the_valid_ones_and_a_guess():
    with pytest.raises(
        UsageError, match="'num_image'; did you mean 'num_images'.*valid: num_images"
    ):
        check_options(metric, {"num_image": 1})
    with pytest.raises(UsageError, match="seed"):
        check_options(metric, {"seed": 1})
    with pytest.raises(UsageError, match="beta"):
        check_options(Child, {"beta": 1}, skip=["beta"])


def test_nothing_given_nothing_returned():
    assert check_options(metric, {}) == {}


def test_defaults_are_shown_as_typed():
    shown = [display(value) for value in (None, True, 0.05, (500, 500), "auto")]
    assert shown == ["none", "true", "0.05", "500,500", "auto"]
