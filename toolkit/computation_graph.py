"""The slides' homework: `tf.function` builds a graph of a few lines of Python, `GradientTape` walks it backwards."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from .figures.graph import ComputationGraph, GraphNode


@tf.function
def homework(a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) -> tf.Tensor:
    """f = e + d, where e = b·c and d = b + a. By hand: ∂f/∂a = 1, ∂f/∂b = c + 1, ∂f/∂c = b."""
    e = tf.multiply(b, c, name="e")
    d = tf.add(b, a, name="d")
    return tf.add(e, d, name="f")


def trace_graph(function: Any, **inputs: float) -> ComputationGraph:
    """Read the graph that TensorFlow built from a function, and compute it step by step, forward and backward.

    function: a `tf.function` that takes scalars and returns a scalar, made of operations with one result each.
    inputs: a number for each of its arguments.

    Runs every operation again, one after the other, under a `tf.GradientTape`, then takes the gradient of the
    output with respect to every value and to every operation's inputs.

    >>> trace_graph(homework, a=5, b=2, c=3).output.value
    13.0
    """
    signature = {name: tf.TensorSpec((), tf.float64, name=name) for name in inputs}
    graph = function.get_concrete_function(**signature).graph
    operations = [one for one in graph.get_operations() if one.type not in ("Identity", "NoOp")]
    values: dict[str, tf.Tensor] = {}
    arrived: dict[str, list[tf.Tensor]] = {}
    with tf.GradientTape() as tape:
        for one in operations:
            # One copy per arrow, so that its gradient is what flows back along that arrow alone.
            arrived[one.name] = [tf.identity(values[source.op.name]) for source in one.inputs]
            values[one.name] = _done_again(one, arrived[one.name]) if one.inputs else _given(one, inputs)
            tape.watch(values[one.name])
    output = values[operations[-1].name]
    zero = tf.UnconnectedGradients.ZERO
    gradients, shares = tape.gradient(output, (values, arrived), unconnected_gradients=zero)
    nodes = (
        GraphNode(
            name=one.name,
            operation=one.type,
            inputs=tuple(source.op.name for source in one.inputs),
            value=float(values[one.name]),
            gradient=float(gradients[one.name]),
            shares=tuple(float(share) for share in shares[one.name]),
        )
        for one in operations
    )
    return ComputationGraph(tuple(nodes))


def _given(operation: Any, inputs: Mapping[str, float]) -> tf.Tensor:
    """The value of an input, or of a constant in the code."""
    value = inputs[operation.name] if operation.type == "Placeholder" else tf.make_ndarray(operation.get_attr("value"))
    return tf.constant(value, tf.float64)


def _done_again(operation: Any, arrived: list[tf.Tensor]) -> tf.Tensor:
    """Run one operation of a graph eagerly on these values."""
    names = [argument.name for argument in operation.op_def.input_arg]
    return getattr(tf.raw_ops, operation.type)(**dict(zip(names, arrived, strict=True)))
