"""Texts of figures are drawn as they are."""

import numpy as np
import pytest
from matplotlib.image import imread
from matplotlib.text import Text

from tfvae import plots


@pytest.fixture
def drawn(tmp_path):
    def draw(*names):
        figure = plots.new_figure(4, 2, "names")
        axes = figure.subplots()
        axes.barh(names, range(len(names)), label=names[0])
        axes.legend()
        plots.save_figure(figure, tmp_path / "figure.png", dpi=60)
        return figure, imread(tmp_path / "figure.png")

    return draw


def test_a_dollar_is_a_dollar(drawn):
    figure, image = drawn("costs $5 or $6", "b")
    labels = [each for each in figure.findobj(Text) if "$5" in each.get_text()]
    # On the axis and in the legend.
    assert len(labels) >= 2
    width = max(each.get_window_extent().width for each in labels)
    figure, other = drawn("costs 5or6", "b")
    plain = [each for each in figure.findobj(Text) if "5or6" in each.get_text()]
    assert width > 1.2 * max(each.get_window_extent().width for each in plain)
    assert image.shape == other.shape and not np.array_equal(image, other)


@pytest.mark.parametrize("name", ["$", "a_$_b$", r"\frac", "$\\foo$", "{", "%", "x^2_3"])
def test_no_name_stops_a_figure(drawn, name):
    drawn(name, "b")


def test_characters_that_no_font_has_are_told(drawn, caplog):
    drawn("笑顔", "b")
    (message,) = (each.getMessage() for each in caplog.records)
    assert "笑" in message and "drawn as boxes" in message


def test_powers_on_a_logarithmic_axis_stay(tmp_path):
    figure = plots.new_figure(4, 2, "powers")
    axes = figure.subplots()
    axes.plot([1, 1000], [1, 1000])
    axes.set_xscale("log")
    plots.save_figure(figure, tmp_path / "figure.png")
    labels = axes.xaxis.get_ticklabels()
    assert any("10^" in each.get_text() for each in labels)
    assert all(each.get_parse_math() for each in labels)
