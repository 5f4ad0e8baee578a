"""Models: where is my model?"""

import streamlit as st

from dashboard import texts
from dashboard.shared import run_actions, state
from dashboard.shared.formatting import plain
from dashboard.shared.run_listing import ListedRun, listed_runs
from dashboard.shared.run_picker import show_newer, show_no_runs
from dashboard.views.models.import_model import show_import, show_imported
from dashboard.views.models.other_network import show_other_network
from dashboard.views.models.run_details import (
    gives_weights,
    show_actions,
    show_downloads,
    show_predictions,
    show_summary,
)
from dashboard.views.models.table import choose_listed, show_answer
from toolkit.errors import ToolkitError
from toolkit.runs import find_run_folder
from toolkit.runs.left_out import left_out_runs


def show_chosen(chosen: ListedRun, runs: list[ListedRun]) -> None:
    """Show the chosen run: its summary, its buttons, its predictions and its files."""
    run = find_run_folder(state.ROOT, chosen.run_id)
    if run.newer:
        show_newer(run)
        return
    _ = run.config  # raises if the run is damaged
    show_summary(run)
    show_actions(run)
    if not chosen.size:
        st.info(texts.RUN_UNDER_WAY if run.state in ("queued", "running") else texts.NO_MODEL)
        return
    show_predictions(run)
    show_downloads(run)
    if gives_weights(run):
        show_other_network(run, runs)
    elif run.state == "diverged":
        st.info(texts.models.NO_NUMBERS)


st.header(texts.models.QUESTION, anchor=False)
run_actions.show_deleted()
show_imported()
if runs := listed_runs(state.ROOT):
    show_answer(runs)
    if chosen := choose_listed(runs):
        try:
            show_chosen(chosen, runs)
        except ToolkitError as error:  # The run was deleted or damaged after the list was read.
            st.error(plain(str(error)), icon=":material/error:")
else:
    show_no_runs()
for sentence in left_out_runs(state.ROOT):
    st.caption(plain(sentence))
st.caption(texts.models.FOLDER.format(folder=plain(str(state.ROOT))))
show_import()
