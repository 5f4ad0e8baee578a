"""Models: where is my model?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from dashboard import examples, live, state, texts
from dashboard.asking import ask
from dashboard.chosen import choose_run, show_no_runs
from dashboard.datasets_shown import data_of
from dashboard.words import count, duration, moment, percent, plain, size
from toolkit.datasets import dataset_title
from toolkit.errors import ToolkitError
from toolkit.runs import RunFolder, list_runs

_TEN = slice(10)


def show_run(run: RunFolder) -> None:
    """What came of a run, and what can be done with it."""
    result: dict[str, Any] = run.result or {}
    if verdict := result.get("overfitting"):
        live.show_verdict(verdict["state"], verdict["sentence"])
        st.caption(
            texts.models.RUN_FACTS.format(
                data=plain(dataset_title(run.config.dataset)),
                epochs=count(result.get("epochs"), "epoch"),
                seconds=duration(result.get("seconds")),
                size=size(run.size()),
            )
        )
    with st.container(horizontal=True):
        if st.button(texts.models.SHOW_CURVES, icon=":material/show_chart:"):
            state.show_run(run.id)
            st.switch_page("views/train.py")
        if st.button(texts.models.LOAD_SETTINGS, icon=":material/tune:"):
            state.load_config(run.config)
            st.switch_page("views/train.py")
        if run.weights_path.exists() and st.button(
            texts.models.GO_ON, icon=":material/resume:", help=texts.models.GO_ON_HELP
        ):
            state.load_config(run.config, weights_from=run.id)
            st.switch_page("views/train.py")
    if not run.model_path.exists():
        st.info(texts.RUN_UNDER_WAY if run.state in ("queued", "running") else texts.NO_MODEL)
        return
    show_predictions(run)
    show_downloads(run)


def show_predictions(run: RunFolder) -> None:
    """Ten test rows with what the saved model says of them."""
    predicted = st.session_state[state.PREDICTED]
    try:
        data = data_of(run)
    except ToolkitError as error:
        st.error(plain(str(error)))
        return
    x = data.x_test[_TEN]
    if st.button(texts.models.PREDICT_TEN, type="primary", icon=":material/visibility:"):
        predicted[run.id] = ask(lambda predictor: predictor.predict(run.id, x))
    if (probabilities := predicted.get(run.id)) is None:
        return
    labels, sure = probabilities.argmax(axis=1), np.nan_to_num(probabilities.max(axis=1))
    answers = [
        (data.class_names[label], data.class_names[true], certainty)
        for label, true, certainty in zip(labels, data.y_test[_TEN], sure, strict=True)
    ]
    examples.show_predictions(x, answers, data.feature_names)


def show_downloads(run: RunFolder) -> None:
    """The model, the weights, the history and the settings as files."""
    st.markdown(f"**{texts.models.DOWNLOADS}**")
    files: dict[str, tuple[Callable[[], str | bytes], str]] = {
        "model": (lambda: run.model_path.read_bytes(), f"{run.id}.keras"),
        "weights": (lambda: run.weights_path.read_bytes(), f"{run.id}.weights.h5"),
        "history": (lambda: run.history().frame.to_csv(index=False), f"{run.id}-history.csv"),
        "config": (lambda: run.config.to_json(), f"{run.id}.json"),
    }
    with st.container(horizontal=True):
        for kind, (content, name) in files.items():
            st.download_button(
                texts.DOWNLOAD[kind], content, file_name=name, on_click="ignore", icon=":material/download:", key=kind
            )


def show_table(runs: list[RunFolder]) -> None:
    """All runs at a glance."""
    st.markdown(f"**{texts.models.ALL_RUNS}**")
    rows = []
    for run in runs:
        result = run.result or {}
        verdict = (result.get("overfitting") or {}).get("state")
        rows.append(
            {
                "name": run.config.name,
                "state": texts.STATES[run.state],
                "accuracy": percent(result.get("test_accuracy")),
                "verdict": texts.VERDICTS.get(str(verdict), "–"),
                "data": dataset_title(run.config.dataset),
                "seconds": duration(result.get("seconds")),
                "created": moment(run.created),
            }
        )
    st.dataframe(rows, hide_index=True, column_config=texts.models.COLUMNS)


st.header(texts.models.QUESTION, anchor=False)
runs = list_runs(state.ROOT)
if runs:
    show_run(choose_run(runs, state.CHOSEN))
    show_table(runs)
else:
    show_no_runs()
