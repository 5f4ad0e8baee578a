"""The list of models: a summary, and a table to choose a run from."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import plain
from dashboard.shared.offered import row_in
from dashboard.shared.run_listing import ListedRun
from toolkit.datasets import dataset_title
from toolkit.formatting import file_size, moment, percent

#: A longer list gets a search field.
_SEARCHED = 10
#: Least width in pixels: a phone still shows accuracy and size beside it.
_TITLE_WIDTH = 140


def show_answer(runs: Sequence[ListedRun]) -> None:
    """Say how many models are saved, how large they are, and which is the best on the most used data set."""
    saved = [run for run in runs if run.size]
    if not saved:
        st.markdown(texts.models.NOTHING_SAVED)
        return
    models = texts.models.ONE_MODEL if len(saved) == 1 else texts.models.MODELS.format(count=len(saved))
    together = texts.models.TOGETHER if len(saved) == 1 else texts.models.ALL_TOGETHER
    answer = together.format(models=models, size=file_size(sum(run.size for run in saved)))
    judged = [run for run in saved if run.accuracy is not None]
    if judged:
        ((dataset, _),) = Counter(run.dataset for run in judged).most_common(1)
        best = max((run for run in judged if run.dataset == dataset), key=lambda run: run.accuracy or 0)
        title, accuracy = plain(best.title), percent(best.accuracy).replace(" ", "\u00a0")
        answer += " " + texts.models.BEST.format(data=plain(dataset_title(dataset)), name=title, accuracy=accuracy)
    st.markdown(answer)


def choose_listed(runs: Sequence[ListedRun]) -> ListedRun | None:
    """Show the table of runs, at least one, and return the selected run.

    The default is the run that Train shows, else the newest. None if the search finds nothing.
    """
    found = _search(runs) if len(runs) > _SEARCHED else runs
    if not found:
        return None
    row = _row_to_show([run.run_id for run in found])
    st.dataframe(
        [_row(run) for run in found],
        hide_index=True,
        column_config=_columns(),
        placeholder=texts.UNSURE,
        alt=texts.models.TABLE_ALT,
        key=state.MODEL_TABLE,
        on_select="rerun",
        selection_mode="single-row-required",
    )
    return found[row]


def _row_to_show(ids: list[str]) -> int:
    """The row of the chosen run; moves the table's selection there if it differs."""
    shown, marked, drawn = st.session_state[state.RUN], _marked_row(), st.session_state[state.MODEL_ROWS]
    if marked is not None and marked < len(drawn):
        # The selection refers to the rows as drawn: other people may have added or deleted runs since.
        st.session_state[state.CHOSEN] = (drawn[marked], shown)
    row = ids.index(state.still_chosen(state.CHOSEN, ids) or ids[0])
    if row != marked:
        st.session_state[state.MODEL_TABLE] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    st.session_state[state.CHOSEN], st.session_state[state.MODEL_ROWS] = (ids[row], shown), ids
    return row


def _marked_row() -> int | None:
    """The selected row of the table, None if it has not been drawn yet."""
    if state.MODEL_TABLE not in st.session_state:
        return None
    rows = st.session_state[state.MODEL_TABLE]["selection"]["rows"]
    return row_in(rows, sys.maxsize)


def _search(runs: Sequence[ListedRun]) -> list[ListedRun]:
    words = st.text_input(texts.models.FILTER, key=state.MODEL_FILTER, icon=":material/search:").strip()
    sought = words.casefold()
    found = [run for run in runs if sought in f"{run.title}\n{dataset_title(run.dataset)}".casefold()]
    if not found:
        st.info(texts.models.NOTHING_FOUND.format(count=len(runs), words=plain(words)))
        st.button(texts.models.SHOW_ALL, on_click=_forget_search)
    return found


def _forget_search() -> None:
    st.session_state[state.MODEL_FILTER] = ""


def _row(run: ListedRun) -> dict[str, str | float | None]:
    return {
        "title": run.title,
        "accuracy": None if run.accuracy is None else 100 * run.accuracy,
        "size": run.size / 1e6 or None,
        "created": moment(run.created),
        "state": texts.STATES[run.state],
        "data": dataset_title(run.dataset) or None,
        "parameters": run.parameters,
        "layers": run.layers or None,
    }


def _columns() -> dict[str, Any]:
    formats = {"accuracy": "%.2f %%", "size": "%.2f MB", "parameters": "localized"}
    columns: dict[str, Any] = dict(texts.models.COLUMNS)
    for name, shown_as in formats.items():
        columns[name] = st.column_config.NumberColumn(
            columns[name], format=shown_as, help=texts.models.COLUMNS_HELP.get(name)
        )
    return {**columns, "title": st.column_config.TextColumn(columns["title"], width=_TITLE_WIDTH)}
