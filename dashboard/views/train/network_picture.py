"""A drawing of an experiment's network, with a sentence and a table."""

from collections.abc import Sequence

import streamlit as st

from dashboard import texts
from dashboard.shared.live_chart import live_chart
from toolkit.config import ExperimentConfig
from toolkit.config.layers import Layer
from toolkit.config.shapes import LayerShape, shown, trace_shapes
from toolkit.datasets import dataset_info
from toolkit.figures import network
from toolkit.formatting import count, whole_percent

#: In pixels: if it were wider, the labels would be too far from the picture.
_WIDEST = 640


def show_network(config: ExperimentConfig, key: str) -> None:
    """Draw the network. Raises `ToolkitError` if its data can't be read, or a layer does not fit."""
    info = dataset_info(config.dataset, **config.reading)
    shapes = trace_shapes(config, info.row_shape, info.num_classes)
    names = layer_names(config)
    sentence = network_sentence(shapes, names)
    figure = network(shapes, names)
    with st.container(key=key, width=_WIDEST):
        # Not `st.plotly_chart`: that would load a second plotly.js beside the one that draws the curves.
        live_chart(figure.to_dict(), key=f"{key}-figure", height=figure.layout.height, alt=sentence)
    st.caption(sentence)
    table = st.expander(texts.TABLE, key=f"{key}-table", on_change="rerun")
    if table.open:
        table.dataframe(
            [
                {
                    texts.train.LAYER: name,
                    texts.train.ARRIVES: shown(one.input_shape),
                    texts.train.LEAVES: shown(one.output_shape),
                    texts.train.LEARNED: one.parameters,
                }
                for name, one in zip(names, shapes, strict=True)
            ],
            hide_index=True,
        )


def layer_names(config: ExperimentConfig) -> list[str]:
    """A short name for each layer, the output last: `Dense · ReLU`, `Conv 5 × 5`."""
    return [*map(_short_name, config.layers), texts.train.OUTPUT]


def network_sentence(shapes: Sequence[LayerShape], names: Sequence[str]) -> str:
    """How many layers and parameters there are, and which layer has most of them."""
    total = sum(one.parameters for one in shapes)
    largest = max(range(len(shapes)), key=lambda index: shapes[index].parameters)
    share = shapes[largest].parameters / total
    where = texts.train.ALL_PARAMETERS if share == 1 else texts.train.MOST_PARAMETERS
    return texts.train.NETWORK_SENTENCE.format(
        layers=count(sum(one.parameters > 0 for one in shapes), "layer"),
        parameters=texts.PARAMETERS.format(count=total),
        where=where.format(share=whole_percent(share), name=names[largest], number=largest + 1),
    )


def _short_name(layer: Layer) -> str:
    values = layer.model_dump()
    name = texts.LAYERS_SHORT.get(layer.kind, texts.LAYERS[layer.kind])
    if layer.shown_field:
        return f"{name} {texts.LAYER_FIGURES[layer.shown_field].format(values[layer.shown_field])}"
    if layer.kind == "activation":
        return texts.ACTIVATIONS[values["activation"]]
    if values.get("activation", "linear") != "linear":
        return f"{name} · {texts.ACTIVATIONS[values['activation']]}"
    return name
