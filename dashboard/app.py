"""The router: `streamlit run dashboard/app.py`."""

import sys
from pathlib import Path

# `streamlit run` puts only this folder on the path; the toolkit lies beside it.
PROJECT = Path(__file__).resolve().parent.parent
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))

import streamlit as st  # noqa: E402

from dashboard import state, texts  # noqa: E402
from toolkit.errors import ToolkitError  # noqa: E402
from toolkit.jobs import keep_workers  # noqa: E402

st.set_page_config(page_title=texts.APP_TITLE, page_icon="🔭", layout="wide", initial_sidebar_state="auto")
st.html(PROJECT / "dashboard" / "style.css")
state.initialise()
try:
    keep_workers(state.ROOT)
except ToolkitError as error:
    st.error(str(error))
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
