"""Selectable test rows: pictures that are buttons, or lines of a table."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from dashboard import texts
from dashboard.shared import sample_rows, state
from dashboard.shared.formatting import plain
from dashboard.shared.offered import row_in
from dashboard.views.results.run_evaluation import RunEvaluation
from toolkit.datasets.pictures import shown_pictures
from toolkit.formatting import whole_percent
from toolkit.models.classes import NO_CLASS, most_probable

#: Wide enough for `9 ✗ · 98 %` below the picture.
_CARD = 96
_LONGEST_NAME = 12


def show_rows(tested: RunEvaluation, probabilities: np.ndarray, rows: Sequence[int] | np.ndarray, section: str) -> None:
    """Show test rows with the network's predictions; selecting one opens its details.

    probabilities: of all test rows. rows: their indices. section: a unique key for this place on the page.
    """
    if not len(rows):
        return
    (_show_pictures if tested.is_pictures else _show_table)(tested, probabilities, [int(row) for row in rows], section)


def sure(probability: float) -> str:
    """0.996 as `99 %`; a dash for NaN."""
    return whole_percent(probability) if np.isfinite(probability) else texts.UNSURE


def _show_pictures(tested: RunEvaluation, probabilities: np.ndarray, rows: list[int], section: str) -> None:
    assert tested.data is not None
    pictures, true = shown_pictures(tested.data.x_test[rows]), tested.data.y_test[rows]
    with st.container(horizontal=True, gap="xsmall"):
        for row, picture, label in zip(rows, pictures, true, strict=True):
            with st.container(width=_CARD, gap=None, horizontal_alignment="center", key=f"card-{section}-{row}"):
                alt = texts.SAMPLE_ALT.format(label=tested.class_names[label])
                st.image(sample_rows.enlarged(picture), alt=alt)
                caption = _caption(tested.class_names, probabilities[row], int(label))
                if st.button(caption, key=f"look-{section}-{row}", type="tertiary"):
                    state.look_into(row)
                    st.rerun()


def _caption(names: Sequence[str], probabilities: np.ndarray, true: int) -> str:
    if not np.isfinite(probabilities).all():
        return texts.UNSURE
    label = int(probabilities.argmax())
    words = texts.SAMPLE_RIGHT if label == true else texts.results.SAMPLE_WRONG
    short = [plain(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…") for name in names]
    return words.format(label=short[label], sure=sure(float(probabilities[label])), true=short[true])


def _show_table(tested: RunEvaluation, probabilities: np.ndarray, rows: list[int], section: str) -> None:
    assert tested.data is not None
    names, labels = tested.class_names, most_probable(probabilities[rows])
    true = [names[label] for label in tested.data.y_test[rows]]
    lead = {
        texts.results.ROW: [f"{row:,}" for row in rows],
        texts.TRUE: true,
        texts.PREDICTED: [
            texts.UNSURE if label == NO_CLASS else sample_rows.marked(names[label], is_so)
            for label, is_so in zip(labels, true, strict=True)
        ],
        texts.SURE: [sure(float(of_row[label])) for of_row, label in zip(probabilities[rows], labels, strict=True)],
    }
    st.caption(texts.results.CHOOSE_ROW)
    chosen = st.dataframe(
        sample_rows.row_table(tested.data.x_test[rows], lead, tested.data.feature_names),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=state.key("rows", section, tested.run.id),
    )
    if (place := row_in(chosen.selection.rows, len(rows))) is not None:
        state.look_into(rows[place])
        state.renew_widgets()  # so that the same row can be chosen again
        st.rerun()
