"""Which is better, and is it more than luck?"""

import streamlit as st

from dashboard import texts

st.header(texts.compare.QUESTION, anchor=False)
