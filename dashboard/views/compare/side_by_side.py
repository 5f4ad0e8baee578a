"""Compares several runs: the verdict on their test accuracy, and their curves in one figure."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import texts
from dashboard.shared import run_measurements
from dashboard.shared.charts import draw
from dashboard.shared.dataset_cache import data_of
from dashboard.shared.formatting import plain
from toolkit.analysis.comparison import Comparison
from toolkit.analysis.overfitting import OverfittingReport
from toolkit.analysis.significance import Significance, compare_accuracies, read_tests
from toolkit.errors import ToolkitError
from toolkit.figures import Metric, comparison, spans_widely
from toolkit.runs import RunFolder
from toolkit.runs.schema import Outcome
from toolkit.training.history import counts_steps

_METRICS: tuple[Metric, Metric] = ("loss", "accuracy")
_ICONS = {
    "sure": ":material/verified:",
    "likely": ":material/thumb_up:",
    "luck": ":material/casino:",
    "unknown": ":material/help:",
}


def show_verdict(runs: Mapping[str, RunFolder]) -> None:
    """Say which run is better, and whether that is more than luck.

    runs: two or more, by title.
    """
    tested = {title: run for title, run in runs.items() if _is_tested(run)}
    left_out = ", ".join(
        texts.compare.RUN_STATE.format(title=plain(title), state=texts.STATES[run.state])
        for title, run in runs.items()
        if title not in tested
    )
    if len(tested) < 2:
        st.info(texts.compare.NOT_TESTED.format(runs=left_out), icon=":material/hourglass_top:")
        return
    try:
        # A resumed run has another model, and so other predictions.
        models = tuple((title, run.id, str((run.result or Outcome()).model_sha256)) for title, run in tested.items())
        judged = _judge(models, tested)
    except ToolkitError as error:
        st.warning(plain(str(error)), icon=":material/balance:")
        return
    box = st.success if judged.certainty == "sure" else st.info
    sentence = f"**{plain(judged.headline)}:** {plain(judged.explanation)}"
    # Keeps a number and its per cent sign on one line.
    box(sentence.replace(" %", "\u00a0%"), icon=_ICONS[judged.certainty])
    for note in (plain(judged.caveat), left_out and texts.compare.LEFT_OUT.format(runs=left_out)):
        if note:
            st.caption(note)


def _is_tested(run: RunFolder) -> bool:
    return (run.result or Outcome()).test_accuracy is not None


@st.cache_data(max_entries=200, show_spinner=texts.compare.READING_ANSWERS, show_time=True)
def _judge(models: tuple[tuple[str, str, str], ...], _runs: Mapping[str, RunFolder]) -> Significance:
    """The verdict; models: title, id and model hash of each run, which form the cache key."""
    return compare_accuracies(read_tests(_runs, load=data_of))


def show_curves(runs: Mapping[str, RunFolder], compared: Comparison) -> None:
    """Show loss and accuracy of all runs in one figure each, and as a table."""
    read = {title: run_measurements.read(run).frame for title, run in runs.items()}
    frames = {title: frame for title, frame in read.items() if not frame.empty}
    if imported := ", ".join(plain(title) for title, run in runs.items() if run.imported):
        st.caption(texts.compare.NO_CURVES.format(runs=imported))
    if not frames:
        if not all(run.imported for run in runs.values()):
            st.info(texts.compare.NOTHING_MEASURED, icon=":material/hourglass_top:")
        return
    reports = dict(zip(runs, (run.overfitting for run in compared.runs), strict=True))
    unit = "step" if any(map(counts_steps, frames.values())) else "epoch"
    wide = spans_widely(pd.concat(frames.values()))
    with st.container(horizontal=True, vertical_alignment="bottom", key="chart-switches"):
        by = st.segmented_control(
            texts.compare.BY,
            [unit, "seconds"],
            default=unit,
            required=True,
            format_func=texts.compare.BY_WORDS.__getitem__,
            key=f"by-{unit}",
        )
        st.space("stretch")
        log_axis = st.toggle(texts.LOG_SCALE, wide, key=f"log-compared-{wide}")
        large = st.toggle(texts.PROJECTOR, key="projector", persist_state="session", help=texts.PROJECTOR_HELP)
    st.caption(texts.compare.LEGEND)
    for column, metric in zip(st.columns(2), _METRICS, strict=True):
        with column:
            _chart(frames, reports, metric, by=by, log_axis=log_axis and metric == "loss", large=large)
    table = st.expander(texts.TABLE, key="compared-measurements", on_change="rerun")
    if table.open:
        table.dataframe(pd.concat(frames, names=[texts.compare.RUNS]).droplevel(1))


def _chart(
    frames: Mapping[str, pd.DataFrame],
    reports: Mapping[str, OverfittingReport],
    metric: Metric,
    *,
    by: str,
    log_axis: bool,
    large: bool,
) -> None:
    st.markdown(f"**{texts.LOSS if metric == 'loss' else texts.ACCURACY}**")
    figure = comparison(frames, reports, metric, by="seconds" if by == "seconds" else "epoch", log_axis=log_axis)
    size = 18 if large else 13
    axis = {"tickfont": {"size": size}, "title": {"font": {"size": size}}}
    figure.update_layout(height=480 if large else 380, font_size=size, legend_font_size=size, xaxis=axis, yaxis=axis)
    sentences = " ".join(f"{title}: {reports[title].sentence}" for title in frames)
    alt = texts.compare.CURVE_ALT.format(
        metric=metric, runs=", ".join(frames), by=texts.compare.BY_WORDS[by], sentence=sentences
    )
    draw(figure, f"compared-{metric}", alt)
