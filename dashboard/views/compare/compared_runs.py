"""Chooses the runs to compare, gives them unique titles, and keeps the choice in the URL."""

from collections import Counter
from collections.abc import Sequence
from itertools import count

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import one_line
from dashboard.shared.run_listing import listed
from toolkit.datasets import dataset_title
from toolkit.formatting import percent, shortened
from toolkit.runs import RunFolder

#: The most runs: as many as there are colours that everyone can tell apart.
MOST = 6
_LONGEST = 32


def titles(runs: Sequence[RunFolder]) -> dict[str, str]:
    """A title for each run, by run id: shortened, and numbered by age if several runs share it.

    runs: all runs, newest first.
    """
    short = {run.id: shortened(one_line(run.config.name), _LONGEST) for run in reversed(runs)}
    counts = Counter(short.values())
    unique = {run_id: name for run_id, name in short.items() if counts[name] == 1}
    taken = set(unique.values())
    for run_id, name in short.items():
        if counts[name] > 1:
            unique[run_id] = next(title for number in count(1) if (title := f"{name} ({number})") not in taken)
            taken.add(unique[run_id])
    return {run.id: unique[run.id] for run in runs}


def choose_runs(runs: Sequence[RunFolder]) -> dict[str, RunFolder]:
    """A field to choose the runs to compare; returns them by title, in the order chosen.

    runs: all runs, newest first, at least two. The choice is kept in the URL and in the session.
    """
    ids, called = {run.id: run for run in runs}, titles(runs)
    labels = {run.id: _label(run, called[run.id]) for run in runs}
    chosen = st.multiselect(
        texts.compare.RUNS,
        list(labels),
        default=[run_id for run_id in dict.fromkeys(_first_choice(runs)) if run_id in ids][:MOST],
        format_func=labels.__getitem__,
        # Streamlit identifies a choice by its label: if a label has changed, the field needs a new key.
        key=state.key("compared", hash(tuple(labels.values()))),
        max_selections=MOST,
        placeholder=texts.compare.CHOOSE,
        select_all=False,
    )
    st.session_state[state.COMPARED] = chosen
    if chosen:
        st.query_params[state.QUERY_RUNS] = ",".join(chosen)
    else:
        st.query_params.pop(state.QUERY_RUNS, None)
    return {called[run_id]: ids[run_id] for run_id in chosen}


def _label(run: RunFolder, title: str) -> str:
    one = listed(run)
    accuracy = one.accuracy if one else None
    outcome = texts.STATES[one.state if one else run.state] if accuracy is None else percent(accuracy)
    return texts.compare.RUN.format(title=title, data=dataset_title(run.config.dataset), outcome=outcome)


def _first_choice(runs: Sequence[RunFolder]) -> list[str]:
    """The run ids in the URL, else those chosen before, else two comparable runs."""
    if address := st.query_params.get(state.QUERY_RUNS):
        return address.split(",")
    chosen: list[str] | None = st.session_state[state.COMPARED]
    return _newest_two(runs) if chosen is None else chosen


def _newest_two(runs: Sequence[RunFolder]) -> list[str]:
    """The newest two runs on the same data, preferably with the run that Train shows; else the newest two."""
    shown = next((run for run in runs if run.id == st.session_state[state.RUN]), runs[0])
    before: dict[str, str] = {}
    for run in sorted(runs, key=lambda run: (run.config.dataset != shown.config.dataset, run.id != shown.id)):
        if run.config.dataset in before:
            return [before[run.config.dataset], run.id]
        before[run.config.dataset] = run.id
    return [run.id for run in runs[:2]]
