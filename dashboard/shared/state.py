"""What a browser session remembers: every session key, and the draft of the next experiment.

first_visit.py sets the keys.
"""

import time
from collections.abc import Callable, Collection, Mapping
from itertools import count
from typing import Any

import streamlit as st
from pydantic import BaseModel

from dashboard import texts
from dashboard.shared.fields import can_hold
from dashboard.shared.links import QUERY_CONFIG
from dashboard.shared.offered import may_learn_from
from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS
from toolkit.config.optimizers import rate_for
from toolkit.datasets import UNKNOWN_DATA, is_own
from toolkit.errors import ToolkitError
from toolkit.runs import RunFolder, default_root, find_run_folder, open_run

#: The folder of the runs, as the pages name it: whoever reads it may be in another folder.
ROOT = default_root().absolute()

# Train: the draft of the next experiment, and the run that is shown
DRAFT = "draft"  # the values of the next experiment, by field; layers as (number, values)
PRESET = "preset"
WEIGHTS_FROM = "weights_from"
GENERATION = "generation"  # counts loaded settings: widgets get new keys, so that they show the new values
RUN = "run_id"  # the run that Train shows; other pages begin with it
PROBLEM = "problem"  # why the last start failed, until something else is chosen
VISITOR = "visitor"  # a random name of this session, where nothing else tells its browser from others
STARTED = "started"  # the last config that was started, and when
TOUR = "tour"  # True: asked for; False: dismissed; None: neither, so that a first visit shows it
CODE_SHOWN = "code_shown"  # whether the code lies over the page
# Results
RESULTS_RUN = "results_run"  # the run that is chosen, and the one that Train showed when it was chosen
TEST_ROW = "test_row"  # the test row that is looked into, or None
# Try it
SOURCE = "source"  # where the picture comes from
PEN = "pen"
CLEARED = "cleared"  # how often the canvas was cleared: each time it becomes a new one
TRIED_ROW = "tried_row"  # the test picture
ASKED, ALSO_ASKED = "asked_run", "also_asked_runs"  # the network that is asked, and those beside it
# Compare
COMPARED = "compared_runs"  # the runs that are compared, None before the first visit
# Data
LOOKED_AT = "looked_at"  # the data set that the page is about, and the draft's when it was chosen
OWN_DATA = "own_data"  # what was brought or opened in this session: path -> the column of the classes, or None
UPLOADED = "uploaded"  # what became of the files that are in the upload field
SAMPLES = "samples"  # counts how often other samples were asked for
ROW = "row"  # the row whose way is shown
# Models
CHOSEN = "chosen_run"  # the run that is shown, and the one that Train showed when it was chosen
MODEL_TABLE = "model_table"  # the list: which row is chosen
MODEL_ROWS = "model_rows"  # the runs in the rows of that list, as it was drawn last
MODEL_FILTER = "model_filter"  # what titles and data are searched for
OTHER_NETWORK = "other_network"  # whether the page shows where else the weights fit
TARGET = "target_network"  # the network that they are laid beside
BROUGHT = "brought_model"  # the run that a file has just become, until the page has said so
PREDICTED = "predicted"  # run id -> ten predictions
# Models and Compare
DELETED = "deleted_runs"  # the runs that were deleted in this session, and not brought back
# In the page's address
QUERY_RUN, QUERY_RUNS, QUERY_ROW = "run", "runs", "row"

FIRST_PRESET = "keras-mlp"
_DOUBLE_CLICK = 1.0  # seconds
_layer_numbers = count(1)


def load_config(config: ExperimentConfig, weights_from: str | None = None) -> None:
    """Make a config the draft of the next experiment; its data are among those that this session may use then."""
    if is_own(config.dataset) and config.dataset != UNKNOWN_DATA:
        st.session_state[OWN_DATA].setdefault(config.dataset, config.label)
    values = config.model_dump()
    values["layers"] = [(next(_layer_numbers), layer) for layer in values["layers"]]
    st.session_state[DRAFT] = values
    st.session_state[WEIGHTS_FROM] = weights_from
    st.session_state[PRESET] = config.name
    st.session_state[PROBLEM] = None
    renew_widgets()


def load_settings(run: RunFolder, **changes: Any) -> None:
    """Make a run's settings the draft, with what it started from, where that is still there.

    changes: fields of the config that are to be otherwise.
    """
    weights_from = run.about.get("weights_from")
    try:
        there = weights_from is not None and open_run(ROOT, weights_from).weights_path.is_file()
    except ToolkitError:
        there = False
    load_config(run.config.replace(**changes), weights_from if there else None)


def draft() -> dict[str, Any]:
    """The values of the next experiment."""
    values: dict[str, Any] = st.session_state[DRAFT]
    return values


def may_use(dataset: Any) -> bool:
    """Whether this session may read these data. A path that it may not use is not touched."""
    return may_learn_from(dataset, ROOT, st.session_state[OWN_DATA])


def learn_from(dataset: str, label: str | None) -> None:
    """Make these the data of the next experiment."""
    draft().update(dataset=dataset, label=label)
    renew_widgets()


def look_at(dataset: str | None) -> None:
    """Let the Data page be about this data set, until the draft has another one; none that was not offered."""
    if may_use(dataset):
        st.session_state[LOOKED_AT] = (dataset, draft()["dataset"])


def looked_at() -> str:
    """The data set that the Data page is about: the draft's, where no other was chosen since."""
    used: str = draft()["dataset"]
    dataset, before = st.session_state[LOOKED_AT] or (used, used)
    return dataset if before == used else used


