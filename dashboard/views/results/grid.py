"""All test rows in pages, filtered by row number, by class, or to the wrong ones."""

import numpy as np
import streamlit as st

from dashboard import texts
from dashboard.views.results.rows import show_rows
from dashboard.views.results.run_evaluation import RunEvaluation, kept_probabilities
from toolkit.models.classes import most_probable

#: Rows a page.
_PAGE = 40


@st.fragment
def show_grid(tested: RunEvaluation) -> None:
    """Show the filters, the number of matching rows, and one page of them."""
    probabilities = kept_probabilities(tested)
    if tested.data is None or probabilities is None:
        return
    st.subheader(texts.results.GRID if tested.is_pictures else texts.results.GRID_ROWS, anchor=False)
    first, last, true, label, only_wrong = _filters(tested)
    labels, classes = most_probable(probabilities), tested.data.y_test
    fits = np.zeros(len(classes), bool)
    fits[first : last + 1] = True
    for chosen, of_row in ((true, classes), (label, labels)):
        if chosen is not None:
            fits &= of_row == chosen
    if only_wrong:
        fits &= labels != classes
    rows = np.flatnonzero(fits)
    if not len(rows):
        st.info(texts.results.NONE_FIT)
        return
    # A change of filters starts again at the first page.
    key = f"page-{tested.run.id}-{first}-{last}-{true}-{label}-{only_wrong}"
    start = _PAGE * (st.session_state.get(key, 1) - 1)
    shown = rows[start : start + _PAGE]
    places = {"first": start + 1, "last": start + len(shown)}
    st.markdown(texts.results.FITTING.format(count=len(rows), rows=tested.rows(len(classes)), **places))
    show_rows(tested, probabilities, shown, "grid")
    if len(rows) > _PAGE:
        st.pagination(-(-len(rows) // _PAGE), key=key)


def _filters(tested: RunEvaluation) -> tuple[int, int, int | None, int | None, bool]:
    """First and last row, true class, predicted class (None: any), whether only the wrong ones."""
    names, end, run_id = tested.class_names, tested.evaluation.num_rows - 1, tested.run.id
    anything = [None, *range(len(names))]

    def name(label: int | None) -> str:
        return texts.results.ANY_CLASS if label is None else names[label]

    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        first = st.number_input(texts.results.FROM_ROW, 0, end, 0, key=f"from-{run_id}")
        last = st.number_input(texts.results.TO_ROW, 0, end, end, key=f"to-{run_id}")
        true = st.selectbox(texts.results.TRUE_CLASS, anything, format_func=name, key=f"grid-true-{run_id}")
        label = st.selectbox(texts.results.PREDICTED_CLASS, anything, format_func=name, key=f"grid-label-{run_id}")
        only_wrong = st.toggle(texts.results.ONLY_WRONG, key=f"wrong-{run_id}")
    return first, last, true, label, only_wrong
