"""The class balance: shares of parts of different sizes, told apart without colour too."""

import numpy as np

from toolkit.figures import TRAINING, VALIDATION, class_balance

COUNTS = {"training": np.array([6, 2]), "validation": np.array([1, 1]), "test": np.array([1, 3])}


def test_bars_are_shares_of_their_part_and_hovering_tells_the_rows() -> None:
    training, validation, test = class_balance(COUNTS, ("ant", "bee")).data
    assert [bars.name for bars in (training, validation, test)] == ["training", "validation", "test"]
    np.testing.assert_allclose([training.y, validation.y, test.y], [[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]])
    assert list(training.customdata) == ["75.0 %, 6 rows", "25.0 %, 2 rows"]


def test_the_parts_have_the_colours_of_the_curves_and_differ_in_hatching() -> None:
    bars = class_balance(COUNTS, ("ant", "bee")).data
    assert [one.marker.color for one in bars[:2]] == [TRAINING, VALIDATION]
    assert len({one.marker.pattern.shape for one in bars}) == 3


def test_a_part_without_rows_is_left_out() -> None:
    figure = class_balance({**COUNTS, "validation": np.array([0, 0])}, ("ant", "bee"))
    assert [bars.name for bars in figure.data] == ["training", "test"]


def test_a_dotted_line_stands_where_all_classes_would_be_equal() -> None:
    (line,) = class_balance({"training": [1, 2, 3, 4]}, "abcd").layout.shapes
    assert (line.y0, line.y1, line.line.dash) == (0.25, 0.25, "dot")


def test_names_are_shown_as_they_are_and_of_many_classes_only_some() -> None:
    assert class_balance({"test": [1, 1]}, ("<i>a</i>", "b")).layout.xaxis.ticktext[0] == "&lt;i&gt;a&lt;/i&gt;"
    axis = class_balance({"test": [1] * 100}, [f"class {number}" for number in range(100)]).layout.xaxis
    assert list(axis.ticktext[:2]) == ["class 0", "class 3"]
    assert list(axis.tickvals[:2]) == [0, 3]
