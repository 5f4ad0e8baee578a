"""The first layer's weights as pictures, or as a table if the data are one."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared.ask_network import ask
from dashboard.shared.charts import draw
from dashboard.views.results.run_evaluation import RunEvaluation
from toolkit.errors import DataError
from toolkit.figures import templates

#: In pixels: a wider figure only moves the pictures apart.
_WIDTH = 800


def show_learned(tested: RunEvaluation) -> None:
    """Show the first layer's weights: ten templates, the strongest units, or the filters."""
    if tested.data is None or not tested.run.model_path.exists():
        return
    st.subheader(texts.results.LEARNED, anchor=False)
    weights = ask(lambda predictor: predictor.first_weights(tested.run.id))
    if weights is None:
        return
    if not np.isfinite(weights).all():
        st.info(texts.results.NO_NUMBERS)
        return
    linear = not any(layer.has_kernel for layer in tested.run.config.layers)
    names = tested.class_names if linear and weights.shape[-1] == len(tested.class_names) else ()
    try:
        figure = templates(weights, tested.data.row_shape, class_names=names)
    except DataError:
        st.info(texts.results.NOT_DRAWN)
        return
    kind = "unit" if weights.ndim == 2 else "filter"
    what = texts.results.LOOKS_FOR["class" if names else kind if tested.is_pictures else "table"]
    st.caption(texts.results.LEARNED_NOTE.format(what=what))
    alt = texts.results.LEARNED_ALT.format(what=what)
    with st.container(width=_WIDTH):
        draw(figure, "first-layer-weights", alt)
    with st.expander(texts.TABLE):
        st.dataframe(_table(tested, weights, names))


def _table(tested: RunEvaluation, weights: np.ndarray, names: tuple[str, ...]) -> pd.DataFrame:
    """Every weight for table data; otherwise a summary of each unit's or filter's weights."""
    assert tested.data is not None
    columns = list(names) or [str(number) for number in range(1, weights.shape[-1] + 1)]
    if not tested.data.is_pictures:
        named = len(tested.data.feature_names) == len(weights)
        return pd.DataFrame(weights, index=list(tested.data.feature_names) if named else None, columns=columns)
    flat = weights.reshape(-1, weights.shape[-1])
    summary = {"lowest": flat.min(axis=0), "highest": flat.max(axis=0), "strength": np.sqrt((flat**2).sum(axis=0))}
    return pd.DataFrame({texts.results.WEIGHT_COLUMNS[name]: values for name, values in summary.items()}, index=columns)
