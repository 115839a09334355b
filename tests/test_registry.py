"""Tables of names: what is valid and what it stands for; the names alone need no TensorFlow."""

import subprocess
import sys

import pytest

from tfvae.data import DATASETS
from tfvae.evaluation import METRICS
from tfvae.generators import GENERATORS
from tfvae.models import MODELS
from tfvae.options import Option
from tfvae.registry import Table
from tfvae.schema import UsageError


class Painter:
    """Paints.

    Args:
        spec: What to paint.
        seed: Of its brush.
        colours: How many it mixes.
        gloss: Share of light.
    """

    def __init__(self, spec, *, seed: int = 0, colours: int = 3, gloss: float = 0.5):
        pass


@pytest.fixture
def table():
    return Table(
        "artist",
        {"painter": f"{__name__}:Painter", "sculptor": "no_such_module:Sculptor"},
        others=("all", "school:NAME"),
        not_options=("seed",),
    )


def test_a_table_is_a_mapping_in_the_order_of_its_entries(table):
    assert list(table) == ["painter", "sculptor"] and len(table) == 2
    assert table["sculptor"] == "no_such_module:Sculptor"
    assert "painter" in table and "all" not in table
    with pytest.raises(KeyError):
        table["all"]


def test_choices_are_the_names_and_what_else_is_accepted(table):
    assert table.choices == ("painter", "sculptor", "all", "school:NAME")
    assert Table("artist", {"painter": "x:Painter"}).choices == ("painter",)


def test_a_name_is_checked_without_an_import(table):
    for name in table:
        table.check(name)


def test_an_unknown_name_shows_the_closest_and_the_choices(table):
    with pytest.raises(UsageError) as caught:
        table.check("paintr")
    assert str(caught.value) == (
        "unknown artist 'paintr'; did you mean 'painter'? "
        "(valid: painter, sculptor, all, school:NAME)"
    )


@pytest.mark.parametrize("name", ["zzz", "", "all"])
def test_an_unknown_name_without_a_close_one_shows_the_choices(table, name):
    with pytest.raises(UsageError) as caught:
        table.check(name)
    assert str(caught.value) == (
        f"unknown artist {name!r} (valid: painter, sculptor, all, school:NAME)"
    )


def test_what_a_name_stands_for_is_loaded(table):
    assert table.load("painter") is Painter
    assert table.module("painter") is sys.modules[__name__]
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        table.load("sculptor")


@pytest.mark.parametrize("method", ["load", "module", "options", "defaults"])
def test_whatever_takes_a_name_checks_it(table, method):
    with pytest.raises(UsageError, match="unknown artist 'paintr'"):
        getattr(table, method)("paintr")
    with pytest.raises(UsageError, match="unknown artist 'paintr'"):
        table.check_options("paintr", {})


def test_options_are_those_of_the_signature_but_for_some(table):
    assert table.options("painter") == (
        Option("colours", int, 3, "How many it mixes."),
        Option("gloss", float, 0.5, "Share of light."),
    )
    assert table.defaults("painter") == {"colours": 3, "gloss": 0.5}


def test_options_get_the_types_that_are_declared(table):
    assert table.check_options("painter", {}) == {}
    checked = table.check_options("painter", {"colours": "4", "gloss": "1"})
    assert checked == {"colours": 4, "gloss": 1.0}
    assert [type(value) for value in checked.values()] == [int, float]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"colors": 4}, "artist painter.*'colors'; did you mean 'colours'.*valid: colours, gloss"),
        ({"colours": "many"}, "artist painter.*colours.*many"),
    ],
)
def test_wrong_options_are_named(table, settings, message):
    with pytest.raises(UsageError, match=message):
        table.check_options("painter", settings)


def test_what_is_no_option_can_not_be_set(table):
    with pytest.raises(UsageError, match=r"'seed'.*\(valid: colours, gloss\)"):
        table.check_options("painter", {"seed": 1})


@pytest.mark.parametrize(
    ("entries", "name"),
    [(entries, name) for entries in (MODELS, DATASETS, METRICS, GENERATORS) for name in entries],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_every_entry_can_be_loaded(entries, name):
    assert callable(entries.load(name))


def test_names_are_known_without_tensorflow():
    code = (
        "import sys, tfvae.models, tfvae.evaluation, tfvae.generators, tfvae.data\n"
        "tfvae.models.MODELS.check('ccvae')\n"
        "tfvae.evaluation.METRICS.check('cis')\n"
        # The options of a metric are checked before TensorFlow is loaded, for that hides its log.
        "for name in tfvae.evaluation.METRICS: tfvae.evaluation.METRICS.load(name)\n"
        "heavy = {'tensorflow', 'keras', 'tensorflow_probability', 'tensorflow_datasets'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
