"""Shares an experiment: as Keras code, and as a link that opens it."""

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import plain
from dashboard.shared.links import link_to
from toolkit.code_export import data_file_name, export_code
from toolkit.config import ExperimentConfig
from toolkit.errors import ToolkitError
from toolkit.formatting import percent
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import check_data
from toolkit.runs.schema import Outcome
from toolkit.runs.store import slug


def show_code(config: ExperimentConfig, run: RunFolder | None = None) -> None:
    """A button that shows the experiment as a plain Keras script, to copy or download; run: the config's run."""

    @st.dialog(texts.train.CODE_TITLE, width="large", on_dismiss=_forget_code)
    def show() -> None:
        try:
            code = _code_of_run(run) if run else _code_of_draft(config)
        except ToolkitError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.caption(texts.train.CODE_NEEDS.format(file=plain(data_file_name(config))))
        name = f"{run.id if run else slug(config.name)}.py"
        st.download_button(
            texts.train.DOWNLOAD_CODE, code, name, "text/x-python", on_click="ignore", icon=":material/download:"
        )
        st.code(code)

    if st.button(texts.train.SHOW_CODE, icon=":material/code:", width="stretch", key="show-code"):
        st.session_state[state.CODE_SHOWN] = True
    # Remembered, so that the dialog stays open when the page is redrawn at the end of a training.
    if st.session_state[state.CODE_SHOWN]:
        show()


def _forget_code() -> None:
    st.session_state[state.CODE_SHOWN] = False


def show_link(config: ExperimentConfig) -> None:
    """A button that shows the link to this configuration, to copy."""
    with st.popover(texts.train.COPY_LINK, icon=":material/link:", width="stretch", key="link"):
        st.markdown(texts.train.LINK_HELP)
        st.code(link_to(config, st.context.url or ""), language=None, wrap_lines=True)


def _code_of_draft(config: ExperimentConfig) -> str:
    return export_code(config, weights_file=_weights_name(st.session_state[state.WEIGHTS_FROM]))


def _code_of_run(run: RunFolder) -> str:
    check_data(run)
    accuracy = (run.result or Outcome()).test_accuracy
    words = texts.train.CODE_ABOUT if accuracy is None else texts.train.CODE_ABOUT_TESTED
    about = words.format(run=run.id, state=texts.STATES[run.state], accuracy=percent(accuracy))
    return export_code(run.config, weights_file=_weights_name(run.about.get("weights_from")), about=about)


def _weights_name(source: str | None) -> str | None:
    """The name under which Models offers a run's weights for download."""
    return f"{source}.weights.h5" if source else None
