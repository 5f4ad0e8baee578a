"""Buttons that act on a run, for every page that shows one."""

from dataclasses import dataclass

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import state
from dashboard.shared.fields import show_sentence
from dashboard.shared.formatting import plain
from toolkit import jobs
from toolkit.errors import ConfigError, ToolkitError
from toolkit.formatting import count, file_size
from toolkit.limits import TRASH_DAYS
from toolkit.runs import RunFolder
from toolkit.runs.trash import is_in_trash, keeps_runs, restore_run


@dataclass(frozen=True)
class _Deleted:
    """A run that was deleted in this session. name: its title. num_bytes: its size. is_kept: it is in the trash."""

    run_id: str
    name: str
    num_bytes: int
    is_kept: bool


def rename_button(run: RunFolder) -> None:
    """Rename the run; an invalid title is explained beside the field."""
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
    """Move the run to the trash after a confirmation; a run that is training is refused with a sentence."""
    with st.popover(texts.run_actions.DELETE, icon=":material/delete:", key=state.key("delete", run.id)):
        num_bytes = run.size()
        is_kept = keeps_runs(num_bytes)
        question = texts.run_actions.DELETE_QUESTION if is_kept else texts.run_actions.DELETE_FOR_GOOD_QUESTION
        answer = texts.run_actions.DELETE_NOW if is_kept else texts.run_actions.DELETE_FOR_GOOD
        st.markdown(question.format(name=plain(run.config.name), size=file_size(num_bytes), days=_days()))
        if not st.button(answer, type="primary", key=state.key("delete-now", run.id)):
            return
        try:
            is_kept = run.delete()
        except ToolkitError as error:
            st.error(plain(str(error)))
        else:
            st.session_state[state.DELETED].append(_Deleted(run.id, run.config.name, num_bytes, is_kept))
            state.forget_run(run.id)
            _close_and_redraw()


def show_deleted() -> None:
    """Show the run deleted last, with a button that restores it: for pages with a `delete_button`."""
    deleted: list[_Deleted] = st.session_state[state.DELETED]
    # Forget runs that someone else has restored, or that have left the trash meanwhile.
    deleted[:] = [one for one in deleted if not one.is_kept or is_in_trash(state.ROOT, one.run_id)]
    if not deleted:
        return
    last = deleted[-1]
    words = texts.run_actions.DELETED if last.is_kept else texts.run_actions.DELETED_FOR_GOOD
    with st.container(horizontal=True, vertical_alignment="center", key="deleted"):
        sentence = words.format(name=plain(last.name), size=file_size(last.num_bytes), days=_days())
        st.markdown(f":material/delete: {sentence}", width="content")
        if last.is_kept:
            _undo_button(last)
        if st.button("", key="hide-deleted", icon=":material/close:", type="tertiary", help=texts.run_actions.DISMISS):
            deleted.clear()
            st.rerun()


def _undo_button(last: _Deleted) -> None:
    if not st.button(texts.run_actions.UNDO, icon=":material/undo:", key="undo", help=texts.run_actions.UNDO_HELP):
        return
    try:
        restore_run(state.ROOT, last.run_id)
    except ToolkitError as error:
        st.error(plain(str(error)))
    else:
        st.session_state[state.DELETED].remove(last)
        state.choose_model(last.run_id)
        _close_and_redraw()


def _days() -> str:
    days = TRASH_DAYS.value
    return count(round(days), "day") if days >= 1 else count(round(24 * days), "hour")


def load_button(run: RunFolder) -> None:
    """Open Train with the run's settings in its form, without starting anything."""
    if st.button(texts.run_actions.LOAD, icon=":material/tune:", key=state.key("load", run.id)):
        state.load_settings(run)
        switch_to("train")


def stop_button(run: RunFolder) -> None:
    """Stop a training run, or remove a waiting one from the queue."""
    waits, asked = run.state == "queued", run.stop_requested
    label = texts.train.STOPPING if asked else texts.train.CANCEL if waits else texts.train.STOP
    if st.button(label, icon=":material/stop:", disabled=asked, key="stop"):
        try:
            jobs.stop(run)
        except ToolkitError as error:
            st.error(plain(str(error)))
        else:
            st.rerun()  # the whole page, which then polls more often


def results_button(run: RunFolder) -> None:
    """Open Results with this run."""
    if st.button(texts.run_actions.RESULTS, icon=":material/query_stats:", key=state.key("results", run.id)):
        state.show_run(run.id)
        switch_to("results")


def _close_and_redraw() -> None:
    """Close every popover by new widget keys, and draw the page from the current folders."""
    state.renew_widgets()
    st.rerun()
