"""What can be done with a run, wherever a page shows one: a button each."""

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import state
from dashboard.shared.fields import show_sentence
from dashboard.shared.formatting import plain
from toolkit import jobs
from toolkit.errors import ConfigError, ToolkitError
from toolkit.formatting import file_size
from toolkit.runs import RunFolder


def rename_button(run: RunFolder) -> None:
    """Give the run another title; one that a config would not take is explained beside the field."""
    question = st.popover(texts.run_actions.RENAME, icon=":material/edit:", key=state.key("rename", run.id))
    with question, st.form(state.key("renaming", run.id), border=False):
        title = st.text_input(texts.FIELDS["name"], run.config.name, key=state.key("title", run.id))
        if not st.form_submit_button(texts.run_actions.SAVE_TITLE, type="primary"):
            return
        try:
            run.rename(title)
        except ConfigError as error:
            advice = error.problems[0].advice
            show_sentence(advice[:1].upper() + advice[1:])
        except ToolkitError as error:
            st.error(plain(str(error)))
        else:
            _close_and_redraw()


def delete_button(run: RunFolder) -> None:
    """Remove the run for good, once that was asked; a run that is training is refused with a sentence."""
    with st.popover(texts.run_actions.DELETE, icon=":material/delete:", key=state.key("delete", run.id)):
        st.markdown(texts.run_actions.DELETE_QUESTION.format(name=plain(run.config.name), size=file_size(run.size())))
        if not st.button(texts.run_actions.DELETE_NOW, type="primary", key=state.key("delete-now", run.id)):
            return
        try:
            run.delete()
        except ToolkitError as error:
            st.error(plain(str(error)))
        else:
            state.forget_run(run.id)
            _close_and_redraw()


def load_button(run: RunFolder) -> None:
    """Open Train with the run's settings in its form; nothing is started."""
    if st.button(texts.run_actions.LOAD, icon=":material/tune:", key=state.key("load", run.id)):
        state.load_settings(run)
        switch_to("train")


def stop_button(run: RunFolder) -> None:
    """Stop a run that trains, or take one that waits out of the queue."""
    waits, asked = run.state == "queued", run.stop_requested
    label = texts.train.STOPPING if asked else texts.train.CANCEL if waits else texts.train.STOP
    if st.button(label, icon=":material/stop:", disabled=asked, key="stop"):
        try:
            jobs.stop(run)
        except ToolkitError as error:
            st.error(plain(str(error)))
        else:
            st.rerun()  # the whole page, which then looks for the end more often


def results_button(run: RunFolder) -> None:
    """Open Results with this run."""
    if st.button(texts.run_actions.RESULTS, icon=":material/query_stats:", key=state.key("results", run.id)):
        state.show_run(run.id)
        switch_to("results")


def _close_and_redraw() -> None:
    """New keys close every question, and the page is drawn with what the folders hold now."""
    state.renew_widgets()
    st.rerun()
