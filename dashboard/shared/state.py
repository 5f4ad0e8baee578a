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
from toolkit.config.reading import Reading
from toolkit.datasets import UNKNOWN_DATA, is_own
from toolkit.errors import ToolkitError
from toolkit.runs import RunFolder, default_root, find_run_folder, open_run

#: The runs folder, absolute: the pages show it to people whose working directory differs.
ROOT = default_root().absolute()

# Train: the draft of the next experiment, and the run that is shown
DRAFT = "draft"  # the values of the next experiment by field; layers as (number, values)
PRESET = "preset"
WEIGHTS_FROM = "weights_from"
GENERATION = "generation"  # incremented when settings are loaded: widgets get new keys and show the new values
RUN = "run_id"  # the run that Train shows; the default on other pages
PROBLEM = "problem"  # why the last start failed, until the visitor changes something
VISITOR = "visitor"  # a random id of this session, used if nothing else identifies its browser
STARTED = "started"  # the last config that was started, and when
TOUR = "tour"  # True: opened; False: dismissed; None: neither, so that it is shown on a first visit
CODE_SHOWN = "code_shown"  # whether the dialog with the code is open
# Results
RESULTS_RUN = "results_run"  # the chosen run, and the one that Train showed when it was chosen
TEST_ROW = "test_row"  # the test row whose details are open, or None
# Try it
SOURCE = "source"  # where the picture comes from
PEN = "pen"
PREPARATION = "preparation"  # how the picture becomes a row; a key for each list of choices
CLEARED = "cleared"  # how often the canvas was cleared: each time it gets a new key
TRIED_ROW = "tried_row"  # the row of the test picture
ASKED, ALSO_ASKED = "asked_run", "also_asked_runs"  # the run whose network predicts, and the runs compared with it
# Compare
COMPARED = "compared_runs"  # the compared runs, None before the first visit
# Data
LOOKED_AT = "looked_at"  # the data set that the page shows, and the draft's when it was chosen
OWN_DATA = "own_data"  # data uploaded or opened in this session: path -> how it is read
UPLOADED = "uploaded"  # the result of reading the files in the upload field
SAMPLES = "samples"  # counts how often new samples were drawn
ROW = "row"  # the row whose preprocessing is shown
# Models
CHOSEN = "chosen_run"  # the chosen run, and the one that Train showed when it was chosen
MODEL_TABLE = "model_table"  # the table of runs: which row is selected
MODEL_ROWS = "model_rows"  # the run ids in the rows of that table, as last drawn
MODEL_FILTER = "model_filter"  # the search text for titles and data
OTHER_NETWORK = "other_network"  # whether the section on reusing the weights is open
TARGET = "target_network"  # the network that the weights are checked against
BROUGHT = "brought_model"  # the run made from an imported file, until the page has confirmed it
PREDICTED = "predicted"  # run id -> ten predictions
# Models and Compare
DELETED = "deleted_runs"  # the runs that were deleted in this session and not restored
# In the URL
QUERY_RUN, QUERY_RUNS, QUERY_ROW = "run", "runs", "row"

FIRST_PRESET = "keras-mlp"
_DOUBLE_CLICK = 1.0  # seconds
_layer_numbers = count(1)


def load_config(config: ExperimentConfig, weights_from: str | None = None) -> None:
    """Make a config the draft of the next experiment, and let this session use its data."""
    if is_own(config.dataset) and config.dataset != UNKNOWN_DATA:
        st.session_state[OWN_DATA].setdefault(config.dataset, config.reading)
    values = config.model_dump()
    values["layers"] = [(next(_layer_numbers), layer) for layer in values["layers"]]
    st.session_state[DRAFT] = values
    st.session_state[WEIGHTS_FROM] = weights_from
    st.session_state[PRESET] = config.name
    st.session_state[PROBLEM] = None
    renew_widgets()


def load_settings(run: RunFolder, **changes: Any) -> None:
    """Make a run's settings the draft, with its initial weights if they still exist.

    changes: fields of the config to replace.
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
    """Whether this session may read these data. A refused path is not touched."""
    return may_learn_from(dataset, ROOT, st.session_state[OWN_DATA])


def draft_reading() -> Reading:
    """How the next experiment reads its data."""
    values = draft()
    return {"label": values["label"], "leave_out": tuple(values["leave_out"]), "shape": values["shape"]}


def learn_from(dataset: str, reading: Reading) -> None:
    """Make this the data set of the next experiment."""
    draft().update(dataset=dataset, **reading)
    renew_widgets()


def look_at(dataset: str | None) -> None:
    """Show this data set on the Data page until the draft's changes, if the session may use it."""
    if may_use(dataset):
        st.session_state[LOOKED_AT] = (dataset, draft()["dataset"])


def looked_at() -> str:
    """The data set that the Data page shows: the draft's, unless another was chosen since."""
    used: str = draft()["dataset"]
    dataset, before = st.session_state[LOOKED_AT] or (used, used)
    return dataset if before == used else used


def draft_values() -> dict[str, Any]:
    """The draft as arguments for `ExperimentConfig`."""
    return {**draft(), "layers": [layer for _, layer in draft()["layers"]]}


