"""The traced graph against calculus by hand, finite differences, and the `tf.function` itself."""

import math

import pytest
import tensorflow as tf

from toolkit.computation_graph import homework, trace_graph
from toolkit.figures.graph import ComputationGraph, GraphNode


def by_hand(a: float, b: float, c: float) -> float:
    return b * c + (b + a)


@pytest.fixture(scope="module")
def graph() -> ComputationGraph:
    return trace_graph(homework, a=5, b=2, c=3)


def test_the_nodes_are_those_of_tensorflows_own_graph_in_its_order(graph: ComputationGraph) -> None:
    assert graph.nodes == (
        GraphNode("a", "Placeholder", (), 5, 1),
        GraphNode("b", "Placeholder", (), 2, 4),
        GraphNode("c", "Placeholder", (), 3, 2),
        GraphNode("e", "Mul", ("b", "c"), 6, 1, (3, 2)),
        GraphNode("d", "AddV2", ("b", "a"), 7, 1, (1, 1)),
        GraphNode("f", "AddV2", ("e", "d"), 13, 1, (1, 1)),
    )
    assert graph.output.name == "f"
    assert [node.name for node in graph.inputs] == ["a", "b", "c"]


@pytest.mark.parametrize("values", [(5, 2, 3), (-1.5, 0, 4), (0.1, 0.2, -0.3)])
def test_gradients_are_those_of_calculus_and_of_finite_differences(values: tuple[float, float, float]) -> None:
    graph = trace_graph(homework, **dict(zip("abc", values, strict=True)))

    gradients = [node.gradient for node in graph.inputs]
    a, b, c = values
    step = 1e-4
    assert graph.output.value == pytest.approx(by_hand(a, b, c), abs=1e-12)
    assert gradients == pytest.approx([1, c + 1, b])
    for place in range(3):
        up, down = (by_hand(*(v + sign * step * (i == place) for i, v in enumerate(values))) for sign in (1, -1))
        assert gradients[place] == pytest.approx((up - down) / (2 * step), abs=1e-8)


def test_the_compiled_function_gives_the_same_value_and_gradients(graph: ComputationGraph) -> None:
    inputs = [tf.Variable(node.value) for node in graph.inputs]

    with tf.GradientTape() as tape:
        output = homework(*inputs)

    assert float(output) == graph.output.value
    assert [float(one) for one in tape.gradient(output, inputs)] == [node.gradient for node in graph.inputs]


def test_any_function_of_numbers_can_be_traced() -> None:
    """One neuron of plain Python, named by TensorFlow; x enters twice, so both shares add up."""

    @tf.function
    def neuron(x: tf.Tensor, w: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(x * w - x)

    graph = trace_graph(neuron, x=2, w=1.5)

    share = 1 / (1 + math.exp(-1)) * (1 - 1 / (1 + math.exp(-1)))
    assert [node.operation for node in graph.nodes] == ["Placeholder", "Placeholder", "Mul", "Sub", "Sigmoid"]
    assert [node.gradient for node in graph.inputs] == pytest.approx([0.5 * share, 2 * share])
    assert graph.steps()[-1].startswith("Sigmoid = Sigmoid(sub) = Sigmoid(1) = 0.73106")


def test_an_input_that_the_output_does_not_need_has_gradient_0() -> None:
    graph = trace_graph(tf.function(lambda x, y: tf.add(x, 1.0, name="z")), x=2, y=7)

    assert [node.formula for node in graph.nodes] == ["input", "input", "constant", "x + z/y"]
    assert graph.output.value == 3
    assert graph.gradients() == [
        "∂z/∂x = 1. If x grows a little, z grows just as much.",
        "∂z/∂y = 0. If y grows a little, z stays as it is.",
    ]
