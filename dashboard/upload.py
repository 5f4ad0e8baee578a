"""The field to bring data of one's own with, and what became of them."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard import state, texts
from dashboard.data_choice import show_use
from dashboard.datasets_shown import dataset_shown
from dashboard.own_data import Taken, take_files
from dashboard.words import count, plain


def show_upload() -> None:
    """Take files; where they can be used, the page shows them, else it says what is wrong."""
    limit = st.get_option("server.maxUploadSize")
    st.markdown(texts.data.OWN_HOW.format(most=limit))
    files = st.file_uploader(texts.data.UPLOAD, accept_multiple_files=True, key="own-files")
    if not files:
        st.session_state[state.TAKEN] = None
        return
    ids = tuple(file.file_id for file in files)
    if st.session_state[state.TAKEN] is None or st.session_state[state.TAKEN][0] != ids:
        _take(ids, files, None)
    taken: Taken = st.session_state[state.TAKEN][1]
    if taken.columns:
        chosen = st.selectbox(
            texts.data.LABEL_COLUMN,
            taken.columns,
            index=taken.columns.index(taken.label) if taken.label in taken.columns else 0,
            key=f"label-of-{ids}",
            width=420,
        )
        if chosen != taken.label:
            _take(ids, files, chosen)
    if taken.path is None:
        st.error(plain(taken.problem), icon=":material/error:")
    else:
        _show_taken(taken.path, taken.label)


def _take(
    ids: tuple[str, ...], files: Sequence[st.runtime.uploaded_file_manager.UploadedFile], label: str | None
) -> None:
    """Read the files, keep what became of them, and draw the page anew with it."""
    with st.spinner(texts.data.READING, show_time=True):
        taken = take_files(state.ROOT, {file.name: file.getvalue() for file in files}, label)
    st.session_state[state.TAKEN] = (ids, taken)
    if taken.path is not None:
        st.session_state[state.OWN_DATA][taken.path] = taken.label
        st.session_state[state.LOOKED_AT] = taken.path
    st.rerun()


def _show_taken(path: str, label: str | None) -> None:
    data = dataset_shown(path, label)
    rows = count(len(data.x_train) + len(data.x_test), "row")
    st.success(texts.data.TAKEN.format(name=plain(Path(path).name), rows=rows, classes=data.num_classes))
    show_use(path, label, key="use-own")
