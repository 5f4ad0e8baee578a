"""What does the network get to see?"""

import streamlit as st

from dashboard import texts

st.header(texts.data.QUESTION, anchor=False)
