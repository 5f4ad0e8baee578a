"""The field to upload one's own data, and the result."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.dataset_cache import dataset_shown
from dashboard.shared.formatting import plain
from dashboard.shared.table_columns import choose_label, choose_left_out, choose_shape
from dashboard.views.data.dataset_choice import show_use
from dashboard.views.data.own_data import UploadedData, is_one_of_several, take_files
from toolkit.config.reading import RECOGNISED, Reading
from toolkit.errors import ToolkitError
from toolkit.formatting import count


@dataclass(frozen=True)
class Uploaded:
    """The content of the upload field: the ids of its files, the ids of those that were read, and the result."""

    ids: frozenset[str]
    read: frozenset[str]
    uploaded: UploadedData


def show_upload() -> None:
    """Upload files; the page shows them if they can be used, or else says what is wrong."""
    st.markdown(texts.data.OWN_HOW.format(most=st.get_option("server.maxUploadSize")))
    files = st.file_uploader(texts.data.UPLOAD, accept_multiple_files=True, key="own-files")
    if not files:
        st.session_state[state.UPLOADED] = None
        return
    before: Uploaded | None = st.session_state[state.UPLOADED]
    if before is None or before.ids != {file.file_id for file in files}:
        _take(files, of_one_data_set(files, before.ids if before else ()), RECOGNISED)
        return
    uploaded = before.uploaded
    if uploaded.columns:
        reading = _choose_reading(uploaded, sorted(before.read))
        if reading != uploaded.reading:
            _take(files, [file for file in files if file.file_id in before.read], reading)
    if uploaded.path is None:
        st.error(plain(uploaded.problem), icon=":material/error:")
    else:
        _show_uploaded(uploaded.path, uploaded.reading)


def of_one_data_set(files: Sequence[UploadedFile], known: Collection[str]) -> Sequence[UploadedFile]:
    """The files of the field to read: all if they are IDX files or single arrays, else only the new ones.

    known: the ids of the files that were there before.
    """
    if all(is_one_of_several(file.name) for file in files):
        return files
    return [file for file in files if file.file_id not in known] or files[-1:]


def _choose_reading(uploaded: UploadedData, ids: list[str]) -> Reading:
    """Fields for the label, the columns to leave out, and the shape of a table."""
    reading, columns = uploaded.reading, uploaded.columns
    with st.container(width=420):
        label = choose_label(columns, uploaded.label, reading["label"], f"label-of-{ids}")
        features = [name for name in columns if name not in uploaded.label]
        leave_out = choose_left_out(features, reading["leave_out"], f"leave-out-of-{ids}")
        shape = choose_shape(reading["shape"], f"shape-of-{ids}")
    return {"label": label, "leave_out": tuple(leave_out), "shape": shape}


def _take(files: Sequence[UploadedFile], read: Sequence[UploadedFile], reading: Reading) -> None:
    """Read files, store the result, and draw the page with it."""
    with st.spinner(texts.data.READING, show_time=True):
        uploaded = take_files(state.ROOT, {file.name: file.getvalue() for file in read}, reading)
    in_field, of_read = (frozenset(file.file_id for file in group) for group in (files, read))
    st.session_state[state.UPLOADED] = Uploaded(in_field, of_read, uploaded)
    if uploaded.path is not None:
        st.session_state[state.OWN_DATA][uploaded.path] = uploaded.reading
        state.look_at(uploaded.path)
    st.rerun()


def _show_uploaded(path: str, reading: Reading) -> None:
    try:
        data = dataset_shown(path, reading)
    except ToolkitError as error:  # The file was removed meanwhile.
        st.error(plain(str(error)), icon=":material/error:")
        return
    rows = count(len(data.x_train) + len(data.x_test), "row")
    st.success(texts.data.TAKEN.format(name=plain(Path(path).name), rows=rows, classes=data.num_classes))
    show_use(path, reading, key="use-own")
