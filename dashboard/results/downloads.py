"""Everything of a run to take along: model, weights, history, settings, report."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard import texts
from toolkit.report.page import render
from toolkit.runs import RunFolder


def show_downloads(run: RunFolder) -> None:
    """A button a file; each is read or made when it is pressed, the report in about a second."""
    st.subheader(texts.results.DOWNLOADS, anchor=False)
    files: dict[str, tuple[Callable[[], str | bytes], str]] = {
        **_saved("model", run.model_path, f"{run.id}.keras"),
        **_saved("weights", run.weights_path, f"{run.id}.weights.h5"),
        "history": (lambda: run.history().frame.to_csv(index=False), f"{run.id}-history.csv"),
        "config": (lambda: run.config.to_json(), f"{run.id}.json"),
        "report": (lambda: render(run), f"{run.id}.html"),
    }
    with st.container(horizontal=True):
        for kind, (content, name) in files.items():
            label = texts.results.REPORT if kind == "report" else texts.DOWNLOAD[kind]
            st.download_button(
                label, content, file_name=name, on_click="ignore", icon=":material/download:", key=f"take-{kind}"
            )


def _saved(kind: str, path: Path, name: str) -> dict[str, tuple[Callable[[], bytes], str]]:
    return {kind: (path.read_bytes, name)} if path.is_file() else {}
