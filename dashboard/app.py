"""`streamlit run dashboard/app.py`: the pages of main.py, and the script that draws their live charts."""

import sys
from pathlib import Path

# `streamlit run` puts only this folder on the path; the toolkit is beside it.
PROJECT = Path(__file__).resolve().parent.parent
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))

import streamlit as st  # noqa: E402

from dashboard.server import door  # noqa: E402
from dashboard.shared.idle_watch import watch_for_the_last_visitor  # noqa: E402
from dashboard.shared.live_chart import PLOTLY_ROUTE  # noqa: E402

app = st.App("main.py", routes=[PLOTLY_ROUTE], lifespan=watch_for_the_last_visitor, middleware=door())
