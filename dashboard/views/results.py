"""What can it do, and where does it fail?"""

import streamlit as st

from dashboard import texts

st.header(texts.results.QUESTION, anchor=False)