def draft_values() -> dict[str, Any]:
    """The draft as the config takes it."""
    return {**draft(), "layers": [layer for _, layer in draft()["layers"]]}


def read_widgets() -> None:
    """Take what the student has just changed into the draft, so that it is checked before anything is drawn.

    What was not offered is not taken, and its field shows the draft's value again.
    """
    values = draft()
    label, optimizer, rate = (values[name] for name in ("label", "optimizer", "learning_rate"))
    _refuse(key("dataset"), may_use, texts.form.DATA_REFUSED)
    for name in values:
        if name != "layers":
            _take(ExperimentConfig, key(name), values, name)
    if values["label"] != label:
        st.session_state[OWN_DATA][values["dataset"]] = values["label"]  # Data is about the same column then.
    _refuse(key(WEIGHTS_FROM), lambda chosen: chosen is None or isinstance(chosen, str))
    st.session_state[WEIGHTS_FROM] = st.session_state.get(key(WEIGHTS_FROM), st.session_state[WEIGHTS_FROM])
    for number, layer in values["layers"]:
        for name in layer:
            _take(LAYER_KINDS[layer["kind"]], key("layer", number, name), layer, name)
    _follow_optimizer(values, before=optimizer, rate_before=rate)


def _follow_optimizer(values: dict[str, Any], *, before: str, rate_before: float) -> None:
    """Give a learning rate that was left at its optimizer's default the default of the one that was chosen now."""
    if values["learning_rate"] == rate_before:
        values["learning_rate"] = rate_for(values["optimizer"], before=before, rate=rate_before)
    if values["learning_rate"] != rate_before and values["optimizer"] != before:
        renew_widgets()


def _take(model: type[BaseModel], widget: str, values: dict[str, Any], name: str) -> None:
    """Take what a field shows for the value of that name."""
    _refuse(widget, lambda value: value == values[name] or can_hold(model, name, value))
    if widget in st.session_state and st.session_state[widget] != values[name]:
        values[name] = st.session_state[widget]
        st.session_state[PROBLEM] = None


def _refuse(widget: str, is_offered: Callable[[Any], bool], sentence: str | None = None) -> None:
    """Forget a field's value where it was not offered; sentence: what the page says of it."""
    if widget in st.session_state and not is_offered(st.session_state[widget]):
        del st.session_state[widget]
        st.session_state[PROBLEM] = sentence


def renew_widgets() -> None:
    """Give every field of the form a new key, so that it shows what the draft holds now."""
    st.session_state[GENERATION] += 1


def add_layer(values: Mapping[str, Any]) -> None:
    """Put a layer at the end of the draft."""
    draft()["layers"].append((next(_layer_numbers), dict(values)))


def key(*parts: object) -> str:
    """A widget's key in the present generation."""
    return "-".join(str(part) for part in (*parts, st.session_state[GENERATION]))


def show_run(run_id: str) -> None:
    """Let the Train page show this run, now and after a reload."""
    st.session_state[RUN] = run_id
    st.session_state[PROBLEM] = None
    st.query_params.pop(QUERY_CONFIG, None)


def still_chosen(name: str, ids: Collection[str]) -> str | None:
    """The run of a page's choice, which holds until Train shows another one; None where neither is among `ids`.

    name: the key under which the choice is kept, with the run that Train showed then.
    """
    shown = st.session_state[RUN]
    chosen, shown_then = st.session_state[name]
    wanted = (chosen, shown) if shown_then == shown else (shown, chosen)
    return next((run_id for run_id in wanted if run_id in ids), None)


def choose_model(run_id: str) -> None:
    """Let Models show this run, until another one is chosen there or shown by Train."""
    st.session_state[CHOSEN] = (run_id, st.session_state[RUN])
    st.session_state[MODEL_ROWS] = []
    st.session_state.pop(MODEL_TABLE, None)


def forget_run(run_id: str) -> None:
    """Let no page show a run that is gone."""
    if st.session_state[RUN] == run_id:
        st.session_state[RUN] = None
        st.query_params.pop(QUERY_RUN, None)
    st.session_state[PREDICTED].pop(run_id, None)


def look_into(row: int | None) -> None:
    """Let Results show this test row, now and after a reload; None: none any more."""
    st.session_state[TEST_ROW] = row
    if row is None:
        st.query_params.pop(QUERY_ROW, None)
    else:
        st.query_params[QUERY_ROW] = str(row)


def is_double_click(config: ExperimentConfig) -> bool:
    """Whether this very config was started a moment ago; remembers it."""
    before, now = st.session_state[STARTED], time.monotonic()
    st.session_state[STARTED] = (config, now)
    return before is not None and before[0] == config and now - before[1] < _DOUBLE_CLICK


def shown_run() -> RunFolder | None:
    """The run that the Train page shows, or None; a run that is gone is forgotten."""
    run_id = st.session_state[RUN]
    if run_id is None or newer_run():
        return None
    try:
        run = open_run(ROOT, run_id)
        _ = run.config
    except ToolkitError:
        st.session_state[RUN] = None
        st.query_params.pop(QUERY_RUN, None)
        return None
    st.query_params[QUERY_RUN] = run_id
    return run


def newer_run() -> RunFolder | None:
    """The run that the Train page would show, where only a newer version of the toolkit can read it."""
    run_id = st.session_state[RUN]
    try:
        run = find_run_folder(ROOT, run_id) if run_id else None
    except ToolkitError:
        return None
    return run if run and run.newer else None
