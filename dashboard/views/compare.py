"""Compare: which is better, and is it more than luck?"""

import streamlit as st

from dashboard import run_actions, state, texts
from dashboard.chosen import show_no_runs
from dashboard.words import plain
from toolkit.runs import list_runs

st.header(texts.compare.QUESTION, anchor=False)
runs = list_runs(state.ROOT)
if not runs:
    show_no_runs()
for run in runs:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(run.config.name)}**", width="content")
        run_actions.load_button(run)
        run_actions.results_button(run)
        run_actions.rename_button(run)
        run_actions.delete_button(run)
