"""The confusion matrix: what is right, what is mistaken, and what a click says."""

from typing import Any

import numpy as np
import pytest

from toolkit.figures import confusion_matrix

MATRIX = np.array([[8, 2, 0], [0, 5, 5], [0, 0, 0]])
NAMES = ("ant", "bee", "cat")


def layers(matrix: np.ndarray = MATRIX, names: Any = NAMES) -> tuple[Any, Any, Any]:
    """The right cells, the mistakes, and the points over them."""
    return tuple(confusion_matrix(matrix, names).data)  # type: ignore[return-value]


def test_right_cells_and_mistakes_are_drawn_apart_by_their_share_of_the_row() -> None:
    right, wrong, _ = layers()

    np.testing.assert_array_equal(right.z, [[0.8, np.nan, np.nan], [np.nan, 0.5, np.nan], [np.nan] * 3])
    np.testing.assert_array_equal(wrong.z, [[np.nan, 0.2, np.nan], [np.nan, np.nan, 0.5], [np.nan] * 3])
    assert right.colorscale != wrong.colorscale
    assert (right.zmax, wrong.zmax) == (1.0, 0.5)


def test_each_count_stands_once_in_its_cell() -> None:
    right, wrong, _ = layers(np.array([[1234, 2], [0, 5]]), NAMES[:2])

    assert [list(row) for row in right.text] == [["1,234", ""], ["", "5"]]
    assert [list(row) for row in wrong.text] == [["", "2"], ["", ""]]


def test_a_point_over_each_cell_says_what_it_is_and_carries_true_and_predicted_class() -> None:
    *_, points = layers()

    assert list(map(list, points.customdata)) == [[0, 0], [0, 1], [1, 1], [1, 2]]
    assert (list(points.x), list(points.y)) == ([0, 1, 1, 2], [0, 0, 1, 1])
    assert points.hovertext[1] == "true: ant<br>predicted: bee<br>2, which is 20.0 % of its rows"
    assert points.marker.opacity == 0


def test_true_classes_go_down_from_the_top() -> None:
    axis = confusion_matrix(MATRIX, NAMES).layout

    assert (axis.xaxis.title.text, axis.yaxis.title.text) == ("predicted", "true")
    assert list(axis.yaxis.range) == [2.5, -0.5]
    assert list(axis.xaxis.range) == [-0.5, 2.5]
    assert list(axis.yaxis.ticktext) == list(NAMES)


@pytest.mark.parametrize("classes", [2, 10, 20, 21, 100])
def test_any_number_of_classes_is_legible(classes: int) -> None:
    matrix = np.eye(classes, dtype=int) * 7
    figure = confusion_matrix(matrix, [f"a class with a long name, {number}" for number in range(classes)])

    assert (figure.data[0].texttemplate is not None) == (classes <= 20)
    labels = figure.layout.xaxis.ticktext
    assert len(labels) <= 40
    assert max(map(len, labels)) <= 14
    assert 300 <= figure.layout.height <= 760


def test_a_network_without_mistakes_and_one_that_always_says_the_same_can_be_drawn() -> None:
    assert not np.isfinite(layers(np.eye(3, dtype=int))[1].z).any()
    same = np.zeros((3, 3), int)
    same[:, 0] = 5
    assert layers(same)[1].zmax == 1.0


def test_names_are_shown_as_they_are() -> None:
    figure = confusion_matrix(np.array([[1, 1], [0, 1]]), ("<i>a</i>", "b"))

    assert figure.layout.xaxis.ticktext[0] == "&lt;i&gt;a&lt;/i&gt;"
    assert figure.data[2].hovertext[0].startswith("true: &lt;i&gt;a&lt;/i&gt;<br>")
