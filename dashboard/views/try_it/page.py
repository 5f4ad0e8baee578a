"""Try it: why does it see that in my digit?"""

from dataclasses import replace

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import plain
from dashboard.shared.run_picker import show_no_runs
from dashboard.views.try_it.answers import show_answer, show_others, show_table
from dashboard.views.try_it.ladder import show_ladder, skipped_steps
from dashboard.views.try_it.network_picker import choose_network, first_choice, picture_runs, table_runs
from dashboard.views.try_it.picture_input import SIDE, PictureInput, choose_picture
from dashboard.views.try_it.reading import preparations, read_picture, what_it_sees
from dashboard.views.try_it.table_rows import show_table_rows
from toolkit import jobs
from toolkit.errors import ToolkitError
from toolkit.runs import RunFolder, list_runs


@st.fragment
def show_page(runs: list[RunFolder]) -> None:
    """Draw everything below the question; redrawn after each stroke, without reading the runs again."""
    if st.session_state.get(state.ASKED, first_choice(runs).id) in {run.id for run in table_runs(runs)}:
        st.header(texts.try_it.QUESTION_ROWS, anchor=False)
        show_table_rows(choose_network(runs))
        return
    st.header(texts.try_it.QUESTION, anchor=False)
    verdict = st.container()
    with st.container(horizontal=True, gap="large"):
        giving, answering = st.container(width=SIDE), st.container(width="stretch")
    with answering:
        run = choose_network(runs)
    try:
        with giving:
            picture_input = choose_picture(run)
        if picture_input is None:
            verdict.markdown(texts.try_it.FIRST)
            return
        skip = skipped_steps()
        with giving:
            prepare = _choose_preparation(run, picture_input)
        with verdict:
            reading = read_picture(run, picture_input.picture, skip, prepare)
    except ToolkitError as error:
        verdict.error(plain(str(error)), icon=":material/error:")
        return
    if reading is None:
        return
    verdict.markdown(what_it_sees(reading))
    for remark in reading.remarks:
        verdict.caption(remark)
    with answering:
        picture_input = replace(picture_input, meant=show_answer(reading, picture_input.meant, skip))
    show_ladder(picture_input, reading)
    show_others(picture_runs(runs), run, picture_input, reading)
    show_table(reading)


def _choose_preparation(run: RunFolder, picture_input: PictureInput) -> str | None:
    """Let the learner choose how the picture is prepared; None if it follows the training pictures."""
    possible = preparations(run, picture_input.picture)
    chosen = st.selectbox(
        texts.try_it.PREPARATION,
        ["auto", *possible],
        format_func=texts.try_it.PREPARATIONS.__getitem__,
        key=f"{state.PREPARATION}-{'-'.join(possible)}",
        help=texts.try_it.PREPARATION_HELP,
        persist_state="session",
    )
    return None if chosen == "auto" else chosen


all_runs = list_runs(state.ROOT)
runs = [*picture_runs(all_runs), *table_runs(all_runs)]
if runs:
    jobs.predictor(state.ROOT).warm()
    show_page(runs)
else:
    st.header(texts.try_it.QUESTION, anchor=False)
    show_no_runs(texts.try_it.NO_PICTURE_RUNS if all_runs else texts.NO_RUNS)
