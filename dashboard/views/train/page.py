"""Train: what is it learning, and should I stop?"""

from typing import Literal

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import run_actions, sample_rows, state
from dashboard.shared.formatting import plain, shape_line
from dashboard.shared.run_picker import show_newer, title_of
from dashboard.views.train import live
from dashboard.views.train.form import CheckedDraft, show_form
from dashboard.views.train.network_picture import show_network
from dashboard.views.train.sharing import show_code, show_link
from dashboard.views.train.starting import start
from dashboard.views.train.tour import show_tour, tour_button
from toolkit import jobs
from toolkit.config import ExperimentConfig
from toolkit.config.shapes import trace_shapes
from toolkit.datasets import dataset_info
from toolkit.errors import ToolkitError
from toolkit.formatting import count
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import SAMPLE_ROWS

_STATE_COLORS: dict[str, Literal["gray", "blue", "green", "orange", "red"]] = {
    "queued": "gray",
    "running": "blue",
    "finished": "green",
    "stopped": "orange",
    "diverged": "red",
    "failed": "red",
    "interrupted": "orange",
    "imported": "gray",
    "newer": "gray",
}


#: Seconds between two polls of an unfinished run; the second applies while it is starting or stopping.
_PACE, _PACE_WHEN_AWAITED = 1.0, 0.3


def show_header(view: live.RunView | None, checked: CheckedDraft) -> None:
    """Show title and state, Stop and Start."""
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = view.run.config.model_dump() if view else state.draft()
        st.header(title_of(shown["name"], shown["dataset"]), anchor=False, width="content")
        if view:
            st.badge(texts.STATES[view.state], color=_STATE_COLORS[view.state])
        st.space("stretch")
        tour_button()
        if view and not live.has_ended(view):
            run_actions.stop_button(view.run)
        if st.button(
            texts.train.START,
            type="primary",
            icon=":material/play_arrow:",
            disabled=checked.config is None,
            help=texts.train.FIX_FIRST if checked.config is None else None,
            key="start",
        ):
            start(checked)


def show_welcome(checked: CheckedDraft) -> None:
    """Show what to do first, and the experiment that would be trained."""
    st.markdown(texts.train.WELCOME)
    if checked.config is None:
        show_tour(texts.ALL_ROWS, first_visit=True)
        st.warning(texts.train.FIX_FIRST)
        return
    config = checked.config
    info = dataset_info(config.dataset, **config.reading)
    rows = texts.PICTURES if len(info.row_shape) > 1 else texts.ROWS
    show_tour(rows.format(count=info.train_rows), first_visit=True)
    st.markdown(summary(config))
    network, preview = st.columns(2, gap="large")
    with network:
        st.markdown(f"**{texts.train.THE_NETWORK}**")
        show_network(config, key="draft-network")
    with preview:
        show_preview(config)
    with st.container(horizontal=True, key="next-steps"):
        show_code(config)
        show_link(config)


def summary(config: ExperimentConfig) -> str:
    """Layers, parameters, optimizer and length in one line."""
    info = dataset_info(config.dataset, **config.reading)
    shapes = trace_shapes(config, info.row_shape, info.num_classes)
    return texts.train.SUMMARY.format(
        layers=shape_line(shapes),
        parameters=texts.PARAMETERS.format(count=sum(shape.parameters for shape in shapes)),
        optimizer=texts.OPTIMIZERS[config.optimizer],
        rate=config.learning_rate,
        length=count(config.steps, "step") if config.steps else count(config.epochs or 0, "epoch"),
        batch=config.batch_size,
    )


def show_preview(config: ExperimentConfig) -> None:
    """Show the test rows whose predictions a training will show."""
    st.markdown(f"**{texts.train.PREVIEW}**")
    try:
        x, labels, names = sample_rows.test_rows(config.dataset, config.reading, tuple(SAMPLE_ROWS))
    except ToolkitError as error:  # The file is damaged: known data sets are read only here.
        st.error(plain(str(error)), icon=":material/error:")
        return
    if x.ndim == 2:
        sample_rows.show_rows(x, {texts.TRUE: labels}, names)
    else:
        with st.container(key="preview"):
            sample_rows.show_pictures(x, labels, [plain(label) for label in labels])


def pace_of(view: live.RunView) -> float | None:
    """Seconds until the next poll; None once the run has ended.

    A starting run is polled more often until its first epoch is there, a stopping run until it has ended.
    """
    if live.has_ended(view):
        return None
    begins = len(view.frame) < 2 and (view.state == "running" or not jobs.runs_before(state.ROOT, view.run))
    return _PACE_WHEN_AWAITED if begins or view.run.stop_requested else _PACE


def show_live(run: RunFolder, checked: CheckedDraft) -> None:
    """Show the run, redrawn until it has ended, and the next steps."""
    pace = pace_of(live.RunView(run))
    going, polls = pace is not None, iter((False,))

    @st.fragment(run_every=pace)
    def redraw() -> None:
        view = live.RunView(run)
        show_header(view, checked)
        show_tour(texts.ALL_ROWS, first_visit=False)
        live.show_run(view)
        # The reason for an interruption is known a moment later.
        is_explained = view.state != "interrupted" or run.message or next(polls, True)
        if going and pace_of(view) != pace and is_explained:
            # Rerun the whole page to change this fragment's interval or to offer the next steps, but only after the
            # news has been drawn, which would otherwise wait for the rerun.
            st.rerun()

    redraw()
    if not going and run.model_path.exists():
        # The next steps need the predictor, which takes seconds to start.
        jobs.predictor(state.ROOT).warm()
    show_next_steps(run)


def show_next_steps(run: RunFolder) -> None:
    """Show the run's code, its link, the buttons to other pages, and its network."""
    with st.container(horizontal=True, key="next-steps"):
        if not run.imported:
            show_code(run.config, run)
            show_link(run.config)
        if st.button(texts.train.COMPARE, icon=":material/compare_arrows:", width="stretch"):
            switch_to("compare")
        if st.button(
            texts.train.RESULTS,
            icon=":material/query_stats:",
            width="stretch",
            disabled=not run.model_path.exists(),
            help=None if run.model_path.exists() else texts.NO_MODEL,
        ):
            switch_to("results")
    if run.imported:  # The config may not be able to describe all of its layers.
        return
    drawn = st.expander(texts.train.THE_NETWORK, icon=":material/lan:", key="drawn", on_change="rerun")
    if drawn.open:
        with drawn:
            try:
                show_network(run.config, key="network")
            except ToolkitError as error:  # Its data no longer exist.
                st.error(plain(str(error)), icon=":material/error:")


checked = show_form()
if st.session_state[state.PROBLEM]:
    st.error(plain(st.session_state[state.PROBLEM]), icon=":material/error:")
run, newer = state.shown_run(), state.newer_run()
if newer:
    show_header(None, checked)
    show_newer(newer)
elif run is None:
    show_header(None, checked)
    show_welcome(checked)
else:
    show_live(run, checked)
