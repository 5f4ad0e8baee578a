"""Why does it see that in my digit?"""

import streamlit as st

from dashboard import texts

st.header(texts.try_it.QUESTION, anchor=False)
