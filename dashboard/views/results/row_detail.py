"""The details of one test row: its probabilities, the raw outputs behind them, every layer's activations."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared import sample_rows, state
from dashboard.shared.ask_network import ask
from dashboard.shared.charts import draw
from dashboard.shared.formatting import plain
from dashboard.views.results.rows import sure
from dashboard.views.results.run_evaluation import RunEvaluation
from toolkit.config.shapes import shown
from toolkit.datasets.pictures import shown_pictures
from toolkit.figures import MOST_FILTERS, MOST_UNITS, activations, probability_bars
from toolkit.formatting import percent

#: The longer side of the picture, in pixels.
_SIDE = 280
#: The name of a Keras layer class -> its name on the page.
_WORDS = {kind.replace("_", ""): word for kind, word in texts.LAYERS.items()} | {
    "normalization": texts.results.STANDARDISING
}


def look_into_chosen_row(tested: RunEvaluation, probabilities: np.ndarray) -> None:
    """Open the row that the visitor has chosen, or that the URL names."""
    row = st.session_state[state.TEST_ROW]
    if row is not None and row < len(probabilities):
        title = texts.results.PICTURE if tested.is_pictures else texts.results.ROW_TITLE
        window = st.dialog(title.format(row=row), width="large", on_dismiss=lambda: state.look_into(None))
        window(_show_row)(tested, probabilities[row], row)


def _show_row(tested: RunEvaluation, probabilities: np.ndarray, row: int) -> None:
    assert tested.data is not None
    true, x = int(tested.data.y_test[row]), tested.data.x_test[row]
    sentence, alt = _prediction_in_words(tested.class_names, probabilities, true)
    st.markdown(sentence)
    left, middle, right = st.columns([1, 1.5, 1], gap="medium")
    with left:
        _show_values(tested, x, true)
    with middle:
        figure = probability_bars(probabilities, tested.class_names, true_label=true)
        draw(figure, f"bars-{row}", alt)
    with right:
        scores = st.empty()
    st.caption(texts.results.LINK_HINT)
    answer = ask(lambda predictor: predictor.activations(tested.run.id, x))
    if answer is None:
        return
    with scores.container():
        _show_scores(tested, probabilities, answer["scores"])
    _show_layers(answer["layers"], row)


def _prediction_in_words(class_names: tuple[str, ...], probabilities: np.ndarray, true: int) -> tuple[str, str]:
    """The network's prediction as Markdown, and the alt text of its bars."""
    names = [plain(name) for name in class_names]
    if not np.isfinite(probabilities).all():
        return texts.results.SAYS_NOTHING.format(true=names[true]), texts.results.NO_BARS_ALT
    label = int(probabilities.argmax())
    words = texts.results.SAYS_RIGHT if true == label else texts.results.SAYS_WRONG
    confidence = sure(float(probabilities[label]))
    return words.format(true=names[true], label=names[label], sure=confidence), texts.results.BARS_ALT.format(
        label=class_names[label], sure=confidence
    )


def _show_values(tested: RunEvaluation, x: np.ndarray, true: int) -> None:
    if tested.is_pictures:
        alt = texts.SAMPLE_ALT.format(label=tested.class_names[true])
        st.image(sample_rows.enlarged(shown_pictures(x[None])[0], _SIDE), alt=alt)
        return
    assert tested.data is not None
    columns = list(sample_rows.column_names(len(x), tested.data.feature_names))
    st.dataframe(pd.Series(x, index=columns, name=texts.results.VALUE), height=_SIDE)


def _show_scores(tested: RunEvaluation, probabilities: np.ndarray, scores: np.ndarray) -> None:
    """Show the probabilities beside the raw outputs from which softmax computed them."""
    table = {
        texts.TRUE: tested.class_names,
        texts.results.PROBABILITY: [f"{one:.6f}" for one in probabilities],
        texts.results.RAW_OUTPUT: [f"{one:.4f}" for one in scores],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content" if len(scores) <= 12 else 420)
    st.caption(texts.results.RAW_OUTPUT_NOTE)


def _show_layers(layers: list[dict[str, Any]], row: int) -> None:
    st.markdown(f"**{texts.results.LAYER_BY_LAYER}**")
    if not all(np.isfinite(layer["values"]).all() for layer in layers):
        st.info(texts.results.NO_NUMBERS)
        return
    st.caption(texts.results.LAYER_COLOURS)
    for number, layer in enumerate(layers, 1):
        _show_layer(number, layer, row)
    with st.expander(texts.TABLE):
        st.dataframe(_layer_table(layers), hide_index=True)


def _show_layer(number: int, layer: dict[str, Any], row: int) -> None:
    values, kind = layer["values"], layer["kind"]
    name = _WORDS.get(kind.lower(), plain(layer["name"]))
    words = texts.results.SAME_VALUES.get(kind) or _how_many(values)
    st.markdown(texts.results.LAYER.format(number=number, name=name, words=words))
    if kind in texts.results.SAME_VALUES:
        return
    figure = activations(values)
    alt = texts.results.LAYER_ALT.format(name=name, words=words)
    draw(figure, f"layer-{number}-{row}", alt)


def _how_many(values: np.ndarray) -> str:
    """`64 units, 31 of them exactly zero`, and how many are drawn if not all."""
    if values.ndim > 1:
        silent = int((values == 0).all(axis=(0, 1)).sum())
        words = texts.results.FILTERS.format(shape=shown(values.shape), count=values.shape[-1], silent=silent)
        most, total = MOST_FILTERS, values.shape[-1]
    else:
        words = texts.results.UNITS.format(count=len(values), silent=int((values == 0).sum()))
        most, total = MOST_UNITS, len(values)
    return words if total <= most else words + texts.results.FIRST_DRAWN.format(most=most)


def _layer_table(layers: list[dict[str, Any]]) -> pd.DataFrame:
    rows = [
        (
            layer["name"],
            shown(layer["values"].shape),
            *(f"{one:.4f}" for one in (layer["values"].min(), layer["values"].mean(), layer["values"].max())),
            percent(float((layer["values"] == 0).mean())),
        )
        for layer in layers
    ]
    return pd.DataFrame(rows, columns=list(texts.results.LAYER_COLUMNS))
