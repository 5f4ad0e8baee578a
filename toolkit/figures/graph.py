"""A computation graph as a record, in words for learners, and as a figure. Imports no TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

#: TensorFlow's name of an operation -> its sign between two inputs.
_SIGNS = {"Mul": "×", "AddV2": "+", "Sub": "−", "RealDiv": "/"}

_INPUT, _OPERATION, _ARROW, _GRADIENT = "#2f6fed", "#5b6472", "#8b93a1", "#c2410c"
_NODE_SIZE = 116


@dataclass(frozen=True)
class GraphNode:
    """An input or one operation of a graph.

    name: its name in the graph. operation: TensorFlow's name, such as "Mul"; "Placeholder" for an input,
    "Const" for a constant in the code.
    inputs: the names of the nodes that it takes. value: its result. gradient: the derivative of the graph's
    output with respect to this value. shares: for each input, the part of its gradient that flows back through
    this node.
    """

    name: str
    operation: str
    inputs: tuple[str, ...]
    value: float
    gradient: float
    shares: tuple[float, ...] = ()

    @property
    def formula(self) -> str:
        """`b × c`; "input" or "constant" if nothing is computed."""
        return self.written_with(dict(zip(self.inputs, self.inputs, strict=True)))

    def written_with(self, words: Mapping[str, str]) -> str:
        """The formula with these words for its inputs."""
        if not self.inputs:
            return "input" if self.operation == "Placeholder" else "constant"
        shown_inputs = [words[name] for name in self.inputs]
        if self.operation in _SIGNS:
            return f" {_SIGNS[self.operation]} ".join(shown_inputs)
        return f"{self.operation}({', '.join(shown_inputs)})"


@dataclass(frozen=True)
class ComputationGraph:
    """The nodes of a graph in the order in which they are computed; the last one is the output."""

    nodes: tuple[GraphNode, ...]

    @property
    def output(self) -> GraphNode:
        """The last node."""
        return self.nodes[-1]

    @property
    def inputs(self) -> tuple[GraphNode, ...]:
        """The nodes whose values were given."""
        return tuple(node for node in self.nodes if node.operation == "Placeholder")

    def steps(self) -> list[str]:
        """How the output is computed, one operation per line: `e = b × c = 2 × 3 = 6`."""
        words = {node.name: _in_a_sum(node.value) for node in self.nodes}
        return [
            f"{node.name} = {node.formula} = {node.written_with(words)} = {number(node.value)}"
            for node in self.nodes
            if node.inputs
        ]

    def gradients(self) -> list[str]:
        """What each input does to the output, in one sentence each."""
        return [self._gradient_sentence(node) for node in self.inputs]

    def _gradient_sentence(self, node: GraphNode) -> str:
        output, size = self.output.name, abs(node.gradient)
        moves = "grows" if node.gradient > 0 else "falls"
        effect = f"{output} {moves} {'just' if size == 1 else f'{number(size)} times'} as much"
        if size == 0:
            effect = f"{output} stays as it is"
        shares = [
            f"{number(share)} through {user.name}"
            for user in self.nodes
            for name, share in zip(user.inputs, user.shares, strict=True)
            if name == node.name
        ]
        ways = f": {' and '.join(shares)}" if len(shares) > 1 else ""
        return f"∂{output}/∂{node.name} = {number(node.gradient)}. If {node.name} grows a little, {effect}{ways}."


def number(value: float) -> str:
    """A number as a person writes it: 13, −0.5."""
    return f"{value + 0.0:.5g}".replace("-", "−")  # −0 + 0 is 0


def _in_a_sum(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def computation_graph(graph: ComputationGraph) -> go.Figure:
    """Inputs on the left, the output on the right; values flow along the arrows, gradients flow back in orange.

    All text has a filled background, so that it is legible on light and dark pages.
    """
    places = _places(graph)
    figure = go.Figure([_nodes_trace(graph, places)])
    for node in graph.nodes:
        for source, share in zip(node.inputs, node.shares, strict=True):
            figure.add_annotation(**_arrow(places[source], places[node.name]))
            figure.add_annotation(**_label(_between(places[source], places[node.name]), f"← {number(share)}", 16))
        x, y = places[node.name]
        text = f"∂{graph.output.name}/∂{node.name} = {number(node.gradient)}"
        figure.add_annotation(**_label((x, y), text, 18), yshift=-_NODE_SIZE / 2 - 16)
    _add_key(figure)
    rows = [y for _, y in places.values()]
    figure.update_layout(
        height=int(190 * (max(rows) - min(rows) + 1)) + 40,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        showlegend=False,
        xaxis={"visible": False, "range": [-0.4, max(x for x, _ in places.values()) + 0.4], "fixedrange": True},
        yaxis={"visible": False, "range": [min(rows) - 0.6, max(rows) + 0.5], "fixedrange": True},
    )
    return figure


_Place = tuple[float, float]


def _places(graph: ComputationGraph) -> dict[str, _Place]:
    """One column per level, each node near the height of its inputs, so that few arrows cross."""
    columns: dict[str, int] = {}
    for node in graph.nodes:
        columns[node.name] = 1 + max((columns[name] for name in node.inputs), default=-1)
    places: dict[str, _Place] = {}
    for column in sorted(set(columns.values())):
        here = [node for node in graph.nodes if columns[node.name] == column]
        heights = {node.name: sum(places[name][1] for name in node.inputs) / max(1, len(node.inputs)) for node in here}
        # The sort is stable: inputs keep their order.
        for row, node in enumerate(sorted(here, key=lambda node: -heights[node.name])):
            places[node.name] = (float(column), (len(here) - 1) / 2 - row)
    return places


def _nodes_trace(graph: ComputationGraph, places: dict[str, _Place]) -> dict[str, Any]:
    xs, ys = zip(*(places[node.name] for node in graph.nodes), strict=True)
    return {
        "type": "scatter",
        "x": xs,
        "y": ys,
        "mode": "markers+text",
        "text": [f"<b>{node.name} = {number(node.value)}</b><br>{node.formula}" for node in graph.nodes],
        "textfont": {"color": "white", "size": 20},
        "marker": {
            "size": _NODE_SIZE,
            "color": [_OPERATION if node.inputs else _INPUT for node in graph.nodes],
            "opacity": 1,
        },
        "hovertext": [f"{node.name}: {node.operation}" for node in graph.nodes],
        "hoverinfo": "text",
        "cliponaxis": False,
    }


def _between(start: _Place, end: _Place) -> _Place:
    return (start[0] + end[0]) / 2, (start[1] + end[1]) / 2


def _arrow(start: _Place, end: _Place) -> dict[str, Any]:
    edge = _NODE_SIZE / 2 + 3
    return {
        "x": end[0],
        "y": end[1],
        "ax": start[0],
        "ay": start[1],
        **{"xref": "x", "yref": "y", "axref": "x", "ayref": "y"},
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowwidth": 3,
        "arrowcolor": _ARROW,
        "standoff": edge,
        "startstandoff": edge,
    }


def _add_key(figure: go.Figure) -> None:
    """What the two colours mean, in the lower right corner, which the output leaves free."""
    for row, (text, colour) in enumerate((("← gradients come back", _GRADIENT), ("→ values go forwards", _OPERATION))):
        corner = {"xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
        figure.add_annotation(**{**_label((1, 0), text, 16), **corner, "bgcolor": colour}, yshift=34 * row)


def _label(place: _Place, text: str, size: int) -> dict[str, Any]:
    return {
        "x": place[0],
        "y": place[1],
        "text": text,
        "showarrow": False,
        "font": {"color": "white", "size": size},
        "bgcolor": _GRADIENT,
        "borderpad": 3,
    }
