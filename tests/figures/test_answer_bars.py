"""A bar a class: what the network is sure of, and whether it is right."""

import numpy as np

from toolkit.figures import answer_bars
from toolkit.figures.style import INK, RIGHT, WRONG

DIGITS = tuple("0123456789")
SEVEN = np.array([0, 0, 0, 0.2, 0, 0, 0.004, 0.796, 0, 0])


def test_a_bar_a_class_in_their_order_and_the_longest_stands_out() -> None:
    figure = answer_bars(SEVEN, DIGITS)
    _, bars = figure.data
    np.testing.assert_allclose(bars.x, SEVEN)
    assert list(bars.text) == ["", "", "", "20 %", "", "", "", "<b>79 %</b>", "", ""]
    assert list(figure.layout.yaxis.ticktext) == [*"0123456", "<b>7</b>", "8", "9"]
    assert [place for place, colour in enumerate(bars.marker.color) if colour == INK] == [7]


def test_the_true_class_is_green_and_a_wrong_answer_red_and_hatched() -> None:
    wrong, right = (answer_bars(SEVEN, DIGITS, true_label=label).data[1].marker for label in (3, 7))
    assert (wrong.color[3], wrong.color[7], right.color[7]) == (RIGHT, WRONG, RIGHT)
    assert [place for place, shape in enumerate(wrong.pattern.shape) if shape] == [7]
    assert not any(right.pattern.shape)


def test_of_many_classes_the_ten_likeliest_are_drawn_and_a_true_one_among_them_or_not() -> None:
    probabilities = np.linspace(0, 1, 30)[::-1] / 15
    figure = answer_bars(probabilities, [f"class {label}" for label in range(30)], true_label=29)
    assert len(figure.data[1].x) == 10
    assert figure.layout.yaxis.ticktext[9] == "class 9"


def test_names_are_shown_as_they_are_and_cut() -> None:
    names = answer_bars(np.array([0.1, 0.9]), ("<b>", "a name that is far too long")).layout.yaxis.ticktext
    assert list(names) == ["&lt;b&gt;", "<b>a name that is …</b>"]


def test_weights_that_are_no_numbers_give_bars_of_no_length() -> None:
    bars = answer_bars(np.full(2, np.nan), ("a", "b")).data[1]
    assert (list(bars.x), list(bars.text)) == ([0, 0], ["<b>–</b>", ""])
