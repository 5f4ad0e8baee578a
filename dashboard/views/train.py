"""Train: what is it learning, and should I stop?"""

from typing import Literal

import streamlit as st

from dashboard import examples, live, state, texts
from dashboard.chosen import title_of
from dashboard.form import Checked, show_form
from dashboard.network import shape_line
from dashboard.words import count, plain
from toolkit.datasets import dataset_info
from toolkit.errors import ToolkitError
from toolkit.experiment import SAMPLE_ROWS
from toolkit.jobs import submit
from toolkit.runs import RunFolder
from toolkit.shapes import trace_shapes

_STATE_COLORS: dict[str, Literal["gray", "blue", "green", "orange", "red"]] = {
    "queued": "gray",
    "running": "blue",
    "finished": "green",
    "stopped": "orange",
    "diverged": "red",
    "failed": "red",
    "interrupted": "orange",
}


#: Seconds between two looks at a run that is under way.
_PACE, _PACE_WHEN_STOPPING = 1.0, 0.3


def start(checked: Checked) -> None:
    """Queue the experiment of the form and show it; where that fails, say why."""
    assert checked.config is not None  # the button is off otherwise
    if state.is_double_click(checked.config):
        return
    st.session_state[state.PROBLEM] = None
    try:
        weights_from = st.session_state[state.WEIGHTS_FROM]
        run = submit(state.ROOT, checked.config, asked_by="dashboard", weights_from=weights_from)
    except ToolkitError as error:
        st.session_state[state.PROBLEM] = str(error)
    else:
        state.show_run(run.id)
    st.rerun()


def show_header(view: live.RunView | None, checked: Checked) -> None:
    """Title and state, the button that stops, and the one that starts."""
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = view.run.config.model_dump() if view else state.draft()
        st.header(title_of(shown["name"], shown["dataset"]), anchor=False, width="content")
        if view:
            st.badge(texts.STATES[view.state], color=_STATE_COLORS[view.state])
        st.space("stretch")
        if view and not live.has_ended(view):
            asked = view.run.stop_requested
            if st.button(
                texts.train.STOPPING if asked else texts.train.STOP, key="stop", icon=":material/stop:", disabled=asked
            ):
                view.run.request_stop()
                st.rerun()  # the whole page, which then looks for the end more often
        if st.button(
            texts.train.START,
            type="primary",
            icon=":material/play_arrow:",
            disabled=checked.config is None,
            help=texts.train.FIX_FIRST if checked.config is None else None,
            key="start",
        ):
            start(checked)


def show_welcome(checked: Checked) -> None:
    """What to do first, and what would be trained."""
    if checked.config is None:
        st.markdown(texts.train.WELCOME.format(rows=texts.ALL_ROWS))
        st.warning(texts.train.FIX_FIRST)
        return
    config = checked.config
    info = dataset_info(config.dataset, label=config.label)
    rows = texts.PICTURES if len(info.row_shape) > 1 else texts.ROWS
    st.markdown(texts.train.WELCOME.format(rows=rows.format(count=info.train_rows)))
    shapes = trace_shapes(config, info.row_shape, info.num_classes)
    length = count(config.steps, "step") if config.steps else count(config.epochs or 0, "epoch")
    st.markdown(
        texts.train.SUMMARY.format(
            layers=shape_line(shapes),
            parameters=texts.PARAMETERS.format(count=sum(shape.parameters for shape in shapes)),
            optimizer=texts.OPTIMIZERS[config.optimizer],
            rate=config.learning_rate,
            length=length,
            batch=config.batch_size,
        )
    )
    st.caption(texts.train.SETTINGS_HINT)
    st.markdown(f"**{texts.train.PREVIEW}**")
    x, labels, names = examples.test_rows(config.dataset, config.label, tuple(SAMPLE_ROWS))
    if x.ndim == 2:
        examples.show_rows(x, {texts.TRUE: labels}, names)
    else:
        examples.show_pictures(x, labels, [plain(label) for label in labels])


def show_live(run: RunFolder, checked: Checked) -> None:
    """The run, redrawn every second while it is under way."""
    going = not live.has_ended(live.RunView(run))
    pace = _PACE_WHEN_STOPPING if run.stop_requested else _PACE

    @st.fragment(run_every=pace if going else None)
    def redraw() -> None:
        view = live.RunView(run)
        if going and live.has_ended(view):
            # One last full run: the clock of this fragment stops, and the page offers what comes next.
            st.rerun()
        show_header(view, checked)
        live.show_run(view)

    redraw()
    if not going and run.model_path.exists():
        st.page_link("views/models.py", label=texts.train.OPEN_MODELS, icon=":material/save:")


checked = show_form()
if st.session_state[state.PROBLEM]:
    st.error(plain(st.session_state[state.PROBLEM]), icon=":material/error:")
run = state.shown_run()
if run is None:
    show_header(None, checked)
    show_welcome(checked)
else:
    show_live(run, checked)
