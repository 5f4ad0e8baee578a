"""A bar a class: what the network is sure of, and whether it is right."""

import numpy as np
import pytest

from toolkit.figures import probability_bars
from toolkit.figures.style import INK, RIGHT, WRONG

DIGITS = tuple("0123456789")
SEVEN = np.array([0, 0, 0, 0.2, 0, 0, 0.004, 0.796, 0, 0])


def test_a_bar_a_class_in_their_order_and_the_longest_stands_out() -> None:
    figure = probability_bars(SEVEN, DIGITS)
    _, bars = figure.data
    np.testing.assert_allclose(bars.x, SEVEN)
    assert list(bars.text) == ["", "", "", "20 %", "", "", "", "<b>79 %</b>", "", ""]
    assert list(figure.layout.yaxis.ticktext) == [*"0123456", "<b>7</b>", "8", "9"]
    assert [place for place, colour in enumerate(bars.marker.color) if colour == INK] == [7]


def test_the_true_class_is_green_and_a_wrong_answer_red_hatched_and_told_in_words() -> None:
    wrong, right = (probability_bars(SEVEN, DIGITS, true_label=label).data[1] for label in (3, 7))
    assert (wrong.marker.color[3], wrong.marker.color[7], right.marker.color[7]) == (RIGHT, WRONG, RIGHT)
    assert [place for place, shape in enumerate(wrong.marker.pattern.shape) if shape] == [7]
    assert not any(right.marker.pattern.shape)
    assert (wrong.text[3], wrong.text[7]) == ("20 % · in truth", "<b>79 % · wrong</b>")
    assert right.text[7] == "<b>79 % · right</b>"


@pytest.mark.parametrize("true_label", [0, 60])
def test_of_many_classes_the_likeliest_and_the_true_one_are_shown(true_label: int) -> None:
    probabilities = np.zeros(100)
    probabilities[20:40] = np.arange(20) / 190
    figure = probability_bars(probabilities, list(map(str, range(100))), true_label=true_label)
    names = [name.removeprefix("<b>").removesuffix("</b>") for name in figure.layout.yaxis.ticktext]
    assert names == sorted([*map(str, range(30, 40)), str(true_label)], key=int)


def test_names_are_shown_as_they_are_and_cut() -> None:
    names = probability_bars(np.array([0.1, 0.9]), ("<b>", "a name that is far too long")).layout.yaxis.ticktext
    assert list(names) == ["&lt;b&gt;", "<b>a name that is …</b>"]


def test_weights_that_are_no_numbers_give_words_and_bars_of_no_length() -> None:
    bars = probability_bars(np.full(3, np.nan), ("a", "b", "c"), true_label=2).data[1]
    assert (list(bars.x), bars.text[2]) == ([0, 0, 0], "– · in truth")
