"""The network in the sidebar: layers to add, remove, reorder and edit, with shapes and parameters."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.fields import number_input, show_sentence
from dashboard.shared.formatting import shape_line
from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS
from toolkit.config.shapes import LayerShape, trace_shapes
from toolkit.config.validation import choices
from toolkit.datasets import dataset_info
from toolkit.errors import ToolkitError

#: The fields that a layer's editor does not show; initializers are set for the whole network.
_HIDDEN = {"kind", "kernel_initializer", "bias_initializer", "use_bias", "momentum"}


def edit_network(problems: Mapping[str, str]) -> None:
    """Draw the list of layers, the shapes and the parameters."""
    layers = state.draft()["layers"]
    if not layers:
        st.caption(texts.form.NO_LAYERS)
    for index, (number, values) in enumerate(layers):
        _layer_row(index, number, values)
        for field, sentence in problems.items():
            if field == f"layers.{index}" or field.startswith(f"layers.{index}."):
                show_sentence(sentence)
    if "layers" in problems:
        show_sentence(problems["layers"])
    _add_layer()
    if shapes := _shapes():
        st.caption(shape_line(shapes) + "  \n" + texts.PARAMETERS.format(count=sum(one.parameters for one in shapes)))


def layer_title(values: Mapping[str, Any]) -> str:
    """`Dense · 64 units · ReLU`."""
    parts = [texts.LAYERS_SHORT.get(values["kind"], texts.LAYERS[values["kind"]])]
    if values["kind"] == "activation":
        return texts.ACTIVATIONS[values["activation"]]
    parts += [words.format(values[name]) for name, words in texts.LAYER_FIGURES.items() if name in values]
    if values.get("activation", "linear") != "linear":
        parts.append(texts.ACTIVATIONS[values["activation"]])
    return " · ".join(parts)


def _layer_row(index: int, number: int, values: dict[str, Any]) -> None:
    layers = state.draft()["layers"]
    with st.container(horizontal=True, wrap=False, gap="xsmall", vertical_alignment="center"):
        with st.popover(layer_title(values), width="stretch", key=state.key("layer", number)):
            _edit_layer(number, values)
            _move_button(texts.form.MOVE_UP, index, index - 1, number)
            _move_button(texts.form.MOVE_DOWN, index, index + 1, number)
        if st.button(
            "✕",
            key=state.key("remove", number),
            type="tertiary",
            help=f"{texts.form.REMOVE}: {layer_title(values)}",
        ):
            del layers[index]
            st.rerun()


def _move_button(label: str, index: int, target: int, number: int) -> None:
    layers = state.draft()["layers"]
    possible = 0 <= target < len(layers)
    if st.button(label, key=state.key(label, number), disabled=not possible, width="stretch"):
        layers[index], layers[target] = layers[target], layers[index]
        st.rerun()


def _edit_layer(number: int, values: dict[str, Any]) -> None:
    model = LAYER_KINDS[values["kind"]]
    st.caption(model.__doc__ or "")
    for name, field in model.model_fields.items():
        if name in _HIDDEN or name not in values:
            continue
        key = state.key("layer", number, name)
        if options := choices(field):
            words = texts.ACTIVATIONS if name == "activation" else dict(zip(options, options, strict=True))
            st.selectbox(
                texts.FIELDS[name],
                options,
                index=options.index(values[name]),
                format_func=words.__getitem__,
                key=key,
            )
        else:
            number_input(model, name, values[name], key)


def _add_layer() -> None:
    with st.popover(texts.form.ADD_LAYER, icon=":material/add:", key=state.key("add")):
        for kind, model in LAYER_KINDS.items():
            if st.button(texts.LAYERS[kind], key=state.key("add", kind), help=model.__doc__, width="stretch"):
                state.add_layer(model(kind=kind).model_dump())
                st.rerun()


def _shapes() -> list[LayerShape]:
    """The draft's shapes; empty while the draft is invalid, which its fields show."""
    try:
        config = ExperimentConfig(**state.draft_values())
        info = dataset_info(config.dataset, **config.reading)
        return trace_shapes(config, info.row_shape, info.num_classes)
    except ToolkitError:
        return []
