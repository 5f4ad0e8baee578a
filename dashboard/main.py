"""The router, which runs before every page. app.py serves it; pages.py lists the pages."""

from pathlib import Path

import streamlit as st

from dashboard import texts
from dashboard.pages import navigation
from dashboard.shared import first_visit, state
from dashboard.shared.formatting import plain
from toolkit.errors import ToolkitError
from toolkit.jobs import keep_workers

st.set_page_config(page_title=texts.APP_TITLE, page_icon="🔭", layout="wide", initial_sidebar_state="auto")
st.html(Path(__file__).parent / "style.css")
first_visit.initialise()
try:
    keep_workers(state.ROOT)
except ToolkitError as error:
    st.error(plain(str(error)))
    st.stop()

navigation().run()
