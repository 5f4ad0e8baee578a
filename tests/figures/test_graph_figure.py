"""A graph in words and as a figure, from a record made by hand."""

import pytest

from toolkit.figures.graph import ComputationGraph, GraphNode, computation_graph, number

HOMEWORK = ComputationGraph(
    (
        GraphNode("a", "Placeholder", (), 5, 1),
        GraphNode("b", "Placeholder", (), 2, -4),
        GraphNode("c", "Placeholder", (), -3, 2),
        GraphNode("e", "Mul", ("b", "c"), -6, 1, (-5, 2)),
        GraphNode("d", "AddV2", ("b", "a"), 7, 1, (1, 1)),
        GraphNode("f", "AddV2", ("e", "d"), 1, 1, (1, 1)),
    )
)


@pytest.mark.parametrize(
    ("value", "text"), [(13, "13"), (-0.5, "−0.5"), (-0.0, "0"), (1 / 3, "0.33333"), (2e12, "2e+12")]
)
def test_numbers_are_written_as_people_write_them(value: float, text: str) -> None:
    assert number(value) == text


def test_the_steps_lead_from_the_inputs_to_the_output() -> None:
    assert HOMEWORK.steps() == [
        "e = b × c = 2 × (−3) = −6",
        "d = b + a = 2 + 5 = 7",
        "f = e + d = (−6) + 7 = 1",
    ]


def test_each_gradient_is_a_sentence_and_several_ways_are_named() -> None:
    assert HOMEWORK.gradients() == [
        "∂f/∂a = 1. If a grows a little, f grows just as much.",
        "∂f/∂b = −4. If b grows a little, f falls 4 times as much: −5 through e and 1 through d.",
        "∂f/∂c = 2. If c grows a little, f grows 2 times as much.",
    ]


def test_the_figure_shows_every_node_with_value_formula_and_gradient() -> None:
    figure = computation_graph(HOMEWORK)

    shown = [annotation.text for annotation in figure.layout.annotations]
    assert list(figure.data[0].text) == [
        "<b>a = 5</b><br>input",
        "<b>b = 2</b><br>input",
        "<b>c = −3</b><br>input",
        "<b>e = −6</b><br>b × c",
        "<b>d = 7</b><br>b + a",
        "<b>f = 1</b><br>e + d",
    ]
    assert [text for text in shown if text.startswith("∂")] == [
        f"∂f/∂{name} = {gradient}" for name, gradient in zip("abcedf", ["1", "−4", "2", "1", "1", "1"], strict=True)
    ]


def test_an_arrow_leads_from_every_input_to_its_operation_with_what_comes_back_on_it() -> None:
    figure = computation_graph(HOMEWORK)

    names = dict(zip(zip(figure.data[0].x, figure.data[0].y, strict=True), "abcedf", strict=True))
    arrows = [one for one in figure.layout.annotations if one.showarrow]
    labels = {(one.x, one.y): one.text for one in figure.layout.annotations if one.text.startswith("← ")}
    found = {
        (names[one.ax, one.ay], names[one.x, one.y]): labels[(one.ax + one.x) / 2, (one.ay + one.y) / 2]
        for one in arrows
    }
    assert found == {
        ("b", "e"): "← −5",
        ("c", "e"): "← 2",
        ("b", "d"): "← 1",
        ("a", "d"): "← 1",
        ("e", "f"): "← 1",
        ("d", "f"): "← 1",
    }


def test_inputs_stand_left_in_their_order_and_no_arrows_cross() -> None:
    figure = computation_graph(HOMEWORK)

    places = dict(zip("abcedf", zip(figure.data[0].x, figure.data[0].y, strict=True), strict=True))
    assert [places[name] for name in "abc"] == [(0, 1), (0, 0), (0, -1)]
    assert [places[name] for name in "de"] == [(1, 0.5), (1, -0.5)]
    assert places["f"] == (2, 0)
