"""Which run a page is about: choosing one, naming it, and what to say where there is none."""

from collections.abc import Sequence

import streamlit as st

from dashboard import state, texts
from dashboard.words import moment, percent, plain
from toolkit.datasets import dataset_title
from toolkit.runs import RunFolder


def label_of(run: RunFolder) -> str:
    """One line to choose a run by."""
    result = run.result or {}
    return texts.RUN_LABEL.format(
        name=run.config.name,
        accuracy=percent(result.get("test_accuracy")),
        state=texts.STATES[run.state],
        created=moment(run.created),
    )


def choose_run(runs: Sequence[RunFolder], key: str) -> RunFolder:
    """A field to choose one of the runs, of which there is at least one; first the run that Train shows.

    key: where the session keeps the choice.
    """
    ids = {run.id: run for run in runs}
    shown = st.session_state[state.RUN]
    chosen = st.selectbox(
        texts.CHOOSE_RUN,
        list(ids),
        index=list(ids).index(shown) if shown in ids else 0,
        format_func=lambda run_id: label_of(ids[run_id]),
        key=key,
    )
    return ids[chosen]


def show_no_runs(sentence: str = texts.NO_RUNS) -> None:
    """There is no run yet, or none that the page is about: what to do about it."""
    st.info(sentence)
    if st.button(texts.GO_TRAIN, type="primary"):
        st.switch_page("views/train.py")


def title_of(name: str, dataset: str) -> str:
    """`keras-mlp on MNIST digits`."""
    return texts.ON_DATA.format(name=plain(name), data=plain(dataset_title(dataset)))
