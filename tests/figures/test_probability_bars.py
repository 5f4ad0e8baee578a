"""A bar a class for one row."""

from typing import Any

import numpy as np
import pytest

from toolkit.figures import probability_bars
from toolkit.figures.style import INK, RIGHT, WRONG

NAMES = ("ant", "bee", "<b>cat</b>")


def look(figure: Any) -> list[tuple[str, str, str]]:
    """Name, words and colour of each bar."""
    (bars,) = figure.data
    return list(zip(figure.layout.yaxis.ticktext, bars.text, bars.marker.color, strict=True))


def test_the_true_class_is_green_and_a_wrong_answer_red_hatched_and_told_in_words() -> None:
    figure = probability_bars(np.array([0.25, 0.7, 0.05]), NAMES, true_label=0)

    assert look(figure) == [
        ("ant", "25.0 % · in truth", RIGHT),
        ("bee", "70.0 % · its answer, wrong", WRONG),
        ("&lt;b&gt;cat&lt;/b&gt;", "5.0 %", INK),
    ]
    assert list(figure.data[0].marker.pattern.shape) == ["", "/", ""]


def test_a_right_answer_is_green_alone() -> None:
    figure = probability_bars(np.array([0.25, 0.7, 0.05]), NAMES, true_label=1)

    assert [color for _, _, color in look(figure)] == [INK, RIGHT, INK]
    assert look(figure)[1][1] == "70.0 % · its answer, right"


def test_without_a_true_class_nothing_is_right_or_wrong() -> None:
    figure = probability_bars(np.array([0.25, 0.7, 0.05]), NAMES)

    assert {color for _, _, color in look(figure)} == {INK}
    assert look(figure)[1][1] == "70.0 % · its answer"


@pytest.mark.parametrize("true_label", [0, 60])
def test_of_many_classes_the_most_probable_ones_and_the_true_one_are_shown(true_label: int) -> None:
    probabilities = np.zeros(100)
    probabilities[20:40] = np.arange(20) / 190

    names = [
        name for name, _, _ in look(probability_bars(probabilities, list(map(str, range(100))), true_label=true_label))
    ]

    assert names == sorted([*map(str, range(28, 40)), str(true_label)], key=int)


def test_weights_that_are_no_numbers_give_words_and_no_bars() -> None:
    figure = probability_bars(np.full(3, np.nan), NAMES, true_label=2)

    assert list(figure.data[0].x) == [0, 0, 0]
    assert look(figure)[2][1] == "– · in truth"
