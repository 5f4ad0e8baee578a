"""Compare: which is better, and is it more than luck?"""

from collections.abc import Mapping

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import run_actions, run_measurements, state
from dashboard.shared.formatting import plain
from dashboard.shared.run_picker import show_no_runs
from dashboard.views.compare.compared_runs import choose_runs
from dashboard.views.compare.differences import show_differences
from dashboard.views.compare.side_by_side import show_curves, show_verdict
from toolkit.analysis.comparison import compare_runs
from toolkit.errors import ToolkitError
from toolkit.runs import RunFolder, list_runs

#: Seconds between two checks of unfinished runs.
_PACE = 3.0
_UNDER_WAY = ("queued", "running")


def show_comparison(runs: Mapping[str, RunFolder]) -> None:
    """Show curves and table, redrawn while one of the runs is unfinished."""
    going = any(run.state in _UNDER_WAY for run in runs.values())

    @st.fragment(run_every=_PACE if going else None)
    def redraw() -> None:
        states = {run.state for run in runs.values()}
        if going and not states & set(_UNDER_WAY):
            st.rerun()  # the whole page, for the verdict on the tests
        try:
            histories = [run_measurements.read(run).history for run in runs.values()]
            compared = compare_runs(list(runs.values()), histories=histories)
        except ToolkitError as error:  # A run was deleted meanwhile, or is damaged.
            st.error(plain(str(error)), icon=":material/error:")
            return
        show_curves(runs, compared)
        show_differences(runs, compared)

    redraw()


def show_actions(runs: Mapping[str, RunFolder]) -> None:
    """Show the buttons of each run."""
    st.markdown(f"**{texts.compare.ACTIONS}**")
    for title, run in runs.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(title)}**", width="stretch")
            run_actions.load_button(run)
            run_actions.results_button(run)
            run_actions.rename_button(run)
            run_actions.delete_button(run)


st.header(texts.compare.QUESTION, anchor=False)
run_actions.show_deleted()
runs = list_runs(state.ROOT)
if not runs:
    show_no_runs()
elif len(runs) == 1:
    st.info(texts.compare.ONE_RUN)
    if st.button(texts.GO_TRAIN, type="primary"):
        switch_to("train")
else:
    verdict = st.container()
    chosen = choose_runs(runs)
    with verdict:
        if len(chosen) > 1:
            show_verdict(chosen)
        else:
            st.info(texts.compare.CHOOSE_TWO)
    if len(chosen) > 1:
        show_comparison(chosen)
    if chosen:
        show_actions(chosen)
