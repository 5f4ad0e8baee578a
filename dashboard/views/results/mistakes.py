"""The confusion matrix beside the rows of one cell, and the worst mistakes."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared.charts import draw
from dashboard.shared.formatting import plain
from dashboard.shared.offered import row_in
from dashboard.views.results.rows import show_rows, sure
from dashboard.views.results.run_evaluation import RunEvaluation, kept_probabilities, probabilities_of
from dashboard.views.results.verdict import commonest_mistakes
from toolkit.figures import MARK, confusion_matrix
from toolkit.formatting import percent
from toolkit.models.classes import most_probable

#: The most rows shown of a cell, and of the worst mistakes.
_OF_CELL, _WORST = 24, 10


@st.fragment
def show_confusion(tested: RunEvaluation) -> None:
    """Show which classes are mixed up; a click on a cell, or the two fields beside it, show the cell's rows."""
    st.subheader(texts.results.CONFUSION, anchor=False)
    left, right = st.columns(2, gap="medium")
    true_key, label_key = (f"{name}-{tested.run.id}" for name in ("true", "predicted"))
    mistakes = commonest_mistakes(tested.evaluation.confusion_matrix) or [(0, 0, 0)]
    st.session_state.setdefault(true_key, mistakes[0][0])
    st.session_state.setdefault(label_key, mistakes[0][1])
    with left:
        _show_matrix(tested, true_key, label_key)
    with right:
        names = [*tested.class_names]
        with st.container(horizontal=True):
            true = st.selectbox(texts.results.IN_TRUTH, range(len(names)), format_func=names.__getitem__, key=true_key)
            label = st.selectbox(
                texts.results.TAKEN_FOR, range(len(names)), format_func=names.__getitem__, key=label_key
            )
        _show_cell(tested, true, label)
    with st.expander(texts.TABLE):
        _show_tables(tested)


def show_worst(tested: RunEvaluation) -> None:
    """Show the wrong predictions with the highest confidence."""
    worst = tested.evaluation.worst_mistakes[:_WORST]
    if not worst:
        return
    st.subheader(texts.results.WORST, anchor=False)
    st.caption(texts.results.WORST_NOTE)
    if (probabilities := kept_probabilities(tested)) is not None:
        rows = [one.row for one in worst if one.row < len(probabilities)]
        show_rows(tested, probabilities, rows, "worst")
        return
    lines = [(one.row, one.true_label, one.label, sure(one.probability)) for one in worst]
    st.dataframe(
        pd.DataFrame(lines, columns=[texts.results.ROW, texts.TRUE, texts.PREDICTED, texts.SURE]), hide_index=True
    )


def _show_matrix(tested: RunEvaluation, true_key: str, label_key: str) -> None:
    key = f"confusion-{tested.run.id}"

    def take_cell() -> None:
        # Deselecting a cell keeps the previous choice.
        if cell := cell_in(st.session_state[key].selection.points, len(tested.class_names)):
            st.session_state[true_key], st.session_state[label_key] = cell

    true, label = st.session_state[true_key], st.session_state[label_key]
    figure = confusion_matrix(tested.evaluation.confusion_matrix, tested.class_names)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    corners = {"x0": label - 0.5, "x1": label + 0.5, "y0": true - 0.5, "y1": true + 0.5}
    figure.add_shape(type="rect", **corners, line={"color": MARK, "width": 3})
    draw(figure, key, texts.results.CONFUSION_ALT, on_select=take_cell, selection_mode="points")
    st.caption(texts.results.CONFUSION_NOTE)


def cell_in(points: Any, num_classes: int) -> tuple[int, int] | None:
    """True and predicted class of the first point; None if a matrix of `num_classes` classes has no such cell."""
    point = points[0] if isinstance(points, list) and points else None
    cell = point.get("customdata") if isinstance(point, dict) else None
    if not isinstance(cell, list) or len(cell) != 2:
        return None
    true, label = (row_in([one], num_classes) for one in cell)
    return None if true is None or label is None else (true, label)


def _show_cell(tested: RunEvaluation, true: int, label: int) -> None:
    matrix, names = tested.evaluation.confusion_matrix, [plain(name) for name in tested.class_names]
    words = texts.results.CELL_RIGHT if true == label else texts.results.CELL_WRONG
    counted = {"count": int(matrix[true, label]), "rows": tested.rows(int(matrix[true].sum()))}
    st.markdown(words.format(true=names[true], label=names[label], **counted))
    probabilities = probabilities_of(tested)
    if probabilities is None or tested.data is None or not matrix[true, label]:
        return
    rows = np.flatnonzero((tested.data.y_test == true) & (most_probable(probabilities) == label))
    rows = rows[np.argsort(probabilities[rows, true], kind="stable")]
    order = texts.results.CELL_ORDER.format(shown=min(len(rows), _OF_CELL), true=names[true])
    st.caption(f"{order} {texts.results.CHOOSE_PICTURE}" if tested.is_pictures else order)
    show_rows(tested, probabilities, rows[:_OF_CELL], "cell")


def _show_tables(tested: RunEvaluation) -> None:
    evaluation, names = tested.evaluation, pd.Index(tested.class_names)
    st.markdown(texts.results.MATRIX_TABLE)
    st.dataframe(pd.DataFrame(evaluation.confusion_matrix, index=names, columns=names))
    st.markdown(texts.results.CLASSES_TABLE)
    metrics = [
        (one.name, percent(one.precision), percent(one.recall), percent(one.f1), one.rows) for one in evaluation.classes
    ]
    st.dataframe(pd.DataFrame(metrics, columns=list(texts.results.CLASS_COLUMNS)), hide_index=True)
