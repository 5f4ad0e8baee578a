"""Chooses and names the run that a page shows, and says what to do if there is none."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import state
from dashboard.shared.formatting import plain
from dashboard.shared.run_listing import ListedRun, listed
from toolkit.datasets import dataset_title
from toolkit.formatting import count, moment, percent
from toolkit.runs import NEWER, RunFolder, dataset_of
from toolkit.runs.schema import Outcome


def labels_of(runs: Sequence[RunFolder]) -> dict[str, str]:
    """A unique label for each run, by run id: Streamlit identifies a choice by its label."""
    # A run that was deleted a moment ago is named by its id.
    labels = {run.id: _label_of(one) if (one := listed(run)) else run.id for run in runs}
    taken = Counter(labels.values())
    return {run_id: f"{label} · {run_id[-6:]}" if taken[label] > 1 else label for run_id, label in labels.items()}


def _label_of(run: ListedRun) -> str:
    """One line that names a run."""
    return texts.RUN_LABEL.format(
        name=run.title, accuracy=percent(run.accuracy), state=texts.STATES[run.state], created=moment(run.created)
    )


def choose_run(runs: Sequence[RunFolder]) -> RunFolder:
    """A field to choose one of the runs, at least one; the default is the run that Train shows."""
    ids, labels = {run.id: run for run in runs}, labels_of(runs)
    shown, current = st.session_state[state.RUN], state.still_chosen(state.RESULTS_RUN, ids)
    chosen = st.selectbox(
        texts.CHOOSE_RUN,
        list(ids),
        index=list(ids).index(current or runs[0].id),
        format_func=labels.__getitem__,
        # Streamlit identifies a choice by its label: if a label has changed, the field needs a new key.
        key=state.key("results", shown, hash(tuple(labels.values()))),
    )
    st.session_state[state.RESULTS_RUN] = (chosen, shown)
    return ids[chosen]


def show_no_runs(sentence: str = texts.NO_RUNS) -> None:
    """Say that there is no suitable run yet, and how to make one."""
    st.info(sentence)
    if st.button(texts.GO_TRAIN, type="primary"):
        switch_to("train")


def show_newer(run: RunFolder) -> None:
    """Show the title of a run that only a newer version of the toolkit can read, and say so."""
    with st.container(horizontal=True, vertical_alignment="center"):
        dataset = dataset_of(run)
        title = title_of(run.title, dataset) if dataset else plain(run.title)
        st.subheader(title, anchor=False, width="content")
        st.badge(texts.STATES[NEWER], color="gray")
    st.warning(plain(run.message), icon=":material/update:")


def trained_length(run: RunFolder) -> str:
    """How long a run was trained, in the unit of its config: `30 epochs`, `1,000 steps`."""
    result = run.result or Outcome()
    return count(result.steps, "step") if run.config.steps else count(result.epochs, "epoch")


def title_of(name: str, dataset: str) -> str:
    """`keras-mlp on MNIST digits`."""
    return texts.ON_DATA.format(name=plain(name), data=plain(dataset_title(dataset)))
