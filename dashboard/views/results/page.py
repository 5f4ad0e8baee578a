"""Results: what can it do, and where does it fail?"""

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.downloads import download_buttons
from dashboard.shared.run_picker import choose_run, show_no_runs
from dashboard.views.results.first_layer_weights import show_learned
from dashboard.views.results.grid import show_grid
from dashboard.views.results.mistakes import show_confusion, show_worst
from dashboard.views.results.row_detail import look_into_chosen_row
from dashboard.views.results.run_evaluation import RunEvaluation, kept_probabilities, open_test
from dashboard.views.results.verdict import show_untested, show_verdict
from toolkit import jobs
from toolkit.runs import RunFolder, list_runs


def show_run(run: RunFolder) -> None:
    """Show a run's test results, or why there are none."""
    st.query_params[state.QUERY_RUN] = run.id
    tested = open_test(run)
    if tested is None:
        show_untested(run)
        show_downloads(run)
        return
    if run.model_path.exists():
        # Start the predictor now, since the page needs it in a moment.
        jobs.predictor(state.ROOT).warm()
    show_test(tested)


def show_downloads(run: RunFolder) -> None:
    """Show the download buttons."""
    st.subheader(texts.results.DOWNLOADS, anchor=False)
    download_buttons(run, report=True)


def show_test(tested: RunEvaluation) -> None:
    """Show the parts in page order."""
    show_verdict(tested)
    show_confusion(tested)
    show_worst(tested)
    show_grid(tested)
    first_layer = st.container()
    show_downloads(tested.run)
    if (probabilities := kept_probabilities(tested)) is not None:
        look_into_chosen_row(tested, probabilities)
    # Drawn last, since it may have to wait for the predictor.
    with first_layer:
        show_learned(tested)


st.header(texts.results.QUESTION, anchor=False)
runs = list_runs(state.ROOT)
if runs:
    show_run(choose_run(runs))
else:
    show_no_runs()
