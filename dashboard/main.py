"""The router: what every page begins with, and which pages there are. app.py serves it."""

from pathlib import Path

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import plain
from toolkit.errors import ToolkitError
from toolkit.jobs import keep_workers

st.set_page_config(page_title=texts.APP_TITLE, page_icon="🔭", layout="wide", initial_sidebar_state="auto")
st.html(Path(__file__).parent / "style.css")
state.initialise()
try:
    keep_workers(state.ROOT)
except ToolkitError as error:
    st.error(plain(str(error)))
    st.stop()

st.navigation(
    [
        st.Page("views/train.py", title=texts.train.TITLE, icon=":material/play_circle:", default=True),
        st.Page("views/results.py", title=texts.results.TITLE, icon=":material/query_stats:"),
        st.Page("views/try_it.py", title=texts.try_it.TITLE, icon=":material/draw:"),
        st.Page("views/compare.py", title=texts.compare.TITLE, icon=":material/compare_arrows:"),
        st.Page("views/data.py", title=texts.data.TITLE, icon=":material/dataset:"),
        st.Page("views/models.py", title=texts.models.TITLE, icon=":material/save:"),
    ],
    position="top",
).run()
