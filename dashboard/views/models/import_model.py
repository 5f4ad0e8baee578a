"""The field to import a model file, and the message after the import."""

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import plain
from toolkit import jobs
from toolkit.datasets import DATASETS, dataset_title
from toolkit.errors import DataError, ToolkitError
from toolkit.model_import.guard import MOST_BYTES
from toolkit.model_import.labels import read_labels
from toolkit.runs import open_run
from toolkit.runs.disk_space import check_folder

#: Stands for "whichever data set fits"; no data set has this name.
_WHICHEVER = ""
#: An import stores the file, the model made from it, and its weights.
_COPIES = 3


def show_import() -> None:
    """Import a model file as a run and show that run, or say why the file is refused."""
    st.subheader(texts.models.BRING, anchor=False)
    largest = round(MOST_BYTES / 1e6)
    most = min(largest, st.get_option("server.maxUploadSize"))
    st.markdown(texts.models.BRING_WORDS.format(most=most))
    if most < largest:
        st.caption(texts.models.BRING_LARGER.format(most=largest))
    # A new key after each import clears the field.
    file = st.file_uploader(texts.models.BRING_FILE, key=state.key("model-file"), max_upload_size=most, width=520)
    names = st.file_uploader(
        texts.models.BRING_LABELS,
        type=["txt"],
        help=texts.models.BRING_LABELS_HELP,
        key=state.key("model-labels"),
        max_upload_size=1,
        width=520,
    )
    own = st.session_state[state.OWN_DATA]
    dataset = st.selectbox(
        texts.models.LEARNED,
        [_WHICHEVER, *DATASETS, *own],
        format_func=lambda name: dataset_title(name) if name else texts.models.WHICHEVER_FITS,
        help=texts.models.LEARNED_HELP,
        key=state.key("model-data"),
        width=420,
    )
    pressed = st.button(texts.models.IMPORT, type="primary", icon=":material/upload_file:", disabled=file is None)
    if pressed and file is not None:
        _import(file, names, dataset or None, own[dataset]["label"] if dataset in own else None)


def show_imported() -> None:
    """Say once that a model was imported."""
    run_id = st.session_state[state.BROUGHT]
    st.session_state[state.BROUGHT] = None
    if run_id is None:
        return
    try:
        name = open_run(state.ROOT, run_id).config.name
    except ToolkitError:  # Someone has deleted it meanwhile.
        return
    st.success(texts.models.IMPORTED.format(name=plain(name)), icon=":material/check:")


def _import(file: UploadedFile, names: UploadedFile | None, dataset: str | None, label: str | None) -> None:
    try:
        if dataset is not None and not state.may_use(dataset):
            raise DataError(texts.form.DATA_REFUSED)
        settings: dict[str, Any] = {"asked_by": "dashboard", "dataset": dataset, "label": label}
        if names is not None:
            settings["labels"] = read_labels(names.getvalue(), Path(names.name).name)
        with st.spinner(texts.models.IMPORTING, show_time=True):
            check_folder(state.ROOT, _COPIES * file.size)
            brought = jobs.ModelFile(Path(file.name).name, file)
            run = jobs.import_model(state.ROOT, brought, **settings)
    except ToolkitError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state[state.BROUGHT] = run.id
    state.choose_model(run.id)
    state.renew_widgets()
    st.rerun()
