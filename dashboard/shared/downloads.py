"""Download buttons for a run's files, which are read or made when a button is pressed."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard import texts
from toolkit.report.page import render
from toolkit.runs import RunFolder


def download_buttons(run: RunFolder, *, report: bool) -> None:
    """Buttons for model and weights, if saved, the history of a training, and the settings; report: one for it too."""
    files: dict[str, tuple[Callable[[], str | bytes], str]] = {
        **_saved("model", run.model_path, f"{run.id}.keras"),
        **_saved("weights", run.weights_path, f"{run.id}.weights.h5"),
        "history": (lambda: run.history().frame.to_csv(index=False), f"{run.id}-history.csv"),
        "config": (lambda: run.config.to_json(), f"{run.id}.json"),
    }
    if run.imported:
        del files["history"]
    if report:
        files["report"] = (lambda: render(run), f"{run.id}.html")
    with st.container(horizontal=True):
        for kind, (content, name) in files.items():
            label = texts.results.REPORT if kind == "report" else texts.DOWNLOAD[kind]
            st.download_button(
                label, content, file_name=name, on_click="ignore", icon=":material/download:", key=f"take-{kind}"
            )


def _saved(kind: str, path: Path, name: str) -> dict[str, tuple[Callable[[], bytes], str]]:
    return {kind: (path.read_bytes, name)} if path.is_file() else {}
