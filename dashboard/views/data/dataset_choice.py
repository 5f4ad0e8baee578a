"""Chooses the data set that Data shows, and its config in the next experiment."""

import streamlit as st

from dashboard import texts
from dashboard.pages import switch_to
from dashboard.shared import state
from toolkit.config import ExperimentConfig
from toolkit.config.reading import RECOGNISED, Reading
from toolkit.datasets import DATASETS, dataset_title
from toolkit.errors import ConfigError


def choose_data() -> tuple[str, Reading]:
    """A field to choose a data set, by default the draft's, and a button that uses it in the draft.

    Returns its name, and how it is read.
    """

    def look() -> None:
        state.look_at(st.session_state.get(key))

    key = "data-set"
    used, own = state.draft()["dataset"], st.session_state[state.OWN_DATA]
    names = list(dict.fromkeys([*DATASETS, used, *own]))
    name = state.looked_at()
    reading: Reading = own[name] if name in own else state.draft_reading() if name == used else RECOGNISED
    st.session_state[key] = name
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            texts.data.DATA,
            names,
            format_func=lambda one: DATASETS[one].title if one in DATASETS else dataset_title(one),
            key=key,
            on_change=look,
            width=420,
        )
        show_use(name, reading, key="use")
    return name, reading


def show_use(name: str, reading: Reading, key: str) -> None:
    """A button that uses a data set in the draft and opens Train; a note if the draft uses it already."""
    if (name, reading) == (state.draft()["dataset"], state.draft_reading()):
        st.caption(texts.data.USED)
    elif st.button(texts.data.USE, icon=":material/play_circle:", key=key):
        state.learn_from(name, reading)
        switch_to("train")


def config_for(name: str, reading: Reading) -> tuple[ExperimentConfig, bool]:
    """A config with the draft's split, network and loss on these data, and whether the draft was valid."""
    values = state.draft_values()
    wanted = ("validation_split", "validation_rows", "stratify", "seed", "layers", "loss")
    try:
        return ExperimentConfig(dataset=name, **reading, **{field: values[field] for field in wanted}), True
    except ConfigError:
        return ExperimentConfig(dataset=name, **reading), False