def read_widgets() -> None:
    """Copy what the learner has just changed into the draft, so that it is validated before the page is drawn.

    A value that was not offered is ignored, and its field shows the draft's value again.
    """
    values = draft()
    reading, optimizer, rate = draft_reading(), values["optimizer"], values["learning_rate"]
    _refuse(key("dataset"), may_use, texts.form.DATA_REFUSED)
    for name in values:
        if name != "layers":
            _take(ExperimentConfig, key(name), values, name)
    if draft_reading() != reading:
        st.session_state[OWN_DATA][values["dataset"]] = draft_reading()  # so that Data reads it alike
    _refuse(key(WEIGHTS_FROM), lambda chosen: chosen is None or isinstance(chosen, str))
    st.session_state[WEIGHTS_FROM] = st.session_state.get(key(WEIGHTS_FROM), st.session_state[WEIGHTS_FROM])
    for number, layer in values["layers"]:
        for name in layer:
            _take(LAYER_KINDS[layer["kind"]], key("layer", number, name), layer, name)
    _follow_optimizer(values, before=optimizer, rate_before=rate)


def _follow_optimizer(values: dict[str, Any], *, before: str, rate_before: float) -> None:
    """If the learning rate was the previous optimizer's default, set it to the new optimizer's default."""
    if values["learning_rate"] == rate_before:
        values["learning_rate"] = rate_for(values["optimizer"], before=before, rate=rate_before)
    if values["learning_rate"] != rate_before and values["optimizer"] != before:
        renew_widgets()


def _take(model: type[BaseModel], widget: str, values: dict[str, Any], name: str) -> None:
    """Copy a widget's value into `values` under that name."""
    _refuse(widget, lambda value: value == values[name] or can_hold(model, name, value))
    if widget not in st.session_state:
        return
    chosen = st.session_state[widget]
    chosen = tuple(chosen) if isinstance(chosen, list) else chosen
    if chosen != values[name]:
        values[name] = chosen
        st.session_state[PROBLEM] = None


def _refuse(widget: str, is_offered: Callable[[Any], bool], sentence: str | None = None) -> None:
    """Forget a widget's value if it was not offered; sentence: the error to show."""
    if widget in st.session_state and not is_offered(st.session_state[widget]):
        del st.session_state[widget]
        st.session_state[PROBLEM] = sentence


def renew_widgets() -> None:
    """Give every field of the form a new key, so that it shows the draft's current value."""
    st.session_state[GENERATION] += 1


def add_layer(values: Mapping[str, Any]) -> None:
    """Append a layer to the draft."""
    draft()["layers"].append((next(_layer_numbers), dict(values)))


def key(*parts: object) -> str:
    """A widget's key in the current generation."""
    return "-".join(str(part) for part in (*parts, st.session_state[GENERATION]))


def show_run(run_id: str) -> None:
    """Show this run on Train, now and after a reload."""
    st.session_state[RUN] = run_id
    st.session_state[PROBLEM] = None
    st.query_params.pop(QUERY_CONFIG, None)


def still_chosen(name: str, ids: Collection[str]) -> str | None:
    """The run chosen on a page, or the one that Train shows if that has changed since; None if neither is in `ids`.

    name: the session key of the choice, which is kept with the run that Train showed then.
    """
    shown = st.session_state[RUN]
    chosen, shown_then = st.session_state[name]
    wanted = (chosen, shown) if shown_then == shown else (shown, chosen)
    return next((run_id for run_id in wanted if run_id in ids), None)


def choose_model(run_id: str) -> None:
    """Show this run on Models, until another is chosen there or shown by Train."""
    st.session_state[CHOSEN] = (run_id, st.session_state[RUN])
    st.session_state[MODEL_ROWS] = []
    st.session_state.pop(MODEL_TABLE, None)


def forget_run(run_id: str) -> None:
    """Remove a deleted run from all pages."""
    if st.session_state[RUN] == run_id:
        st.session_state[RUN] = None
        st.query_params.pop(QUERY_RUN, None)
    st.session_state[PREDICTED].pop(run_id, None)


def look_into(row: int | None) -> None:
    """Open the details of this test row on Results, now and after a reload; None closes them."""
    st.session_state[TEST_ROW] = row
    if row is None:
        st.query_params.pop(QUERY_ROW, None)
    else:
        st.query_params[QUERY_ROW] = str(row)


def is_double_click(config: ExperimentConfig) -> bool:
    """Whether the same config was started a moment ago; remembers this start."""
    before, now = st.session_state[STARTED], time.monotonic()
    st.session_state[STARTED] = (config, now)
    return before is not None and before[0] == config and now - before[1] < _DOUBLE_CLICK


def shown_run() -> RunFolder | None:
    """The run that Train shows, or None; a run that no longer exists is forgotten."""
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
    """The run that Train would show, if only a newer version of the toolkit can read it; otherwise None."""
    run_id = st.session_state[RUN]
    try:
        run = find_run_folder(ROOT, run_id) if run_id else None
    except ToolkitError:
        return None
    return run if run and run.newer else None
